"""What Sendo tells by itself: a new order, the end of a check, a cancellation. Unsigned, once, and nothing else."""

from __future__ import annotations

from functools import partial

from integrations.connectors.sendo.simulator import facts
from integrations.connectors.sendo.simulator.book import Platform
from integrations.connectors.sendo.simulator.order_views import cancel_code, shown
from integrations.connectors.sendo.simulator.wire import Row, encode
from integrations.simulator.order import Order, Step
from integrations.simulator.side import Delivery

_HEADERS = {"Content-Type": "application/json"}


def moved(platform: Platform, order: Order, step: Step) -> None:
    """An order took a step. Shipping, delivery and payment are not told: they must be polled."""
    if step == "placed":
        _check(platform, order)
        _send(platform, order, _created(platform, order))
    elif step == "cancelled":
        _send(platform, order, _updated(platform, order, "CANCEL", _cancelled(platform, order)))


def resume(platform: Platform) -> None:
    """After a restart: checks that were on their way end as planned."""
    for number in platform.book.checked_until:
        _plan_end(platform, platform.ground.orders[number])


def _check(platform: Platform, order: Order) -> None:
    draws, channel = platform.ground.draws, platform.ground.channel
    if draws.chance(facts.CHECKED_SHARE, channel, "checked", order.number):
        seconds = draws.between(*facts.CHECKING, channel, "checking", order.number)
        platform.book.checked_until[order.id] = platform.ground.moment() + seconds
        _plan_end(platform, order)


def _plan_end(platform: Platform, order: Order) -> None:
    left = platform.book.checked_until[order.id] - platform.ground.moment()
    platform.ground.later(max(0.0, left), partial(_check_ended, platform, order))


def _check_ended(platform: Platform, order: Order) -> None:
    if platform.book.checked_until.pop(order.id, None) is not None and order.is_open:
        _send(platform, order, _updated(platform, order, "UNLOCK", {"can_action": True}))


def _created(platform: Platform, order: Order) -> Row:
    """Flat data. Where the lines sit is not known [nv]."""
    row = shown(platform, order)
    flat = {"id": order.number, "store_id": platform.book.store_id} | row["sales_order"]
    return {
        "type": "SALESORDER.CREATE",
        "store_id": platform.book.store_id,
        "shop_key": platform.book.shop_key,
        "data": flat | {"sku_details": row["sku_details"]},
    }


def _updated(platform: Platform, order: Order, action: str, data: Row) -> Row:
    """Without `store_id`, as the published example."""
    return {
        "type": "SALESORDER.UPDATE",
        "shop_key": platform.book.shop_key,
        "data": {"order_number": order.id, "order_action": action, "data": data},
    }


def _cancelled(platform: Platform, order: Order) -> Row:
    code, words = cancel_code(platform, order)
    return {
        "order_number": order.id,
        "cancel_by": order.cancelled_by,
        "order_status": facts.CANCELLED,
        "reason_cancel_code": code,
        "cancel_reason": words,
        "cancel_date_timestamp": int(platform.ground.wire(order.updated_at)),
    }


def _send(platform: Platform, order: Order, message: Row) -> None:
    """Once: whether Sendo tries again is not known [nv]."""
    url = platform.book.callback_url
    if url:
        name = platform.draw("hook", platform.next())
        platform.ground.send(Delivery(name, url, _HEADERS, encode(message), facts.HOOK_TIMEOUT, orders=(order.id,)))
