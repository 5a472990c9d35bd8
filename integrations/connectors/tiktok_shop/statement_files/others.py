"""Files that are known by sight and refused: estimates before settlement, and order lists without fees."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from integrations.connectors.tiktok_shop.statement_files.columns import column
from integrations.contract.file_reasons import NOT_A_STATEMENT, NOT_FINAL
from integrations.contract.statement_files import Column, Forms, Name, Profile

UNSETTLED = Profile(
    kind="income_unsettled",
    title=_("TikTok Shop: orders not settled yet"),
    sheets=("Đơn hàng chưa quyết toán",),
    columns=(
        column("id", "ID đơn hàng/điều chỉnh", "Order/adjustment ID", required=True),
        column("estimate", "Số tiền quyết toán ước tính", "Estimated settlement amount", proof=True),
        column("expected", "Thời gian quyết toán dự kiến", "Estimated settlement time", required=True),
        column("why", "Lý do chưa quyết toán", "Unsettled reason", required=True),
        column("related", "ID đơn hàng liên quan", "Related order ID"),
    ),
    forms=Forms(day=("%Y/%m/%d",)),
    identity="id",
    refusal=NOT_FINAL,
)

ORDER_LIST = Profile(
    kind="orders",
    title=_("TikTok Shop: order list"),
    sheets=("OrderSKUList",),
    columns=tuple(
        Column(meaning, (Name(text, "en"),), proof=proof)
        for meaning, text, proof in (
            ("order", "Order ID", True),
            ("sku", "SKU ID", True),
            ("created", "Created Time", True),
            ("status", "Order Status", False),
            ("amount", "Order Amount", False),
        )
    ),
    forms=Forms(day=("%d/%m/%Y %H:%M:%S",)),
    explained=True,
    refusal=NOT_A_STATEMENT,
)
