"""Order calls: reading, and the seller's confirmation of availability."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from urllib.parse import unquote

from integrations.connectors.tiki.simulator import book
from integrations.connectors.tiki.simulator.backend import Backend
from integrations.connectors.tiki.simulator.book import Order
from integrations.connectors.tiki.simulator.request import Call, optional, paged, required
from integrations.connectors.tiki.simulator.steps import picked
from integrations.connectors.tiki.simulator.views import order_view
from integrations.connectors.tiki.simulator.wire import HTML, Fields, Refusal, good, local
from integrations.simulator.oddities import OrderForm, as_text, long_name, long_tracking, odd_order
from integrations.simulator.simulated_platform import InvalidState, Response

FORM = OrderForm(
    lines="items",
    line_fields={
        "confirmation.available_confirm_sla": ("0000-00-00 00:00:00", "N/A", ""),
        "price": (as_text,),
        "invoice.discount_amount": ("N/A", as_text),
    },
    long={"shipping.tracking_code": long_tracking},
    line_long={"product.name": long_name},
)
_FOREVER = 4e9
_FLAGS = {"1": True, "true": True, "0": False, "false": False}
# path of a label -> the fulfilment it is for
_LABELS = {"dropship": book.DROPSHIP, "tiki-delivery": book.ON_DEMAND}
_SLOT_HOURS = (3, 6, 24, 30)


def listed(backend: Backend, call: Call) -> Response:
    """GET orders: newest first by creation, as `order_by` says by default [inf]."""
    rows, paging = paged(_found(backend, call), call)
    backend.context.mark_known_to_hub(
        [backend.context.orders[row.code] for row in rows if row.code in backend.context.orders]
    )
    include = call.includes()
    return good({"data": [_shown(backend, row, include) for row in rows], "paging": paging})


def detail(backend: Backend, call: Call) -> Response:
    """GET orders/{code}: a bare object."""
    order = backend.order(call)
    if order.code in backend.context.orders:
        backend.context.mark_known_to_hub([backend.context.orders[order.code]])
    return good(_shown(backend, order, call.includes()))


def _shown(backend: Backend, order: Order, include: Collection[str]) -> Fields:
    row = order_view(order, include, backend.context.money_error(order.code))
    sale = backend.context.orders.get(order.code)
    if sale is not None and sale.fulfilled_by == "platform":
        row["fulfillment_type"] = "tiki_delivery"
        for item in row["items"]:
            item["product"]["inventory_type"] = "instock"
    return odd_order(backend.context, FORM, row, order.code, order.status)


def slots(backend: Backend, call: Call) -> Response:
    """GET orders/dropship/expected-pickup-slots. The answer's shape is not verified."""
    return good({"data": [{"expected_pickup_time": slot} for slot in _slots(backend)]})


def seller_inventories(backend: Backend, call: Call) -> Response:
    """GET seller-inventories: which of the seller's warehouses serves which of Tiki's."""
    codes = [code for code in call.query.get("tiki_warehouse_codes", "").split(",") if code]
    number = backend.warehouse_id(call.seller)
    row = {"id": number, "name": "Kho chính", "address": "masked", "type": "requisition"}
    mappings = [{"tiki_warehouse_code": code, "seller_inventory_ids": [number]} for code in codes]
    return good({"seller_inventories": [row], "mappings": mappings})


def confirm_dropship(backend: Backend, call: Call) -> Response:
    """POST orders/{code}/dropship/confirm-available."""
    order, body = backend.order(call), call.object()
    if order.fulfillment != book.DROPSHIP:
        raise Refusal(422, "The order is not dropship")
    wanted = required(body, "confirmation_status", str)
    if wanted not in {book.CONFIRMED, book.REFUSED}:
        raise Refusal(422, "confirmation_status must be seller_confirmed or seller_canceled")
    slot = optional(body, "expected_pickup_time", str)
    if slot and slot not in _slots(backend):
        raise Refusal(422, "expected_pickup_time is not available")
    return _confirm(backend, call, order, accepted=wanted == book.CONFIRMED, slot=slot or "")


def confirm(backend: Backend, call: Call) -> Response:
    """POST orders/{code}/confirm-available: items that are not listed are refused [inf]."""
    order, body = backend.order(call), call.object()
    if order.fulfillment == book.DROPSHIP:
        raise Refusal(422, "The order is dropship")
    ids, own = set(required(body, "available_item_ids", list)), {item.id for item in order.items}
    if not ids <= own:
        raise Refusal(422, "available_item_ids has items that are not of the order")
    if ids and ids != own:
        raise Refusal(422, "A part of an order cannot be confirmed in this sandbox")
    return _confirm(backend, call, order, accepted=bool(ids), slot="")


def label(backend: Backend, call: Call) -> Response:
    """GET orders/{code}/{type}/labels?format=html: a page to print; printing it begins the picking [1]."""
    order = backend.order(call)
    if _LABELS.get(call.parts[1]) != order.fulfillment:
        raise Refusal(422, "The order has another fulfillment type")
    if order.confirmation != book.CONFIRMED:
        raise Refusal(422, "The order must be confirmed before its label is printed")
    if call.query.get("format", "html") != "html":
        raise Refusal(400, "format must be html")
    picked(backend, order)
    page = f"<!doctype html><html lang='vi'><meta charset='utf-8'><title>{order.code}</title><h1>Tiki {order.code}</h1></html>"
    return 200, HTML, page.encode()


def _confirm(backend: Backend, call: Call, order: Order, *, accepted: bool, slot: str) -> Response:
    inventory = optional(call.object(), "seller_inventory_id", int)
    if accepted and inventory != backend.warehouse_id(call.seller):
        raise Refusal(422, f"Seller inventory '{inventory}' is not found")
    if order.status != book.QUEUEING or order.confirmation != book.WAITING:
        raise Refusal(422, f"Order {order.code} can not be confirmed in status {order.status}")
    order.inventory, order.pickup_at = inventory or 0, slot
    sale = backend.context.orders[order.code]
    try:
        if accepted:
            backend.context.arrange_shipment(sale)
        else:
            backend.context.cancel(sale, "seller", "out_of_stock")
    except InvalidState as error:
        raise Refusal(422, str(error)) from None
    return good(order_view(order, ()))


def _slots(backend: Backend) -> list[str]:
    """Return pick-up slots at whole hours of the platform's clock: stable within an hour."""
    hour = backend.now // 3600 * 3600
    return [local(hour + later * 3600) for later in _SLOT_HOURS]


def _found(backend: Backend, call: Call) -> list[Order]:
    first, last = call.time("updated_from_date"), call.time("updated_to_date")
    found = backend.book.between(call.seller, first or 0.0, _FOREVER if last is None else last)
    for name, fits in _FILTERS.items():
        if value := call.query.get(name, ""):
            found = [order for order in found if fits(order, value)]
    made_from, made_to = call.time("created_from_date"), call.time("created_to_date")
    found = [
        order
        for order in found
        if (made_from is None or order.created_at >= made_from) and (made_to is None or order.created_at < made_to + 1)
    ]
    return sorted(found, key=lambda order: (order.created_at, order.code), reverse=True)


def _status(order: Order, value: str) -> bool:
    """One status, or a set: `nin|a,b`, `in|a,b`."""
    operator, _, words = unquote(value).rpartition("|")
    return (order.status in words.split(",")) is (operator != "nin")


def _is_rma(order: Order, value: str) -> bool:
    if value not in _FLAGS:
        raise Refusal(400, "is_rma must be a boolean", source="meepo")
    return bool(order.undoes) is _FLAGS[value]


_FILTERS: Mapping[str, Callable[[Order, str], bool]] = {
    "code": lambda order, value: order.code == value,
    "status": _status,
    "fulfillment_type": lambda order, value: order.fulfillment == value,
    "item_confirmation_status": lambda order, value: order.confirmation == value,
    "is_rma": _is_rma,
}
