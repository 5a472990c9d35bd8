"""Effect of each step of an order on Shopee's record of it, and the pushes it sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from integrations.connectors.shopee.simulator import book, facts
from integrations.connectors.shopee.simulator.backend import Backend
from integrations.connectors.shopee.simulator.book import Line, Order, Return
from integrations.connectors.shopee.simulator.delivery import announce
from integrations.connectors.shopee.simulator.push import Message
from integrations.simulator.money_errors import CANCELLED_FEE, MISSING_PAYOUT
from integrations.simulator.order import Order as Sale
from integrations.simulator.order import Step
from integrations.simulator.shops import Variation

PROCESS, TRACK, SETTLE_RETURN = "process", "track", "settle return"

# the world's reasons in Shopee's words; the texts vary by region, so clients must not parse them [nv]
_REASONS = {
    "changed_mind": "Change of mind",
    "not_paid": "Unpaid order cancelled by system",
    "out_of_stock": "Out of Stock",
    "not_shipped": "Seller did not ship",
}


def order_changed(backend: Backend, sale: Sale, step: Step) -> None:
    """Apply a step of a world's order to the platform's record."""
    if step == "placed":
        _placed(backend, sale)
    else:
        _STEPS[step](backend, backend.book.orders[sale.id], sale)


def processed(backend: Backend, order_sn: str, _: int) -> None:
    """Mark a shipment as accepted by the carrier, some seconds after it was arranged."""
    order = backend.book.orders[order_sn]
    if order.arranged and order.status == book.READY:
        _set(backend, order, book.PROCESSED, book.REQUESTED)
        _push_status(backend, order)


def tracked(backend: Backend, order_sn: str, _: int) -> None:
    """Give the parcel its tracking number."""
    order = backend.book.orders[order_sn]
    if order.tracking_number or order.status == book.CANCELLED:
        return
    digits = backend.context.draws.number(backend.context.channel, "tracking", order_sn) % 10**12
    order.tracking_number = f"SPXVN{digits:012d}"
    backend.book.touch(order, backend.now)
    data = {
        "ordersn": order.order_sn,
        "forder_id": order.forder_id,
        "package_number": order.package_number,
        "tracking_no": order.tracking_number,
    }
    announce(backend, 4, order.shop, data, (order.order_sn,))


def _arranged(backend: Backend, order: Order, _: Sale) -> None:
    """Apply an arranged shipment. The order stays READY_TO_SHIP until the carrier has accepted it."""
    order.arranged = True
    backend.book.touch(order, backend.now)
    backend.schedule(facts.ARRANGE_DELAY, PROCESS, order.order_sn)
    backend.schedule(facts.TRACKING_DELAY, TRACK, order.order_sn)


def settle_return(backend: Backend, return_sn: str, _: int) -> None:
    """Accept a return that was not disputed."""
    found = backend.book.returns[return_sn]
    if found.status == "REQUESTED":
        change_return(backend, found, "ACCEPTED")


def change_return(backend: Backend, found: Return, status: str) -> None:
    """Set a return's status and push it."""
    before, found.status = found.status, status
    backend.book.touch_return(found, backend.now)
    _push_return(backend, found, before)


def _placed(backend: Backend, sale: Sale) -> None:
    number = backend.context.draws.number(backend.context.channel, "package", sale.id)
    now = int(backend.context.platform_time(sale.placed_at))
    order = Order(
        order_sn=sale.id,
        shop=int(sale.shop),
        lines=tuple(_lines(backend, sale)),
        buyer_id=sale.buyer.id,
        cod=sale.cod,
        status=book.UNPAID,
        create_time=now,
        update_time=now,
        package_number=f"OFG{number % 10**15:015d}",
        forder_id=str(5 * 10**18 + number % 10**18),
    )
    backend.book.add(order)
    if sale.status == "to_ship":
        _ready(backend, order, sale)
    else:
        _push_status(backend, order)
    _push_reserved(backend, sale, "place_order", 1)


def _lines(backend: Backend, sale: Sale) -> list[Line]:
    found = []
    for line in sale.lines:
        item = backend.context.shops[sale.shop].items[line.item_id]
        variation = _variation(backend, sale, line.item_id, line.variation_id)
        found.append(
            Line(
                item_id=int(line.item_id),
                model_id=int(line.variation_id),
                item_name=line.name,
                model_name=line.option,
                item_sku="" if item.has_models else line.seller_sku,
                model_sku=line.seller_sku if item.has_models else "",
                quantity=line.quantity,
                original_price=line.price,
                price=line.price,
                grams=item.grams,
                promotion_id=facts.promotion(line.item_id) if variation and variation.held else 0,
            )
        )
    return found


def _ready(backend: Backend, order: Order, _: Sale) -> None:
    now = backend.now
    order.pay_time = 0 if order.cod else now
    order.ship_by_date = now + facts.DAYS_TO_SHIP * 86_400
    _set(backend, order, book.READY, book.PACKAGE_READY)
    _push_status(backend, order)


def _pickup_failed(backend: Backend, order: Order, _: Sale) -> None:
    _set(backend, order, book.RETRY, book.PICKUP_RETRY, "Lấy hàng không thành công")
    _push_status(backend, order)


def _shipped(backend: Backend, order: Order, _: Sale) -> None:
    tracked(backend, order.order_sn, 0)
    order.pickup_done_time = backend.now
    _set(backend, order, book.SHIPPED, book.PICKED_UP, "Đơn vị vận chuyển lấy hàng thành công")
    _push_status(backend, order)


def _delivered(backend: Backend, order: Order, _: Sale) -> None:
    order.pay_time = order.pay_time or backend.now
    _set(backend, order, book.TO_CONFIRM, book.DELIVERED, "Giao hàng thành công")
    _push_status(backend, order)


def _completed(backend: Backend, order: Order, _: Sale) -> None:
    order.completed_time = backend.now
    if backend.context.money_error(order.order_sn).name != MISSING_PAYOUT:
        backend.book.complete(order)
    _set(backend, order, book.COMPLETED)
    _push_status(backend, order, "NORMAL")


def _asked_cancel(backend: Backend, order: Order, _: Sale) -> None:
    order.status_before_cancel = order.status
    order.buyer_cancel_reason = _REASONS["changed_mind"]
    _set(backend, order, book.IN_CANCEL)
    _push_status(backend, order)


def _cancel_declined(backend: Backend, order: Order, _: Sale) -> None:
    before = order.status_before_cancel
    # the carrier took the parcel over while the buyer waited for an answer
    caught_up = before == book.READY and order.arranged
    _set(backend, order, book.PROCESSED if caught_up else before, book.REQUESTED if caught_up else None)
    _push_status(backend, order)


def _cancelled(backend: Backend, order: Order, sale: Sale) -> None:
    order.cancel_by = sale.cancelled_by or "system"
    order.cancel_reason = _REASONS.get(sale.reason, sale.reason)
    if backend.context.money_error(order.order_sn).name == CANCELLED_FEE:
        order.completed_time = backend.now
        backend.book.complete(order)
    started = order.package_status != book.NOT_START
    _set(backend, order, book.CANCELLED, book.PACKAGE_CANCELLED if started else None)
    _push_status(backend, order)
    _push_reserved(backend, sale, "cancel_order", -1)


def _returning(backend: Backend, order: Order, _: Sale) -> None:
    now = backend.now
    digits = backend.context.draws.number(backend.context.channel, "return", order.order_sn) % 10**9
    return_sn = f"{facts.ORDER_DAY}{digits:09d}"
    found = Return(return_sn, order.order_sn, order.shop, "REQUESTED", "CHANGE_MIND", "Không còn nhu cầu", now, now)
    backend.book.add_return(found)
    _set(backend, order, book.TO_RETURN)
    _push_status(backend, order)
    _push_return(backend, found, "")
    backend.schedule(facts.RETURN_LIFE, SETTLE_RETURN, return_sn)


def _set(backend: Backend, order: Order, status: str, package: str | None = None, description: str = "") -> None:
    """Set the status of order and package; a package's change is pushed (30)."""
    now = backend.now
    order.status = status
    backend.book.touch(order, now)
    if package is None or package == order.package_status:
        return
    order.package_status, order.package_update_time = package, now
    if description:
        order.steps.append(book.Step(now, description, package))
    data = {
        "ordersn": order.order_sn,
        "package_number": order.package_number,
        "fulfillment_status": package,
        "update_time": now,
    }
    announce(backend, 30, order.shop, data, (order.order_sn,))


def _push_status(backend: Backend, order: Order, scenario: str | None = None) -> None:
    data: Message = {
        "completed_scenario": scenario,
        "items": [],
        "ordersn": order.order_sn,
        "status": order.status,
        "update_time": order.update_time,
    }
    announce(backend, 3, order.shop, data, (order.order_sn,))


def _push_reserved(backend: Backend, sale: Sale, action: str, sign: int) -> None:
    """Send push 8: the pieces of a model that open orders reserve. Actions beyond place_order are inferred."""
    for line in sale.lines:
        variation = _variation(backend, sale, line.item_id, line.variation_id)
        if variation is None:
            continue
        data: Message = {
            "action": action,
            "item_id": int(line.item_id),
            "variation_id": int(line.variation_id),
            "ordersn": sale.id,
            "promotion_id": 0,
            "promotion_type": "",
            "update_time": backend.now,
            "changed_values": [
                {"name": "reserved_stock", "old": variation.open - sign * line.quantity, "new": variation.open}
            ],
        }
        announce(backend, 8, int(sale.shop), data)


def _push_return(backend: Backend, found: Return, before: str) -> None:
    change = {
        "update_field": "return_status",
        "old_value": before,
        "new_value": found.status,
        "update_time": found.update_time,
    }
    data = {"order_sn": found.order_sn, "return_sn": found.return_sn, "updated_values": [change]}
    announce(backend, 29, found.shop, data, (found.order_sn,))


def _variation(backend: Backend, sale: Sale, item_id: str, variation_id: str) -> Variation | None:
    return backend.context.shops[sale.shop].variation(item_id, variation_id)


_STEPS: Mapping[Step, Callable[[Backend, Order, Sale], None]] = {
    "paid": _ready,
    "arranged": _arranged,
    "pickup_failed": _pickup_failed,
    "shipped": _shipped,
    "delivered": _delivered,
    "completed": _completed,
    "asked_cancel": _asked_cancel,
    "cancel_declined": _cancel_declined,
    "cancelled": _cancelled,
    "returning": _returning,
}
