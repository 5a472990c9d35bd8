"""Webhooks of Sendo: a new order, the end of a review, a cancellation. Unsigned, sent once."""

from __future__ import annotations

from functools import partial

from integrations.connectors.sendo.simulator import facts
from integrations.connectors.sendo.simulator.backend import Backend
from integrations.connectors.sendo.simulator.order_views import cancel_code, whole
from integrations.connectors.sendo.simulator.wire import Row, encode
from integrations.simulator.order import Order, Step
from integrations.simulator.simulated_platform import Delivery

_HEADERS = {"Content-Type": "application/json"}


def order_changed(backend: Backend, order: Order, step: Step) -> None:
    """Send the webhook of a step. Shipping, delivery and payment have none: they must be polled."""
    if step == "placed":
        _check(backend, order)
        _send(backend, order, _created(backend, order))
    elif step == "cancelled":
        _send(backend, order, _updated(backend, order, "CANCEL", _cancelled(backend, order)))


def resume(backend: Backend) -> None:
    """Reschedule the ends of pending reviews after a restart."""
    for number in backend.book.checked_until:
        _plan_end(backend, backend.context.orders[number])


def _check(backend: Backend, order: Order) -> None:
    draws, channel = backend.context.draws, backend.context.channel
    if draws.chance(facts.CHECKED_SHARE, channel, "checked", order.number):
        seconds = draws.between(*facts.CHECKING, channel, "checking", order.number)
        backend.book.checked_until[order.id] = backend.context.logical_time() + seconds
        _plan_end(backend, order)


def _plan_end(backend: Backend, order: Order) -> None:
    left = backend.book.checked_until[order.id] - backend.context.logical_time()
    backend.context.later(max(0.0, left), partial(_check_ended, backend, order))


def _check_ended(backend: Backend, order: Order) -> None:
    if backend.book.checked_until.pop(order.id, None) is not None and order.is_open:
        _send(backend, order, _updated(backend, order, "UNLOCK", {"can_action": True}))


def _created(backend: Backend, order: Order) -> Row:
    """Send a new order as flat data. The place of the lines is not known [nv]."""
    row = whole(backend, order)
    flat = {"id": order.number, "store_id": backend.book.store_id} | row["sales_order"]
    return {
        "type": "SALESORDER.CREATE",
        "store_id": backend.book.store_id,
        "shop_key": backend.book.shop_key,
        "data": flat | {"sku_details": row["sku_details"]},
    }


def _updated(backend: Backend, order: Order, action: str, data: Row) -> Row:
    """Send an update without `store_id`, as in the published example."""
    return {
        "type": "SALESORDER.UPDATE",
        "shop_key": backend.book.shop_key,
        "data": {"order_number": order.id, "order_action": action, "data": data},
    }


def _cancelled(backend: Backend, order: Order) -> Row:
    code, words = cancel_code(backend, order)
    return {
        "order_number": order.id,
        "cancel_by": order.cancelled_by,
        "order_status": facts.CANCELLED,
        "reason_cancel_code": code,
        "cancel_reason": words,
        "cancel_date_timestamp": int(backend.context.platform_time(order.updated_at)),
    }


def _send(backend: Backend, order: Order, message: Row) -> None:
    """Post a webhook once: whether Sendo retries is not known [nv]."""
    url = backend.book.callback_url
    if url:
        name = backend.draw("hook", backend.next())
        backend.context.send(Delivery(name, url, _HEADERS, encode(message), facts.HOOK_TIMEOUT, orders=(order.id,)))
