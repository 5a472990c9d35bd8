"""Sending webhooks: the attempt and its retries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from integrations.connectors.tiktok_shop.simulator import facts
from integrations.connectors.tiktok_shop.simulator.platform import Platform
from integrations.connectors.tiktok_shop.simulator.push import Data, Push, message
from integrations.simulator.side import Delivery

RETRY = "webhook"


@dataclass
class Attempt:
    """One try of one message. Chaos may send it twice; only the first answer counts."""

    push: Push
    number: int
    answered: bool = False


def announce(platform: Platform, kind: int, shop: str, data: Data, orders: tuple[str, ...] = ()) -> None:
    """Send a message of this type, if anybody wants it. What nobody wants is gone."""
    hooks = platform.kept.hooks
    if not hooks.address_of(shop, kind):
        return
    hooks.count += 1
    number = platform.ground.draws.token(platform.ground.channel, "webhook", hooks.count)
    _send(platform, Attempt(message(number, kind, shop, platform.now, data, orders), 1))


def try_again(platform: Platform, push_id: str, number: int) -> None:
    """The deed of a planned retry."""
    push = platform.kept.hooks.retrying.pop(push_id)
    _send(platform, Attempt(push, number))


def _send(platform: Platform, attempt: Attempt) -> None:
    push, hooks = attempt.push, platform.kept.hooks
    address = hooks.address_of(push.shop, push.type)
    if address:
        delivery = Delivery(
            push.id, address, hooks.headers(push.body), push.body, facts.WEBHOOK_TIMEOUT, attempt.number, push.orders
        )
        platform.ground.send(delivery, partial(_answered, platform, attempt))


def _answered(platform: Platform, attempt: Attempt, status: int | None) -> None:
    if attempt.answered:
        return
    attempt.answered = True
    if status == 200 or attempt.number > len(facts.WEBHOOK_RETRIES):
        return
    platform.kept.hooks.retrying[attempt.push.id] = attempt.push
    platform.plan(facts.WEBHOOK_RETRIES[attempt.number - 1], RETRY, attempt.push.id, attempt.number + 1)
