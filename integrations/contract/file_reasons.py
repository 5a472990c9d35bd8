"""Reasons why a statement file is not imported, and warnings about one that is. Each says where, and what to do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.reasons import declare

# opening a file
TOO_LARGE = declare(
    "file_too_large",
    _("The file has %(size)s MB; at most %(most)s MB are read. Export a shorter period, in several files."),
)
TOO_LARGE_UNPACKED = declare(
    "file_too_large_unpacked",
    _("Unpacked the file has %(size)s MB; at most %(most)s MB are read. Export a shorter period, in several files."),
)
TOO_MANY_CELLS = declare(
    "file_too_many_cells",
    _("Sheet %(sheet)s has more than %(most)s %(what)s. Export a shorter period, in several files."),
)
PROTECTED_OR_OLD = declare(
    "file_protected_or_old",
    _(
        "The file is protected by a password or a label, or is an Excel file of before 2007 (.xls). Save it unprotected as .xlsx,"
        " or export it again from the seller centre."
    ),
)
HAS_MACROS = declare(
    "file_has_macros",
    _("The file contains macros, which no statement has. Export it again from the seller centre."),
)
HAS_FORMULAS = declare(
    "file_has_formulas",
    _("Sheet %(sheet)s contains formulas: somebody worked in this file. Export it again from the seller centre."),
)
DAMAGED = declare("file_damaged", _("The file is damaged or cut short. Download it once more. (%(error)s)"))
NO_TABLE = declare("file_no_table", _("This is neither an Excel workbook (.xlsx) nor a text file with columns (.csv)."))
NOTHING_INSIDE = declare("file_empty", _("The file is empty."))
OTHER_ENCODING = declare(
    "file_other_encoding",
    _(
        "The file was saved again on Windows (code page 1258). Check the accents of names; amounts are read as they are."
    ),
)

# recognising it
NOT_RECOGNISED = declare(
    "file_not_recognised",
    _("This is no statement file that the hub knows. Its sheets: %(sheets)s. Its first headings: %(seen)s."),
)
OTHER_CHANNEL = declare(
    "file_other_channel",
    _(
        "The file is of %(channel)s (%(kind)s), the chosen shop is at %(own)s. Choose the shop that the file belongs to."
    ),
)
NOT_A_STATEMENT = declare(
    "file_not_a_statement",
    _("The file is a list of orders (%(kind)s): it holds no settled fees. Export the statement instead."),
)
NOT_FINAL = declare(
    "file_not_final",
    _("The file holds estimates (%(kind)s), no settled money. Wait for the settlement and export that."),
)
PRODUCT_LIST = declare(
    "file_product_list", _("The file is a list of products (%(kind)s): there is no money of orders in it.")
)
COLUMN_MISSING = declare(
    "file_column_missing",
    _(
        "Sheet %(sheet)s, row %(row)s: the column “%(column)s” is missing. Headings there: %(seen)s. Export the file again; if the"
        " seller centre has renamed the column, tell support."
    ),
)
COLUMN_TWICE = declare(
    "file_column_twice",
    _("Sheet %(sheet)s, row %(row)s: the column “%(column)s” is there twice; the first one is read."),
)
COLUMN_UNKNOWN = declare(
    "file_column_unknown",
    _("Sheet %(sheet)s: the column “%(column)s” is new; its amounts come to %(sum)s. Tell support."),
)

# single cells
NO_AMOUNT = declare(
    "cell_no_amount",
    _("Sheet %(sheet)s, row %(row)s, column “%(column)s”: “%(value)s” is no amount. Export the file again, unchanged."),
)
NO_DAY = declare(
    "cell_no_day",
    _("Sheet %(sheet)s, row %(row)s, column “%(column)s”: “%(value)s” is no date. Export the file again, unchanged."),
)
NO_VALUE = declare(
    "cell_empty",
    _("Sheet %(sheet)s, row %(row)s, column “%(column)s” is empty. Export the file again, unchanged."),
)
ID_LOST = declare(
    "cell_id_lost",
    _(
        "Sheet %(sheet)s, row %(row)s, column “%(column)s”: “%(value)s” was an order number that Excel turned into a number; its"
        " last digits are lost. Export the file again and do not open it in Excel before."
    ),
)
OTHER_CURRENCY = declare(
    "file_other_currency",
    _(
        "Sheet %(sheet)s, row %(row)s: amounts are in %(currency)s, the shop keeps its books in %(own)s. Nothing is imported;"
        " choose the shop of that currency."
    ),
)
MORE_PROBLEMS = declare("file_more_problems", _("And %(n)s more of the same kind."))

# sums
ORDER_DIFFERS = declare(
    "file_order_differs",
    _(
        "Sheet %(sheet)s, row %(row)s: the parts of order %(order)s come to %(parts)s, the file says %(said)s: a difference of"
        " %(difference)s. Nothing is imported; export the file again, or ask the channel."
    ),
)
TOTAL_DIFFERS = declare(
    "file_total_differs",
    _(
        "Sheet %(sheet)s: the rows come to %(parts)s, the file's own total “%(where)s” is %(said)s: a difference of %(difference)s."
        " Rows are missing or doubled; export the file again."
    ),
)
BALANCE_BREAKS = declare(
    "file_balance_breaks",
    _(
        "Sheet %(sheet)s, row %(row)s: the balance is %(said)s, after the row before and this amount it would be %(parts)s: a"
        " difference of %(difference)s. Rows are missing; export the file again."
    ),
)
TRANSFER_DIFFERS = declare(
    "file_transfer_differs",
    _(
        "Statement %(statement)s comes to %(parts)s, the transfer in %(file)s is %(said)s: a difference of %(difference)s. Rows are"
        " missing or doubled; export the statement again."
    ),
)
ORDER_PAID_DIFFERS = declare(
    "file_order_paid_differs",
    _(
        "Order %(order)s comes to %(parts)s here, %(file)s says %(said)s: a difference of %(difference)s. Export both files again."
    ),
)
NO_TOTAL = declare(
    "file_no_total",
    _("The file has no total of its own to check against. Add the wallet file of the same time to be sure."),
)
TOTAL_NOT_FOUND = declare("file_total_not_found", _("The total “%(where)s” was not found in sheet %(sheet)s."))
ROW_REPEATED = declare(
    "file_row_repeated",
    _("Sheet %(sheet)s, row %(row)s is the same as row %(first)s: it counts once."),
)
FEE_UNKNOWN = declare("file_fee_unknown", _("The fee “%(fee)s” is new: it is kept as “other” with its sign (%(sum)s)."))

# whose it is
SHOP_OTHER_NAME = declare(
    "file_shop_other_name",
    _(
        "The file is of the shop “%(name)s” (tax code %(tax_code)s), and no order in it is known here. The chosen shop is “%(shop)s”."
        " Choose the right shop; if it is the same under another name, tick that you have checked it."
    ),
)
SHOP_OF_OTHER = declare(
    "file_shop_of_other",
    _(
        "The file belongs to another shop: %(n)s of its %(all)s orders are orders of “%(other)s”, %(here)s of “%(shop)s”. Choose"
        " “%(other)s”."
    ),
)
SHOP_OF_ANOTHER = declare(
    "file_shop_of_another",
    _(
        "The file belongs to a shop that you cannot see: %(n)s of its %(all)s orders are known there, %(here)s here. Nothing is"
        " imported."
    ),
)
SHOP_UNKNOWN = declare(
    "file_shop_unknown",
    _(
        "The file names no shop, and none of its %(all)s orders is known in “%(shop)s”. Choose the right shop; if the shop's orders"
        " are not read here, tick that you have checked it."
    ),
)
SHOP_NOT_PROVEN = declare(
    "file_shop_not_proven", _("No order of the file is known here: that it is of this shop is your word.")
)

# what is here already
CHANNEL_DIFFERS = declare(
    "file_channel_differs",
    _(
        "Order %(order)s comes to %(parts)s in the file, and to %(said)s as the channel itself told us: a difference of"
        " %(difference)s. Nothing is imported; fetch the settlement again, or ask the channel."
    ),
)
SAME_FILE = declare("file_same_again", _("The same file was imported on %(when)s as %(file)s: nothing changes."))
NOTHING_TO_IMPORT = declare(
    "file_nothing_to_import",
    _("The file has no rows and its total is 0: nothing to import. An empty part is no error."),
)
ONLY_CHECKED = declare(
    "file_only_checked",
    _("The movements of this file are compared with the statements; they are no fees of their own and are not added."),
)
FILES_OF_OTHERS_REFUSED = declare(
    "file_batch_refused", _("Another file of the same import is refused: take it out, or replace it, and check again.")
)
EXPIRED = declare("file_expired", _("The file was checked more than a day ago and is no longer here. Upload it again."))
