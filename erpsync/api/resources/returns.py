"""Returns with their lines and history."""

from __future__ import annotations

from django.db.models import Prefetch

from erpsync.api.kit import filters
from erpsync.api.kit.resource import Resource
from erpsync.api.kit.rows import Moment, Row
from orders.models import Return, ReturnChange, ReturnLine


class ReturnLineRow(Row):
    class Meta:
        model = ReturnLine
        fields = (
            "id", "key", "order_line", "item_id", "variation_id", "sku", "quantity", "refund", "condition",
            "sellable_quantity", "damaged_quantity", "missing_quantity", "restock", "warehouse",
        )  # fmt: skip


class ReturnChangeRow(Row):
    class Meta:
        model = ReturnChange
        fields = ("id", "before", "after", "channel_status", "source", "created_at")


class ReturnRow(Row):
    changed_at = Moment(source="version", help_text="When it last changed at the channel.")
    read_at = Moment(source="asked_at", help_text="When the channel was last asked for it.")
    lines = ReturnLineRow(many=True)
    history = ReturnChangeRow(many=True, source="changes")

    class Meta:
        model = Return
        fields = (
            "id", "shop", "number", "order", "order_number", "status", "channel_status", "goods_come_back", "reason", "note",
            "refund", "currency", "tracking_number", "requested_at", "answer_by", "received_at", "problems", "changed_at", "read_at",
            "created_at", "lines", "history",
        )  # fmt: skip


class ReturnFilters(filters.Filters):
    shop = filters.Ids(field_name="shop_id")
    number = filters.Texts(field_name="number")
    order = filters.Ids(field_name="order_id")
    status = filters.Words(field_name="status", choices=Return.Status.choices)
    requested_since = filters.Since("requested_at")
    requested_before = filters.Before("requested_at")


class Returns(Resource):
    """Goods that buyers send back."""

    resource = "returns"
    model = Return
    serializer_class = ReturnRow
    filterset_class = ReturnFilters
    expands = {
        "lines": Prefetch("lines", ReturnLine.objects.order_by("id")),
        "history": Prefetch("changes", ReturnChange.objects.order_by("id")),
    }
    needs = {"note": "customers:read"}
    large = ("raw",)
