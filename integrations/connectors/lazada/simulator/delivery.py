"""Sending pushes to the app's one callback address: the attempt and its twelve retries, half an hour apart."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from integrations.connectors.lazada.simulator import facts, push
from integrations.connectors.lazada.simulator.book import Order, Reverse, Unit
from integrations.connectors.lazada.simulator.gate import push_sign
from integrations.connectors.lazada.simulator.platform import Platform
from integrations.connectors.lazada.simulator.push import Push
from integrations.connectors.lazada.simulator.wire import encode
from integrations.simulator.side import Delivery

RETRY = "push"


def announce(platform: Platform, kind: int, seller: str, data: dict[str, Any], orders: Sequence[str] = ()) -> None:
    """Send a message, if there is an address. `timestamp` is ms for type 0 and seconds elsewhere, as documented."""
    if not platform.kept.callback_url:
        return
    platform.kept.pushes += 1
    number = platform.ground.draws.token(platform.ground.channel, "push", platform.kept.pushes)
    now = int(platform.now * 1000) if kind == push.ORDER else int(platform.now)
    body = encode(
        {"seller_id": seller, "message_type": kind, "data": data, "timestamp": now, "site": facts.SITE}
    )  # fmt: skip
    _send(platform, Push(number, body, tuple(orders)), 1)


def tell_unit(platform: Platform, order: Order, unit: Unit, reverse_id: int = 0) -> None:
    """Type 0: the status of one order line. Cancels and returns name the reverse order too."""
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
    announce(platform, push.ORDER, order.seller, data, (str(order.id),))


def tell_reverse(platform: Platform, order: Order, unit: Unit, reverse_id: int, line_id: int, status: str) -> None:
    """Type 10, whose ids are numbers."""
    data = {
        "reverse_order_id": reverse_id,
        "reverse_status": status,
        "trade_order_id": order.id,
        "extraParams": {},
        "trade_order_line_id": unit.id,
        "buyer_id": 100_000_000_000 + order.id % 1_000_000,
        "seller_id": int(order.seller),
        "reverse_order_line_id": line_id,
        "status_update_time": int(platform.now),
    }
    announce(platform, push.REVERSE, order.seller, data, (str(order.id),))


def tell_return(platform: Platform, found: Reverse, status: str) -> None:
    """Type 10 for each line of a return."""
    for unit in found.units:
        tell_reverse(platform, found.order, unit, found.id, found.line_id(unit), status)


def tell_package(platform: Platform, order: Order, package: str, status: str) -> None:
    """Type 14."""
    data = {
        "trade_order_id": str(order.id),
        "buyer_id": str(100_000_000_000 + order.id % 1_000_000),
        "fulfillment_package_id": package,
        "status": status,
        "status_update_time": int(platform.now),
    }
    announce(platform, push.PACKAGE, order.seller, data, (str(order.id),))


def warn_of_expiry(platform: Platform) -> None:
    """Type 8, once a day while a consent ends within 48 hours; the outer seller is the text "null"."""
    moment = platform.ground.moment()
    for seller, until in platform.tokens.consents.items():
        told = platform.kept.warned.get(seller, moment - facts.DAY)
        if 0 < until - moment <= facts.EXPIRY_WARNING and moment - told >= facts.DAY:
            platform.kept.warned[seller] = moment
            end = int(platform.now + until - moment)
            data = {"app_key": platform.app.key, "auth_expiry_time": end, "seller_id": seller}
            announce(platform, push.TOKEN, "null", data)


def try_again(platform: Platform, push_id: str, attempt: int) -> None:
    """The deed of a planned retry."""
    found = platform.kept.retrying.pop(push_id)
    if platform.kept.callback_url:
        _send(platform, found, attempt)


def _send(platform: Platform, found: Push, attempt: int) -> None:
    headers = {"Content-Type": "application/json", "Authorization": push_sign(platform.app, found.body)}
    delivery = Delivery(
        found.id, platform.kept.callback_url, headers, found.body, facts.PUSH_TIMEOUT, attempt=attempt,
        orders=found.orders,
    )  # fmt: skip
    platform.ground.send(delivery, partial(_answered, platform, found, attempt))


def _answered(platform: Platform, found: Push, attempt: int, status: int | None) -> None:
    """Only 200 counts. After the last retry the message is gone."""
    if status == 200 or attempt > facts.PUSH_RETRIES:
        return
    platform.kept.retrying[found.id] = found
    platform.plan(facts.PUSH_RETRY, RETRY, found.id, attempt + 1)
