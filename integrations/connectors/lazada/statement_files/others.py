"""Files that are known by sight and refused: statements before their release, and order lists."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from integrations.contract.file_reasons import NOT_A_STATEMENT, NOT_FINAL
from integrations.contract.statement_files import Column, Forms, Name, Profile

ESTIMATED = Profile(
    kind="statement_estimated",
    title=_("Lazada: statement before its release"),
    columns=(
        Column("amount", (Name("Est Release Amount(Include Tax)", "en"),), proof=True),
        Column("fee", (Name("Fee Name", "en"),), proof=True),
        Column("order", (Name("Order Number", "en"),)),
    ),
    forms=Forms(day=("%d %b %Y",)),
    refusal=NOT_FINAL,
)
ORDER_LIST = Profile(
    kind="orders",
    title=_("Lazada: order list"),
    sheets=("sheet1",),
    columns=(
        Column("unit", (Name("orderItemId", "en"),), proof=True),
        Column("order", (Name("orderNumber", "en"),), proof=True),
        Column("price", (Name("paidPrice", "en"),), required=True),
        Column("created", (Name("createTime", "en"),)),
    ),
    forms=Forms(day=("%d %b %Y %H:%M",)),
    refusal=NOT_A_STATEMENT,
)
