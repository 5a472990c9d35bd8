"""Cancellations: validate, create (both by GET), and the answer to a buyer's request. A refusal may come with code "0"."""

from __future__ import annotations

from typing import Any

from integrations.connectors.lazada.simulator import book, facts
from integrations.connectors.lazada.simulator.backend import Backend
from integrations.connectors.lazada.simulator.book import Order, Unit
from integrations.connectors.lazada.simulator.orders import find
from integrations.connectors.lazada.simulator.request import Call, Fields, Refusal, is_whole
from integrations.connectors.lazada.simulator.wire import data
from integrations.simulator.simulated_platform import InvalidState

# the world's own words for why
_WORLD = {"10000021": "out_of_stock"}


def validate(backend: Backend, call: Call) -> Fields:
    """/order/reverse/cancel/validate: whether items may be cancelled, and for which reasons."""
    order, units = _named(backend, call)
    if not _may(backend, order, units):
        return _no()
    reasons = [{"reason_name": name, "reason_id": number} for number, name in facts.REASONS.items()]
    words = "SKU stock may be set to 0 after cancellation"
    return data({"tip_content": words, "reason_options": reasons, "tip_type": "warning"})


def create(backend: Backend, call: Call) -> Fields:
    """/order/reverse/cancel/create: whole orders only, as in the world."""
    order, units = _named(backend, call)
    reason = call.text("reason_id")
    if reason not in facts.REASONS:
        raise Refusal("104", "E0104: reason is empty or invalid")
    if not _may(backend, order, units):
        return _no()
    if len(units) != len(order.live):
        raise Refusal("123", "E0123: invalid trade order lines: the simulated world cancels whole orders")
    try:
        backend.context.cancel(backend.sale(order), "seller", _WORLD.get(reason, "not_shipped"))
    except InvalidState:
        return _no()
    for unit in units:
        unit.reason = facts.REASONS[reason]
    if reason in facts.EMPTYING:
        _empty(backend, order, units)
    return data({"tip_content": "The order has been cancelled", "tip_type": "success"})


def decide(backend: Backend, call: Call) -> Fields:
    """/order/reverse/cancel/seller/decide: yes or no to a buyer who wants to cancel."""
    number = call.id("reverse_order_id", "105", "E0105: reverse order id is empty or invalid")
    agrees = call.flag("agree_cancel")
    order = backend.book.asked.get((call.seller, number))
    if order is None or order.cancel_id != number:
        raise Refusal("131", "E0131: no decision for this reverse order")
    try:
        backend.context.answer_cancellation(backend.sale(order), accept=agrees)
    except InvalidState:
        raise Refusal("131", "E0131: no decision for this reverse order") from None
    return data(None)


def _named(backend: Backend, call: Call) -> tuple[Order, list[Unit]]:
    order = find(backend, call)
    bad = Refusal("102", "E0102: trade order line id is empty or invalid")
    ids: list[Any] = call.array("order_item_id_list", bad)
    if not ids or not all(is_whole(str(one)) for one in ids):
        raise bad
    units = [unit for unit in order.units if str(unit.id) in {str(one) for one in ids}]
    if len(units) != len({str(one) for one in ids}):
        raise Refusal("123", f"E0123: invalid trade order lines {call.text('order_item_id_list')}")
    return order, units


def _may(backend: Backend, order: Order, units: list[Unit]) -> bool:
    states = backend.sale(order).status in {"to_ship", "packed"}
    return states and all(unit.status in book.CANCELLABLE for unit in units)


def _no() -> Fields:
    return data({"tip_content": "The order status does not allow to cancel", "tip_type": "error", "reason_options": []})


def _empty(backend: Backend, order: Order, units: list[Unit]) -> None:
    shop = backend.context.shops[order.seller]
    for item_id, sku_id in {(unit.item_id, unit.sku_id) for unit in units}:
        variation = shop.variation(item_id, sku_id)
        if variation is not None:
            backend.context.set_stock(variation, 0)
