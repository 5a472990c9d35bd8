"""Pushing prices that differ from what the channel shows. A lost answer leaves them due: the same price goes again."""

from __future__ import annotations

import time
from collections.abc import Sequence

from core import tracing, tunables
from core.reasons import Cause, as_reason
from integrations.accounts.connections import Account
from integrations.contract.errors import Rejected
from integrations.contract.publisher import PricePush
from integrations.publishing.calls import in_calls, parts_of, publisher_of
from integrations.publishing.endings import end_unknown
from inventory.services.prices import DuePrice, due_prices, settle_prices

ROWS_PER_ROUND = tunables.PUSH_ROWS


def push_due_prices(account: Account, ends: float) -> bool:
    """Push all prices that are due; return False when the time is up. May be repeated. Raises TryLater and NotAuthorised."""
    publisher = account.connector.publisher
    if publisher is None or publisher.price is None:
        return True
    for call in in_calls(due_prices(account.connection.own_shop.pk, limit=ROWS_PER_ROUND), account.connector):
        if time.monotonic() >= ends:
            return False
        _push(account, call)
    return True


def _push(account: Account, due: Sequence[DuePrice]) -> None:
    """Push prices; a call refused as a whole is split until the row to blame is found."""
    origins = [d.traceparent for d in due]
    with tracing.continued("push price", "producer", origins, channel=account.connector.channel, rows=len(due)):
        parts = _call(account, due)
    for part in parts:
        _push(account, part)


def _call(account: Account, due: Sequence[DuePrice]) -> list[list[DuePrice]]:
    """Make one call and store its outcomes; return the calls that one refused as a whole is split into."""
    publish = publisher_of(account.connector).price
    assert publish is not None, "asked only where prices are taken"
    try:
        outcomes = publish(account.access, [PricePush(d.item_id, d.variation_id, d.price, d.sku) for d in due])
    except Rejected as error:
        if len(due) > 1:
            return parts_of(due)
        _settle(account, [], [(due[0], error.code, error.reason)])
        return []
    answered = {(o.item_id, o.variation_id): o for o in outcomes}
    settled = [(d, answered[d.item_id, d.variation_id]) for d in due if (d.item_id, d.variation_id) in answered]
    accepted = [d for d, outcome in settled if outcome.accepted]
    _settle(account, accepted, [(d, o.code, o.reason or o.code) for d, o in settled if not o.accepted])
    return []


def _settle(account: Account, accepted: Sequence[DuePrice], refused: Sequence[tuple[DuePrice, str, Cause]]) -> None:
    settle_prices(accepted, [(d, reason) for d, _code, reason in refused])
    is_gone = publisher_of(account.connector).is_gone
    if gone := [d for d, code, reason in refused if is_gone(code, as_reason(reason).words)]:
        end_unknown(account.connection, gone)
