"""Pushing stock numbers whose wanted value differs from what the channel shows.

Before numbers leave, the shop's new orders are read, because an absolute number overwrites what the channel counted down by
itself. Only deep cuts do not wait for that: where far too much is shown, seconds count.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from core import tunables
from integrations.accounts.connections import Account
from integrations.contract.errors import TryLater
from integrations.ingest.readiness import ensure_orders_are_known
from integrations.models import Connection
from integrations.publishing.calls import concurrent, falls_at_once, in_calls
from integrations.publishing.stock_calls import STALE_AFTER, push_stock
from inventory.services.pushes import DuePush, due_pushes

# calls of one round: after so many the shop's orders are read again
CALLS_PER_ROUND = 8
ROWS_PER_ROUND = tunables.PUSH_ROWS
# with so many failures in a row it is the channel, not the call
LOST_IN_A_ROW = 3
# a Retry-After up to this long is a hiccup: the other items are pushed all the same
HICCUP_SECONDS = 5.0

_Groups = Iterator[Sequence[list[DuePush]]]


def push_deep_cuts(account: Account, ends: float) -> bool:
    """Push deep cuts, to half of what is shown or less: no read of new orders first; return False when the time is up.

    Raises NotAuthorised, and TryLater when the channel is to be left alone.
    """
    return _push(account, _deep_cuts(account), ends)


def push_due_stock(account: Account, ends: float) -> bool:
    """Push all numbers that are due, the shop's orders read before; return False when the time is up. Raises as above."""
    return _push(account, _rounds(account), ends)


def _push(account: Account, groups: _Groups, ends: float) -> bool:
    """Make the calls, those of a group concurrently.

    A call that fails holds no other number up: it is due again at once. Several in a row are the channel, and end it, as
    does one that asks for patience.
    """
    lost = 0
    for calls in groups:
        for error in push_stock(account, calls):
            lost = lost + 1 if error else 0
            if error and (lost == LOST_IN_A_ROW or _asks_for_patience(error)):
                raise error
        if time.monotonic() >= ends:
            return False
    return True


def _asks_for_patience(error: TryLater) -> bool:
    return not error.maybe_done and error.after > HICCUP_SECONDS


def _deep_cuts(account: Account) -> _Groups:
    while _takes_stock(account) and (due := _due(account.connection, deep_cuts=True)):
        yield from concurrent(in_calls(due, account.connector)[:CALLS_PER_ROUND], falls_at_once(account))


def _rounds(account: Account) -> _Groups:
    while _takes_stock(account) and (due := _due(account.connection)):
        if ensure_orders_are_known(account):
            due = _due(account.connection)
        else:
            due = [push for push in due if push.observed is not None and push.number <= push.observed]
        calls = in_calls(due, account.connector)[:CALLS_PER_ROUND]
        if not calls:
            return
        yield from concurrent(calls, falls_at_once(account))


def _takes_stock(account: Account) -> bool:
    publisher = account.connector.publisher
    return publisher is not None and publisher.stock is not None


def _due(connection: Connection, *, deep_cuts: bool = False) -> list[DuePush]:
    return due_pushes(
        connection.own_shop.pk,
        limit=ROWS_PER_ROUND,
        scarce_below=connection.own_shop.scarce_below,
        stale_after=STALE_AFTER,
        deep_cuts=deep_cuts,
    )
