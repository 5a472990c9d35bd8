"""Notes on the sources of starting rules, as the files have them, so that they are translated."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

NOTES = frozenset(
    {
        _("The rate of 2025 and later is not known, nor whether a return gives it back."),
        _(
            "The table was published as a picture and is not known here: an order line that does not tell its "
            "rate is reported as unknown. Shops of under 90 days were free for 30 days."
        ),
        _(
            "The table was published as a picture and is not known here: an order line that does not tell its "
            "rate is reported as unknown. Published without VAT."
        ),
        _("Goods, resident. Set the shop's legal form; an organisation declares its own tax."),
        _(
            "Goods, resident. Set the shop's legal form; an organisation declares its own tax. Decree 252/2026 "
            "points to the tax laws and prints no table: the rates of before are assumed."
        ),
        _(
            "A sample of the level-3 table: its keys are words, not the channel's categories. Load the table of "
            "your seller centre. Another source dates it 2026-05-08."
        ),
        _(
            "A sample of the level-3 table: its keys are words, not the channel's categories. Load the table of "
            "your seller centre."
        ),
        _("The day it began is not known."),
        _("5 % ÷ 1.10 × 1.08."),
        _("The rate has several sources, the day one."),
        _(
            "The start has several sources. For 2026 one keeps it, and a check of the terms of 15/09/2026 finds "
            "no such fee."
        ),
        _("Optional. One source of 2026 says 1,600."),
        _("Optional."),
        _("Optional. Another source says 2.5 %; the day is about August."),
        _("Optional. Others say 3 % or 4 % by category; 4 % or 5.5 % was quoted in 05/2026."),
        _("Optional: for a shop in both programmes, Voucher Xtra is free on what live and video sell."),
        _("Optional. Also quoted as 2.95 %."),
        _("Optional. The days within the month are not known."),
        _("Optional; not together with Voucher Xtra."),
        _("Optional: the seller sets the rate of each item. Base and beginning are not known."),
        _("By category, told by each order: a line that does not tell its rate is reported as unknown."),
        _("The page bears no date and is probably old; the day it began is not known. Its base is not stated."),
        _(
            "A sample of the level-3 table: its keys are words, not the channel's categories. Load the table of "
            "your seller centre. A newer table holds since 2026-07-03: its figures are not known here."
        ),
        _(
            "A sample of the level-3 table: its keys are words, not the channel's categories. Load the table of "
            "your seller centre. A newer table holds since 2026-08-03: its figures are not known here. Beauty was"
            " quoted as 18 % four days earlier."
        ),
        _("4 % at some later time; the day is not known."),
        _("The formula was reworded on 01/04/2026; its wording is not known."),
        _("Optional for Mall. Another source says 6 % and 50,000 per item; per item or per order differs too."),
        _("Optional. The day within the month is not known."),
        _("Optional: instead of Voucher Xtra."),
        _("Optional. Per completed order; the day it began is not known."),
        _("Optional: the rate of the plan, told by the order line. The day it began is not known."),
    }
)
