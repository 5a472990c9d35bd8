"""Push delivery to the app's one callback address: the attempt and its twelve retries, half an hour apart."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from integrations.connectors.lazada.simulator import facts, push
from integrations.connectors.lazada.simulator.backend import Backend
from integrations.connectors.lazada.simulator.book import Order, Reverse, Unit
from integrations.connectors.lazada.simulator.gate import push_sign
from integrations.connectors.lazada.simulator.push import Push
from integrations.connectors.lazada.simulator.wire import encode
from integrations.simulator.simulated_platform import Delivery

RETRY = "push"


def announce(backend: Backend, kind: int, seller: str, data: dict[str, Any], orders: Sequence[str] = ()) -> None:
    """Send a message, if there is an address. `timestamp` is ms for type 0 and seconds elsewhere, as documented."""
    if not backend.state.callback_url:
        return
    backend.state.pushes += 1
    number = backend.context.draws.token(backend.context.channel, "push", backend.state.pushes)
    now = int(backend.now * 1000) if kind == push.ORDER else int(backend.now)
    body = encode(
        {"seller_id": seller, "message_type": kind, "data": data, "timestamp": now, "site": facts.SITE}
    )  # fmt: skip
    _send(backend, Push(number, body, tuple(orders)), 1)


def push_unit(backend: Backend, order: Order, unit: Unit, reverse_id: int = 0) -> None:
    """Send type 0: the status of one order line. Cancels and returns name the reverse order too."""
    place = 1 + order.units.index(unit)
    reverse = (
        {"reverse_order_id": str(reverse_id), "reverse_order_line_id": str(reverse_id + 100_000 * place)}
        if reverse_id
        else {}
    )
    data = {
        "order_status": unit.status,
        **reverse,
        "status_update_time": int(unit.updated),
        "trade_order_id": str(order.id),
        "trade_order_line_id": str(unit.id),
    }
    announce(backend, push.ORDER, order.seller, data, (str(order.id),))


def push_reverse(backend: Backend, order: Order, unit: Unit, reverse_id: int, line_id: int, status: str) -> None:
    """Send type 10, whose ids are numbers."""
    data = {
        "reverse_order_id": reverse_id,
        "reverse_status": status,
        "trade_order_id": order.id,
        "extraParams": {},
        "trade_order_line_id": unit.id,
        "buyer_id": 100_000_000_000 + order.id % 1_000_000,
        "seller_id": int(order.seller),
        "reverse_order_line_id": line_id,
        "status_update_time": int(backend.now),
    }
    announce(backend, push.REVERSE, order.seller, data, (str(order.id),))


def push_return(backend: Backend, found: Reverse, status: str) -> None:
    """Send type 10 for each line of a return."""
    for unit in found.units:
        push_reverse(backend, found.order, unit, found.id, found.line_id(unit), status)


def push_package(backend: Backend, order: Order, package: str, status: str) -> None:
    """Send type 14."""
    data = {
        "trade_order_id": str(order.id),
        "buyer_id": str(100_000_000_000 + order.id % 1_000_000),
        "fulfillment_package_id": package,
        "status": status,
        "status_update_time": int(backend.now),
    }
    announce(backend, push.PACKAGE, order.seller, data, (str(order.id),))


def warn_of_expiry(backend: Backend) -> None:
    """Send type 8, once a day while a consent ends within 48 hours; the outer seller is the text "null"."""
    moment = backend.context.logical_time()
    for seller, until in backend.tokens.consents.items():
        warned_at = backend.state.warned.get(seller, moment - facts.DAY)
        if 0 < until - moment <= facts.EXPIRY_WARNING and moment - warned_at >= facts.DAY:
            backend.state.warned[seller] = moment
            end = int(backend.now + until - moment)
            data = {"app_key": backend.app.key, "auth_expiry_time": end, "seller_id": seller}
            announce(backend, push.TOKEN, "null", data)


def try_again(backend: Backend, push_id: str, attempt: int) -> None:
    """Run a scheduled retry."""
    found = backend.state.retrying.pop(push_id)
    if backend.state.callback_url:
        _send(backend, found, attempt)


def _send(backend: Backend, found: Push, attempt: int) -> None:
    headers = {"Content-Type": "application/json", "Authorization": push_sign(backend.app, found.body)}
    delivery = Delivery(
        found.id, backend.state.callback_url, headers, found.body, facts.PUSH_TIMEOUT, attempt=attempt,
        orders=found.orders,
    )  # fmt: skip
    backend.context.send(delivery, partial(_answered, backend, found, attempt))


def _answered(backend: Backend, found: Push, attempt: int, status: int | None) -> None:
    """Schedule a retry unless the status is 200. After the last retry the message is dropped."""
    if status == 200 or attempt > facts.PUSH_RETRIES:
        return
    backend.state.retrying[found.id] = found
    backend.schedule(facts.PUSH_RETRY, RETRY, found.id, attempt + 1)
