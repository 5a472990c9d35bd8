"""Port `StatementFiles`: a POS has no statements; its product list is known by sight, so that a mix-up is told in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from integrations.contract.file_reasons import PRODUCT_LIST
from integrations.contract.statement_files import Column, Forms, Name, Profile, StatementFiles

STATEMENT_FILES = StatementFiles(
    profiles=(
        Profile(
            kind="products",
            title=_("KiotViet: product list"),
            columns=(
                Column("order", (Name("Mã hàng"),), proof=True),
                Column("group", (Name("Nhóm hàng(3 Cấp)"), Name("Nhóm hàng(3 cấp)")), proof=True),
                Column("unit", (Name("Mã ĐVT Cơ bản"),), required=True),
                Column("stock", (Name("Tồn kho"),)),
            ),
            forms=Forms(day=()),
            refusal=PRODUCT_LIST,
        ),
    )
)
