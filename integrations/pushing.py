"""Calls that show a channel new numbers or prices, and what is written down of their outcomes.

The database is this thread's: only the calls themselves, which mostly wait for the channel, are made by others at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from functools import cache, partial
from itertools import groupby
from typing import Protocol, TypeVar

import structlog
from django.db import connections

from integrations.connectors.base import Connector, PricePush, PushOutcome, StockPush
from integrations.models import Connection
from integrations.wire.errors import NotAuthorised, Rejected, TryLater
from inventory.services import pushes
from inventory.services.effects import HOLD
from inventory.services.prices import DuePrice, settle_prices
from inventory.services.pushes import DuePush, InFlight, PushRefusal
from inventory.sql import execute, fetch
from orders.services.lines import EFFECTS

log = structlog.get_logger(__name__)

# a push nobody answered for so long was left behind by a dead worker: longer than a call lasts, with its retries
STALE_AFTER = timedelta(seconds=90)
STUMBLED_AFTER = 30.0
_MOST_THREADS = 8
BELOW_MINIMUM = "below_minimum"

_Row = TypeVar("_Row", bound="_Sold")


class _Sold(Protocol):
    @property
    def item_id(self) -> str: ...


def in_calls(rows: Iterable[_Row], connector: Connector) -> list[list[_Row]]:
    """Rows as they fit into calls, those of one item together, in the order in which items first appear."""
    items: dict[str, list[_Row]] = {}
    for row in rows:
        items.setdefault(row.item_id, []).append(row)
    most = connector.rows_per_push
    calls: list[list[_Row]] = []
    in_last = 0
    for item in items.values():
        for start in range(0, len(item), most):
            part = item[start : start + most]
            if not calls or in_last >= connector.items_per_push or len(calls[-1]) + len(part) > most:
                calls.append([])
                in_last = 0
            calls[-1] += part
            in_last += 1
    return calls


def abreast(calls: Sequence[list[DuePush]], connector: Connector) -> list[list[list[DuePush]]]:
    """Calls in groups that are made at once: what must fall does not wait, what may rise takes its turn.

    Raises that overtake the news of sales are how a rush oversells.
    """
    groups: list[list[list[DuePush]]] = []
    for rises, alike in groupby(calls, lambda call: all(push.rises for push in call)):
        most, found = 1 if rises else connector.calls_at_once, list(alike)
        groups += [found[start : start + most] for start in range(0, len(found), most)]
    return groups


def push_stock(
    connection: Connection, connector: Connector, calls: Sequence[Sequence[DuePush]]
) -> list[TryLater | None]:
    """Make these calls at once; for each the reason why it is to be made again later, None where there is none.

    Raises NotAuthorised, and what the connector stumbled over, after what each means for its numbers is stored.
    """
    started = pushes.start_pushes([(d.stock_id, d.number) for call in calls for d in call], stale_after=STALE_AFTER)
    in_flight = {push.stock_id: push for push in started}
    mine = [_large_enough(connector, [d for d in call if d.stock_id in in_flight], in_flight) for call in calls]
    asked = [call for call in mine if call]
    later: list[TryLater | None] = []
    trouble: list[Exception] = []
    for call, answer in zip(asked, _answers(connector, _told(connection, connector, asked)), strict=True):
        try:
            later.append(_outcome(connection, connector, call, in_flight, answer))
        except Exception as error:  # raised below: the other calls were made all the same
            trouble.append(error)
    if trouble:
        raise trouble[0]
    return later


Answer = Callable[[], list[PushOutcome]]


def _answers(connector: Connector, messages: Sequence[Sequence[StockPush]]) -> list[Answer]:
    if len(messages) == 1:
        return [partial(connector.push_stock, messages[0])]
    return [_threads().submit(copy_context().run, _answer, connector, message).result for message in messages]


def _answer(connector: Connector, message: Sequence[StockPush]) -> list[PushOutcome]:
    try:
        return connector.push_stock(message)
    finally:
        # of a token that had to be looked up
        connections.close_all()


@cache
def _threads() -> ThreadPoolExecutor:
    """Kept: each thread keeps its connections to the channels open."""
    return ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="push")


def _outcome(
    connection: Connection, connector: Connector, due: Sequence[DuePush], in_flight: Mapping[int, InFlight], answer: Answer
) -> TryLater | None:  # fmt: skip
    sent = [in_flight[d.stock_id] for d in due]
    try:
        outcomes = answer()
    except TryLater as error:
        if error.maybe_done:
            pushes.pushes_unknown(sent, settles_after=connector.write_settles_after)
        else:
            pushes.pushes_not_sent(sent)
        return error
    except NotAuthorised:
        pushes.pushes_not_sent(sent)
        raise
    except Rejected as error:
        return _refused(connection, connector, due, sent, error)
    except Exception:
        # a connector that stumbles over an answer has sent the numbers all the same
        pushes.pushes_unknown(sent, settles_after=connector.write_settles_after)
        leave_alone(connection, STUMBLED_AFTER)
        raise
    _settle(connector, due, in_flight, outcomes)
    return None


def _large_enough(connector: Connector, due: Sequence[DuePush], in_flight: Mapping[int, InFlight]) -> list[DuePush]:
    """Numbers the channel can show at all; the others are for a person to take off sale."""
    small = [d for d in due if d.number < connector.min_stock]
    if small:
        reason = f"{connector.title} shows no fewer than {connector.min_stock}: take the listing off sale there"
        pushes.pushes_refused([PushRefusal(in_flight[d.stock_id], BELOW_MINIMUM, reason) for d in small])
    return [d for d in due if d.number >= connector.min_stock]


def _refused(
    connection: Connection,
    connector: Connector,
    due: Sequence[DuePush],
    sent: Sequence[InFlight],
    error: Rejected,
) -> TryLater | None:
    """A whole call was refused: find the item that is to blame, the others go without it."""
    items = {d.item_id for d in due}
    if len(items) == 1:
        pushes.pushes_refused([PushRefusal(push, error.code, error.reason) for push in sent])
        return None
    log.info("push_split", connection=connection.pk, items=len(items), code=error.code)
    pushes.pushes_not_sent(sent)
    alone = [[d for d in due if d.item_id == item] for item in sorted(items)]
    later: list[TryLater | None] = []
    for group in abreast(alone, connector):
        later += push_stock(connection, connector, group)
    return next(filter(None, later), None)


def _told(connection: Connection, connector: Connector, calls: Sequence[Sequence[DuePush]]) -> list[list[StockPush]]:
    due = [d for call in calls for d in call]
    is_open = _open_units(connection, due) if due and connector.stock_basis == "total" else {}
    return [
        [
            StockPush(
                d.item_id, d.variation_id, d.number, d.outlet_item_id, d.sku, d.warehouse, is_open.get(d.listing_id, 0)
            )
            for d in call
        ]
        for call in calls
    ]


def _open_units(connection: Connection, due: Sequence[DuePush]) -> dict[int, int]:
    """Pieces of each listing in the shop's own open orders: a channel that takes totals counts them as still there."""
    return dict(
        fetch(
            "SELECT line.listing_id, sum(line.quantity)::int FROM orders_orderline line"
            " JOIN orders_order o ON o.id = line.order_id AND o.shop_id = %s"
            " WHERE line.listing_id = ANY(%s) AND line.status = ANY(%s) GROUP BY line.listing_id",
            connection.shop_id,
            [d.listing_id for d in due],
            [status for status, effect in EFFECTS.items() if effect == HOLD],
        )
    )


def _settle(
    connector: Connector, due: Sequence[DuePush], in_flight: Mapping[int, InFlight], outcomes: Sequence[PushOutcome]
) -> None:
    """What became of each row; one the answer does not mention may or may not have been taken."""
    answered = {(o.item_id, o.variation_id, o.warehouse): o for o in outcomes}
    accepted, refused, unknown = [], [], []
    for d in due:
        push, outcome = in_flight[d.stock_id], answered.get((d.item_id, d.variation_id, d.warehouse))
        if outcome is None:
            unknown.append(push)
        elif outcome.accepted:
            accepted.append(push)
        else:
            refused.append(PushRefusal(push, outcome.code, outcome.reason, outcome.floor))
    if accepted:
        pushes.pushes_accepted(accepted)
    if refused:
        pushes.pushes_refused(refused)
    if unknown:
        pushes.pushes_unknown(unknown, settles_after=connector.write_settles_after)


def push_prices(connector: Connector, due: Sequence[DuePrice]) -> None:
    try:
        outcomes = connector.push_price([PricePush(d.item_id, d.variation_id, d.price, d.sku) for d in due])
    except Rejected as error:
        settle_prices([], [(d, error.reason) for d in due])
        return
    answered = {(o.item_id, o.variation_id): o for o in outcomes}
    told = [(d, answered[d.item_id, d.variation_id]) for d in due if (d.item_id, d.variation_id) in answered]
    settle_prices(
        [d for d, outcome in told if outcome.accepted],
        [(d, outcome.reason or outcome.code) for d, outcome in told if not outcome.accepted],
    )


def leave_alone(connection: Connection, seconds: float) -> None:
    """Push nothing to this connection for so long."""
    execute(
        "UPDATE integrations_connection SET push_due_at = clock_timestamp() + make_interval(secs => %s) WHERE id = %s",
        seconds, connection.pk,
    )  # fmt: skip
