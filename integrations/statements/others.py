"""Files of systems that the hub does not talk to, known by sight so that a mix-up is told in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from integrations.contract.file_reasons import PRODUCT_LIST
from integrations.contract.statement_files import Column, Forms, Name, Profile

OTHERS = (
    Profile(
        kind="products",
        title=_("Sapo: product list"),
        columns=(
            # later variants of a product leave its name empty; the star marks a required column, and sometimes vanishes
            Column("order", (Name("Mã SKU*"), Name("Mã SKU")), proof=True),
            Column("name", (Name("Tên sản phẩm*"), Name("Tên sản phẩm")), proof=True),
            Column("management", (Name("Hình thức quản lý sản phẩm"),), required=True),
            Column("variant", (Name("Tên phiên bản sản phẩm"),), required=True),
        ),
        forms=Forms(day=()),
        refusal=PRODUCT_LIST,
    ),
)
