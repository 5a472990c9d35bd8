"""Packages: search, details, handing over alone and in batches, labels, tracking."""

from __future__ import annotations

from integrations.connectors.tiktok_shop.simulator import book, facts
from integrations.connectors.tiktok_shop.simulator.backend import Backend
from integrations.connectors.tiktok_shop.simulator.book import Order
from integrations.connectors.tiktok_shop.simulator.request import (
    Call,
    Fields,
    Refusal,
    invalid,
    no_such,
    optional,
    required,
    rows,
    span,
)
from integrations.simulator.pdf import label_pdf
from integrations.simulator.simulated_platform import InvalidState, Response

DOCUMENTS = "/documents/"
FROZEN = 10007014
_TYPES = frozenset({"SHIPPING_LABEL", "PACKING_SLIP", "SHIPPING_LABEL_AND_PACKING_SLIP"})
_METHODS = frozenset({"PICKUP", "DROP_OFF"})
_LABELLED = frozenset({book.PROCESSING, book.FULFILLING, book.PACKAGE_COMPLETED})


def search(backend: Backend, call: Call) -> Fields:
    """POST packages/search, newest first."""
    size = call.size(facts.PACKAGE_PAGE)
    status = optional(call.body, "package_status", str)
    if status is not None and status not in book.PACKAGE_STATUSES:
        raise invalid("package_status")
    created, updated = span(call.body, "create_time"), span(call.body, "update_time")
    found = [
        order
        for order in backend.book.orders.values()
        if order.shop == call.shop
        and order.package_id
        and status in (None, order.package_status)
        and created[0] <= order.create_time < created[1]
        and updated[0] <= order.package_time < updated[1]
    ]
    found.sort(key=lambda order: (order.package_time, order.id), reverse=not call.rising("DESC"))
    page, more = call.page(found, size)
    return {"packages": [_row(order) for order in page], **more}


def detail(backend: Backend, call: Call) -> Fields:
    """GET packages/{id}: the status has another name here than in the search."""
    order = backend.package(call, call.ids["package"])
    row = _row(order)
    return {
        "package_id": row.pop("id"),
        "package_status": row.pop("status"),
        "handover_method": order.handover_method,
        "shipping_type": "TIKTOK",
        **row,
    }


def time_slots(backend: Backend, call: Call) -> Fields:
    """GET packages/{id}/handover_time_slots: the misspelt key is the platform's."""
    backend.package(call, call.ids["package"])
    return {
        "can_pickup": True,
        "can_drop_off": True,
        "can_van_collection": False,
        "drop_off_point_url": "",
        "pickup_slots": [
            {"avaliable": place > 0, "start_time": start, "end_time": start + 14_400}
            for place, start in enumerate(_slots(call.now))
        ],
    }


def ship(backend: Backend, call: Call) -> Fields:
    """POST packages/{id}/ship."""
    _ship(backend, backend.package(call, call.ids["package"]), call, call.body)
    return {}


def ship_batch(backend: Backend, call: Call) -> Fields:
    """POST packages/ship: packages fail one by one, at code 0."""
    errors = []
    for row in rows(call.body, "packages"):
        package = required(row, "id", str)
        try:
            if backend.context.hits("partial_batch"):
                raise Refusal(FROZEN, "package in freeze status")
            _ship(backend, backend.package(call, package), call, row)
        except Refusal as refusal:
            errors.append({"code": refusal.code, "message": str(refusal), "detail": {"package_id": package}})
    return {"errors": errors} if errors else {}


def documents(backend: Backend, call: Call) -> Fields:
    """GET packages/{id}/shipping_documents: only after the shipment was arranged."""
    order = backend.package(call, call.ids["package"])
    if call.text("document_type") not in _TYPES:
        raise invalid("document_type")
    if order.package_status not in _LABELLED:
        raise Refusal(21011001, "The package has not been shipped yet, no shipping document is available.", 200)
    state = backend.state
    name = backend.context.draws.token(backend.context.channel, "label", order.id, len(state.labels))
    state.labels[name] = (order.id, call.moment + facts.LABEL_LIFE)
    address = f"{backend.context.base_url}{DOCUMENTS}{name}.pdf?x-expires={call.now + int(facts.LABEL_LIFE)}"
    return {"doc_url": address, "tracking_number": order.tracking_number}


def document(backend: Backend, path: str) -> Response:
    """Return the file behind a `doc_url`, which needs no signature and lives a day."""
    order_id, until = backend.state.labels.get(path.removeprefix(DOCUMENTS).removesuffix(".pdf"), ("", 0.0))
    if backend.context.logical_time() >= until:
        return 403, {"Content-Type": "text/plain"}, b"expired"
    order = backend.book.orders[order_id]
    page = ("TikTok Shop", facts.CARRIER, order.tracking_number, f"Order {order.id}", f"Package {order.package_id}")
    return 200, {"Content-Type": "application/pdf"}, label_pdf([page])


def tracking(backend: Backend, call: Call) -> Fields:
    """GET orders/{id}/tracking, newest first; in milliseconds, unlike all else."""
    order = backend.order(call, call.ids["order"])
    return {
        "tracking": [
            {"description": description, "update_time_millis": moment * 1000}
            for moment, description in reversed(order.tracking)
        ]
    }


def _ship(backend: Backend, order: Order, call: Call, body: Fields) -> None:
    method = optional(body, "handover_method", str)
    if method is not None and method not in _METHODS:
        raise invalid("handover_method")
    if optional(body, "self_shipment", dict) is not None and method is None:
        raise Refusal(21011007, "The package is shipped by TikTok Shop, self_shipment is not allowed.")
    slot = optional(body, "pickup_slot", dict)
    if method == "PICKUP" and slot is not None and required(slot, "start_time", int) not in _slots(call.now)[1:]:
        raise invalid("pickup_slot")
    if order.status == book.ON_HOLD or not order.package_id:
        raise Refusal(21011003, "The order is on hold and can not be shipped.")
    if order.package_status != book.TO_FULFILL:
        raise Refusal(21011002, f"The package status {order.package_status} can not be shipped.")
    order.handover_method = method or "PICKUP"
    try:
        backend.context.arrange_shipment(backend.sale(order))
    except InvalidState:
        raise Refusal(FROZEN, "package in freeze status") from None


def _slots(now: int) -> list[int]:
    """Return pick-up slots: 8:00 of the coming days in the shop's time zone; the first is taken already."""
    midnight = (now + 25_200) // 86_400 * 86_400 - 25_200
    return [midnight + day * 86_400 + 28_800 for day in range(1, 4)]


def _row(order: Order) -> Fields:
    skus: dict[str, int] = {}
    names = {unit.sku_id: unit.sku_name for unit in order.units}
    for unit in order.units:
        skus[unit.sku_id] = skus.get(unit.sku_id, 0) + 1
    return {
        "id": order.package_id,
        "status": order.package_status,
        "create_time": order.create_time,
        "update_time": order.package_time,
        "order_line_item_ids": [unit.id for unit in order.units],
        "orders": [
            {
                "id": order.id,
                "skus": [{"id": sku, "name": names[sku], "quantity": units} for sku, units in skus.items()],
            }
        ],
        "shipping_provider_id": facts.CARRIER_ID,
        "shipping_provider_name": facts.CARRIER,
        "tracking_number": order.tracking_number,
    }


def delivery_options(backend: Backend, call: Call) -> Fields:
    """GET warehouses/{id}/delivery_options: the one there is."""
    if call.ids["warehouse"] != backend.warehouse(call.shop):
        raise no_such("warehouse")
    return {"delivery_options": [{"id": "7091146663229654785", "name": "Standard shipping", "type": "STANDARD"}]}


def shipping_providers(backend: Backend, call: Call) -> Fields:
    """GET delivery_options/{id}/shipping_providers."""
    return {"shipping_providers": [{"id": facts.CARRIER_ID, "name": facts.CARRIER}]}
