"""Webhook delivery: attempts and retries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from integrations.connectors.tiktok_shop.simulator import facts
from integrations.connectors.tiktok_shop.simulator.backend import Backend
from integrations.connectors.tiktok_shop.simulator.push import Data, Push, message
from integrations.simulator.simulated_platform import Delivery

RETRY = "webhook"


@dataclass
class Attempt:
    """Attempt to deliver a message. Faults may duplicate it; only the first response counts."""

    push: Push
    number: int
    answered: bool = False


def announce(backend: Backend, kind: int, shop: str, data: Data, orders: tuple[str, ...] = ()) -> None:
    """Send a message of this type if there is an address for it; otherwise drop it."""
    hooks = backend.state.hooks
    if not hooks.address_of(shop, kind):
        return
    hooks.count += 1
    number = backend.context.draws.token(backend.context.channel, "webhook", hooks.count)
    _send(backend, Attempt(message(number, kind, shop, backend.now, data, orders), 1))


def try_again(backend: Backend, push_id: str, number: int) -> None:
    """Run a scheduled retry."""
    push = backend.state.hooks.retrying.pop(push_id)
    _send(backend, Attempt(push, number))


def _send(backend: Backend, attempt: Attempt) -> None:
    push, hooks = attempt.push, backend.state.hooks
    address = hooks.address_of(push.shop, push.type)
    if address:
        delivery = Delivery(
            push.id, address, hooks.headers(push.body), push.body, facts.WEBHOOK_TIMEOUT, attempt.number, push.orders
        )
        backend.context.send(delivery, partial(_answered, backend, attempt))


def _answered(backend: Backend, attempt: Attempt, status: int | None) -> None:
    if attempt.answered:
        return
    attempt.answered = True
    if status == 200 or attempt.number > len(facts.WEBHOOK_RETRIES):
        return
    backend.state.hooks.retrying[attempt.push.id] = attempt.push
    backend.schedule(facts.WEBHOOK_RETRIES[attempt.number - 1], RETRY, attempt.push.id, attempt.number + 1)
