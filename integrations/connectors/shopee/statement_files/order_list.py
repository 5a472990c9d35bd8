"""Order list: known by sight and refused, since its fees are estimates without tax and affiliate. Nothing of the buyer is read."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from integrations.contract.file_reasons import NOT_A_STATEMENT
from integrations.contract.statement_files import Column, Forms, Name, Profile

ORDER_LIST = Profile(
    kind="orders",
    title=_("Shopee: order list"),
    sheets=("orders",),
    columns=(
        Column("order", (Name("Mã đơn hàng"),), proof=True),
        Column("status", (Name("Trạng Thái Đơn Hàng"),), proof=True),
        Column("parcel", (Name("Mã Kiện Hàng"),), required=True),
        Column("tracking", (Name("Mã vận đơn"),)),
        Column("paid_price", (Name("Giá ưu đãi"),)),
        Column("quantity", (Name("Số lượng"),)),
    ),
    forms=Forms(day=("%Y-%m-%d %H:%M",)),
    refusal=NOT_A_STATEMENT,
)
