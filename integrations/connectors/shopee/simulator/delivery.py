"""Push delivery: attempts, retries, and the lost queue behind them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from integrations.connectors.shopee.simulator import facts
from integrations.connectors.shopee.simulator.backend import Backend
from integrations.connectors.shopee.simulator.push import Message, Push, message
from integrations.connectors.shopee.simulator.wire import encode
from integrations.simulator.simulated_platform import Delivery

RETRY = "push"


def announce(backend: Backend, code: int, shop: int, data: Message, orders: Sequence[str] = ()) -> None:
    """Send a push to the callback address if it is subscribed to; otherwise drop it."""
    pushes = backend.pushes
    if not pushes.wants(code, shop):
        return
    pushes.count += 1
    number = backend.context.draws.token(backend.context.channel, "push", pushes.count)
    push = message(code, shop, data, app=backend.app, number=number, now=backend.now, orders=tuple(orders))
    _send(backend, push, 1)


def probe(backend: Backend, undo: str | None = None) -> None:
    """Send the console's verification message. With `undo` a failure puts that address back, as saving failed."""
    pushes = backend.pushes
    pushes.count += 1
    body = encode(facts.PROBE)
    number = backend.context.draws.token(backend.context.channel, "push", pushes.count)
    delivery = Delivery(number, pushes.callback_url, pushes.headers(body), body, facts.PUSH_TIMEOUT)
    backend.context.send(delivery, partial(_probed, backend, pushes.callback_url, undo))


def try_again(backend: Backend, push_id: str, number: int) -> None:
    """Run a scheduled retry. A subscription that was switched off meanwhile makes the message a lost one."""
    push = backend.pushes.retrying.pop(push_id)
    if backend.pushes.wants(push.code, push.shop):
        _send(backend, push, number)
    else:
        backend.pushes.lose(push, backend.context.logical_time())


def _send(backend: Backend, push: Push, attempt: int) -> None:
    pushes = backend.pushes
    headers = pushes.headers(push.body)
    delivery = Delivery(
        push.id, pushes.callback_url, headers, push.body, facts.PUSH_TIMEOUT, attempt=attempt, orders=push.orders
    )
    backend.context.send(delivery, partial(_answered, backend, push, attempt))


def _answered(backend: Backend, push: Push, attempt: int, status: int | None) -> None:
    pushes, moment = backend.pushes, backend.context.logical_time()
    accepted = _accepted(status)
    pushes.answered(accepted, moment=moment, now=backend.now)
    if accepted:
        return
    if attempt > len(facts.PUSH_RETRIES):
        pushes.lose(push, moment)
        return
    pushes.retrying[push.id] = push
    backend.schedule(facts.PUSH_RETRIES[attempt - 1], RETRY, push.id, attempt + 1)


def _probed(backend: Backend, url: str, undo: str | None, status: int | None) -> None:
    if undo is not None and not _accepted(status) and backend.pushes.callback_url == url:
        backend.pushes.callback_url = undo


def _accepted(status: int | None) -> bool:
    return status is not None and 200 <= status < 300
