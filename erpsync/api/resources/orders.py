"""Orders with their lines, parcels and status history."""

from __future__ import annotations

from django.db.models import Prefetch, Q

from erpsync.api.kit import filters
from erpsync.api.kit.resource import Resource
from erpsync.api.kit.rows import Moment, Row
from erpsync.api.resources.order_writes import OrderWrites
from erpsync.api.resources.tags import TagRow
from orders.models import Order, OrderLine, OrderNote, OrderTag, Parcel, ParcelEvent, Status, StatusChange


class OrderLineRow(Row):
    class Meta:
        model = OrderLine
        fields = (
            "id", "order", "key", "listing", "product", "parts", "item_id", "variation_id", "sku", "title", "variation_name",
            "quantity", "price", "paid_price", "status", "channel_status", "parcel", "fulfilled_by", "category_id", "campaigns",
            "seller_discount", "platform_discount", "platform_voucher", "coins", "tax", "affiliate_id", "affiliate_rate",
        )  # fmt: skip


class ParcelRow(Row):
    class Meta:
        model = Parcel
        fields = ("id", "order", "number", "tracking_number", "carrier", "channel_status", "replaced_at")


class ParcelEventRow(Row):
    class Meta:
        model = ParcelEvent
        fields = ("id", "order", "parcel", "happened_at", "code", "words", "place", "created_at")


class OrderNoteRow(Row):
    class Meta:
        model = OrderNote
        fields = ("id", "order", "text", "created_at")


class StatusChangeRow(Row):
    changed_at = Moment(source="version", help_text="When it changed at the channel.")

    class Meta:
        model = StatusChange
        fields = ("id", "order", "before", "after", "channel_status", "source", "changed_at", "created_at")


class OrderRow(Row):
    changed_at = Moment(source="version", help_text="When it last changed at the channel.")
    read_at = Moment(source="asked_at", help_text="When the channel was last asked for it.")
    lines = OrderLineRow(many=True)
    parcels = ParcelRow(many=True)
    notes = OrderNoteRow(many=True)
    tags = TagRow(many=True)
    tracking = ParcelEventRow(many=True, source="parcel_events")
    history = StatusChangeRow(many=True, source="status_changes")

    class Meta:
        model = Order
        fields = (
            "id", "shop", "number", "status", "channel_status", "currency", "total", "placed_at", "paid_at", "ship_by",
            "shipped_at", "shipping_fee", "seller_shipping", "seller_discount", "platform_discount", "seller_voucher",
            "platform_voucher", "coins", "tax", "staff_id", "staff_name", "branch_id", "branch_name",
            "customer", "buyer_id", "buyer_name", "recipient", "cash_on_delivery", "payment_method", "carrier",
            "cancel_reason", "note", "problems", "has_problem", "changed_at", "read_at", "created_at", "lines", "parcels",
            "tracking", "notes", "tags", "history",
        )  # fmt: skip


class OrderFilters(filters.Filters):
    id = filters.Ids(field_name="id")
    shop = filters.Ids(field_name="shop_id")
    number = filters.Texts(field_name="number")
    status = filters.Words(field_name="status", choices=Status.choices)
    customer = filters.Ids(field_name="customer_id")
    payment_method = filters.Texts(field_name="payment_method")
    staff_id = filters.Texts(field_name="staff_id")
    branch_id = filters.Texts(field_name="branch_id")
    has_problem = filters.Yes("has_problem")
    placed_since = filters.Since("placed_at")
    placed_before = filters.Before("placed_at")
    search = filters.Search()


class Orders(OrderWrites):
    """Orders of all channels and of the POS."""

    resource = "orders"
    model = Order
    serializer_class = OrderRow
    filterset_class = OrderFilters
    sorts = ("-placed_at", "placed_at", "-id", "id")
    expands = {
        "lines": Prefetch("lines", OrderLine.objects.order_by("id")),
        "parcels": Prefetch("parcels", Parcel.objects.order_by("id")),
        "notes": Prefetch("notes", OrderNote.objects.order_by("id")),
        "tags": Prefetch("tags", OrderTag.objects.order_by("name", "id")),
        "tracking": Prefetch("parcel_events", ParcelEvent.objects.order_by("happened_at", "id")),
        "history": Prefetch("status_changes", StatusChange.objects.order_by("id")),
    }
    needs = dict.fromkeys(("buyer_id", "buyer_name", "recipient", "note", "notes"), "customers:read")
    large = ("raw", "search_text", "search_grams")


class OrderLineFilters(filters.Filters):
    order = filters.Ids(field_name="order_id")
    shop = filters.Ids(field_name="order__shop_id")
    product = filters.Ids(field_name="product_id")
    listing = filters.Ids(field_name="listing_id")
    sku = filters.Texts(field_name="sku")
    status = filters.Words(field_name="status", choices=Status.choices)
    category_id = filters.Texts(field_name="category_id")
    campaign = filters.Texts(field_name="campaigns", lookup_expr="overlap")
    affiliate_id = filters.Texts(field_name="affiliate_id")
    is_mapped = filters.Flag(Q(product__isnull=False))


class OrderLines(Resource):
    """Lines of orders."""

    resource = "orders"
    model = OrderLine
    shop_path = "order__shop_id"
    serializer_class = OrderLineRow
    filterset_class = OrderLineFilters


class ParcelFilters(filters.Filters):
    order = filters.Ids(field_name="order_id")
    shop = filters.Ids(field_name="order__shop_id")
    tracking_number = filters.Texts(field_name="tracking_number")


class Parcels(Resource):
    """Parcels of orders. One that the channel has replaced by others stays, with the time since when."""

    resource = "orders"
    model = Parcel
    shop_path = "order__shop_id"
    serializer_class = ParcelRow
    filterset_class = ParcelFilters


class StatusChangeFilters(filters.Filters):
    order = filters.Ids(field_name="order_id")
    shop = filters.Ids(field_name="order__shop_id")
    after = filters.Words(field_name="after", choices=Status.choices)
    since = filters.Since("created_at")
    before = filters.Before("created_at")


class StatusChanges(Resource):
    """Status history of orders, step by step."""

    resource = "orders"
    model = StatusChange
    shop_path = "order__shop_id"
    serializer_class = StatusChangeRow
    filterset_class = StatusChangeFilters
