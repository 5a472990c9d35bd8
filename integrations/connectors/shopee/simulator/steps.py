"""What each step of an order's life does to Shopee's record of it, and which pushes it sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from integrations.connectors.shopee.simulator import book, facts
from integrations.connectors.shopee.simulator.book import Line, Order, Return
from integrations.connectors.shopee.simulator.delivery import announce
from integrations.connectors.shopee.simulator.platform import Platform
from integrations.connectors.shopee.simulator.push import Message
from integrations.simulator.order import Order as Sale
from integrations.simulator.order import Step
from integrations.simulator.shops import Variation

PROCESS, TRACK, SETTLE_RETURN = "process", "track", "settle return"

# the world's reasons in Shopee's words; the texts vary by region, so nobody should read more than a text in them [nv]
_REASONS = {
    "changed_mind": "Change of mind",
    "not_paid": "Unpaid order cancelled by system",
    "out_of_stock": "Out of Stock",
    "not_shipped": "Seller did not ship",
}


def moved(platform: Platform, sale: Sale, step: Step) -> None:
    """Follow an order of the world."""
    if step == "placed":
        _placed(platform, sale)
    else:
        _STEPS[step](platform, platform.book.orders[sale.id], sale)


def processed(platform: Platform, order_sn: str, _: int) -> None:
    """The deed some seconds after shipment was arranged: the carrier has taken the request."""
    order = platform.book.orders[order_sn]
    if order.arranged and order.status == book.READY:
        _set(platform, order, book.PROCESSED, book.REQUESTED)
        _tell_status(platform, order)


def tracked(platform: Platform, order_sn: str, _: int) -> None:
    """The deed of the carrier's computer: the parcel has a number."""
    order = platform.book.orders[order_sn]
    if order.tracking_number or order.status == book.CANCELLED:
        return
    digits = platform.ground.draws.number(platform.ground.channel, "tracking", order_sn) % 10**12
    order.tracking_number = f"SPXVN{digits:012d}"
    platform.book.touch(order, platform.now)
    data = {
        "ordersn": order.order_sn,
        "forder_id": order.forder_id,
        "package_number": order.package_number,
        "tracking_no": order.tracking_number,
    }
    announce(platform, 4, order.shop, data, (order.order_sn,))


def _arranged(platform: Platform, order: Order, _: Sale) -> None:
    """Shipment was arranged, by whomever. The order stays READY_TO_SHIP until the carrier has taken it."""
    order.arranged = True
    platform.book.touch(order, platform.now)
    platform.plan(facts.ARRANGE_DELAY, PROCESS, order.order_sn)
    platform.plan(facts.TRACKING_DELAY, TRACK, order.order_sn)


def settle_return(platform: Platform, return_sn: str, _: int) -> None:
    """A return that nobody disputed is accepted."""
    found = platform.book.returns[return_sn]
    if found.status == "REQUESTED":
        change_return(platform, found, "ACCEPTED")


def change_return(platform: Platform, found: Return, status: str) -> None:
    """Another status for a return, with its push."""
    before, found.status = found.status, status
    platform.book.touch_return(found, platform.now)
    _tell_return(platform, found, before)


def _placed(platform: Platform, sale: Sale) -> None:
    number = platform.ground.draws.number(platform.ground.channel, "package", sale.id)
    now = int(platform.ground.wire(sale.placed_at))
    order = Order(
        order_sn=sale.id,
        shop=int(sale.shop),
        lines=tuple(_lines(platform, sale)),
        buyer_id=sale.buyer.id,
        cod=sale.cod,
        status=book.UNPAID,
        create_time=now,
        update_time=now,
        package_number=f"OFG{number % 10**15:015d}",
        forder_id=str(5 * 10**18 + number % 10**18),
    )
    platform.book.add(order)
    if sale.status == "to_ship":
        _ready(platform, order, sale)
    else:
        _tell_status(platform, order)
    _tell_reserved(platform, sale, "place_order", 1)


def _lines(platform: Platform, sale: Sale) -> list[Line]:
    found = []
    for line in sale.lines:
        item = platform.ground.shops[sale.shop].items[line.item_id]
        variation = _variation(platform, sale, line.item_id, line.variation_id)
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


def _ready(platform: Platform, order: Order, _: Sale) -> None:
    now = platform.now
    order.pay_time = 0 if order.cod else now
    order.ship_by_date = now + facts.DAYS_TO_SHIP * 86_400
    _set(platform, order, book.READY, book.PACKAGE_READY)
    _tell_status(platform, order)


def _pickup_failed(platform: Platform, order: Order, _: Sale) -> None:
    _set(platform, order, book.RETRY, book.PICKUP_RETRY, "Lấy hàng không thành công")
    _tell_status(platform, order)


def _shipped(platform: Platform, order: Order, _: Sale) -> None:
    tracked(platform, order.order_sn, 0)
    order.pickup_done_time = platform.now
    _set(platform, order, book.SHIPPED, book.PICKED_UP, "Đơn vị vận chuyển lấy hàng thành công")
    _tell_status(platform, order)


def _delivered(platform: Platform, order: Order, _: Sale) -> None:
    order.pay_time = order.pay_time or platform.now
    _set(platform, order, book.TO_CONFIRM, book.DELIVERED, "Giao hàng thành công")
    _tell_status(platform, order)


def _completed(platform: Platform, order: Order, _: Sale) -> None:
    order.completed_time = platform.now
    platform.book.complete(order)
    _set(platform, order, book.COMPLETED)
    _tell_status(platform, order, "NORMAL")


def _asked_cancel(platform: Platform, order: Order, _: Sale) -> None:
    order.status_before_cancel = order.status
    order.buyer_cancel_reason = _REASONS["changed_mind"]
    _set(platform, order, book.IN_CANCEL)
    _tell_status(platform, order)


def _cancel_declined(platform: Platform, order: Order, _: Sale) -> None:
    before = order.status_before_cancel
    # the carrier took the parcel over while the buyer waited for an answer
    caught_up = before == book.READY and order.arranged
    _set(platform, order, book.PROCESSED if caught_up else before, book.REQUESTED if caught_up else None)
    _tell_status(platform, order)


def _cancelled(platform: Platform, order: Order, sale: Sale) -> None:
    order.cancel_by = sale.cancelled_by or "system"
    order.cancel_reason = _REASONS.get(sale.reason, sale.reason)
    started = order.package_status != book.NOT_START
    _set(platform, order, book.CANCELLED, book.PACKAGE_CANCELLED if started else None)
    _tell_status(platform, order)
    _tell_reserved(platform, sale, "cancel_order", -1)


def _returning(platform: Platform, order: Order, _: Sale) -> None:
    now = platform.now
    digits = platform.ground.draws.number(platform.ground.channel, "return", order.order_sn) % 10**9
    return_sn = f"{facts.ORDER_DAY}{digits:09d}"
    found = Return(return_sn, order.order_sn, order.shop, "REQUESTED", "CHANGE_MIND", "Không còn nhu cầu", now, now)
    platform.book.add_return(found)
    _set(platform, order, book.TO_RETURN)
    _tell_status(platform, order)
    _tell_return(platform, found, "")
    platform.plan(facts.RETURN_LIFE, SETTLE_RETURN, return_sn)


def _set(platform: Platform, order: Order, status: str, package: str | None = None, story: str = "") -> None:
    """Write down where order and package are now. A package that moved is pushed (30)."""
    now = platform.now
    order.status = status
    platform.book.touch(order, now)
    if package is None or package == order.package_status:
        return
    order.package_status, order.package_update_time = package, now
    if story:
        order.steps.append(book.Step(now, story, package))
    data = {
        "ordersn": order.order_sn,
        "package_number": order.package_number,
        "fulfillment_status": package,
        "update_time": now,
    }
    announce(platform, 30, order.shop, data, (order.order_sn,))


def _tell_status(platform: Platform, order: Order, scenario: str | None = None) -> None:
    data: Message = {
        "completed_scenario": scenario,
        "items": [],
        "ordersn": order.order_sn,
        "status": order.status,
        "update_time": order.update_time,
    }
    announce(platform, 3, order.shop, data, (order.order_sn,))


def _tell_reserved(platform: Platform, sale: Sale, action: str, sign: int) -> None:
    """Push 8: how many pieces of a model open orders hold. Actions beyond place_order are inferred."""
    for line in sale.lines:
        variation = _variation(platform, sale, line.item_id, line.variation_id)
        if variation is None:
            continue
        data: Message = {
            "action": action,
            "item_id": int(line.item_id),
            "variation_id": int(line.variation_id),
            "ordersn": sale.id,
            "promotion_id": 0,
            "promotion_type": "",
            "update_time": platform.now,
            "changed_values": [
                {"name": "reserved_stock", "old": variation.open - sign * line.quantity, "new": variation.open}
            ],
        }
        announce(platform, 8, int(sale.shop), data)


def _tell_return(platform: Platform, found: Return, before: str) -> None:
    change = {
        "update_field": "return_status",
        "old_value": before,
        "new_value": found.status,
        "update_time": found.update_time,
    }
    data = {"order_sn": found.order_sn, "return_sn": found.return_sn, "updated_values": [change]}
    announce(platform, 29, found.shop, data, (found.order_sn,))


def _variation(platform: Platform, sale: Sale, item_id: str, variation_id: str) -> Variation | None:
    return platform.ground.shops[sale.shop].variation(item_id, variation_id)


_STEPS: Mapping[Step, Callable[[Platform, Order, Sale], None]] = {
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
