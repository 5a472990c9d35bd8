"""Sending pushes: the attempt, its retries, and the lost queue behind them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from integrations.connectors.shopee.simulator import facts
from integrations.connectors.shopee.simulator.platform import Platform
from integrations.connectors.shopee.simulator.push import Message, Push, message
from integrations.connectors.shopee.simulator.wire import encode
from integrations.simulator.side import Delivery

RETRY = "push"


def announce(platform: Platform, code: int, shop: int, data: Message, orders: Sequence[str] = ()) -> None:
    """Send a push to the callback address, if it is subscribed to. What is not subscribed to is gone."""
    pushes = platform.pushes
    if not pushes.wants(code, shop):
        return
    pushes.count += 1
    number = platform.ground.draws.token(platform.ground.channel, "push", pushes.count)
    push = message(code, shop, data, app=platform.app, number=number, now=platform.now, orders=tuple(orders))
    _send(platform, push, 1)


def probe(platform: Platform, undo: str | None = None) -> None:
    """Send the console's verification message. With `undo` a failure puts that address back, as saving failed."""
    pushes = platform.pushes
    pushes.count += 1
    body = encode(facts.PROBE)
    number = platform.ground.draws.token(platform.ground.channel, "push", pushes.count)
    delivery = Delivery(number, pushes.callback_url, pushes.headers(body), body, facts.PUSH_TIMEOUT)
    platform.ground.send(delivery, partial(_probed, platform, pushes.callback_url, undo))


def try_again(platform: Platform, push_id: str, number: int) -> None:
    """The deed of a planned retry. A subscription that was switched off meanwhile makes the message a lost one."""
    push = platform.pushes.retrying.pop(push_id)
    if platform.pushes.wants(push.code, push.shop):
        _send(platform, push, number)
    else:
        platform.pushes.lose(push, platform.ground.moment())


def _send(platform: Platform, push: Push, attempt: int) -> None:
    pushes = platform.pushes
    headers = pushes.headers(push.body)
    delivery = Delivery(
        push.id, pushes.callback_url, headers, push.body, facts.PUSH_TIMEOUT, attempt=attempt, orders=push.orders
    )
    platform.ground.send(delivery, partial(_answered, platform, push, attempt))


def _answered(platform: Platform, push: Push, attempt: int, status: int | None) -> None:
    pushes, moment = platform.pushes, platform.ground.moment()
    accepted = _accepted(status)
    pushes.answered(accepted, moment=moment, now=platform.now)
    if accepted:
        return
    if attempt > len(facts.PUSH_RETRIES):
        pushes.lose(push, moment)
        return
    pushes.retrying[push.id] = push
    platform.plan(facts.PUSH_RETRIES[attempt - 1], RETRY, push.id, attempt + 1)


def _probed(platform: Platform, url: str, undo: str | None, status: int | None) -> None:
    if undo is not None and not _accepted(status) and platform.pushes.callback_url == url:
        platform.pushes.callback_url = undo


def _accepted(status: int | None) -> bool:
    return status is not None and 200 <= status < 300
