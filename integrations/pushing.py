"""One call that shows a channel new numbers or prices, and what is written down of its outcome."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Protocol, TypeVar

import structlog

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


def push_stock(connection: Connection, connector: Connector, due: Sequence[DuePush]) -> None:
    """One call. Raises the channel's TryLater and NotAuthorised after what they mean for these numbers is stored."""
    in_flight = {
        push.stock_id: push
        for push in pushes.start_pushes([(d.stock_id, d.number) for d in due], stale_after=STALE_AFTER)
    }
    mine = _large_enough(connector, [d for d in due if d.stock_id in in_flight], in_flight)
    if not mine:
        return
    sent = [in_flight[d.stock_id] for d in mine]
    try:
        outcomes = connector.push_stock(_told(connection, connector, mine))
    except TryLater as error:
        if error.maybe_done:
            pushes.pushes_unknown(sent, settles_after=connector.write_settles_after)
        else:
            pushes.pushes_not_sent(sent)
        raise
    except NotAuthorised:
        pushes.pushes_not_sent(sent)
        raise
    except Rejected as error:
        _refused(connection, connector, mine, sent, error)
    except Exception:
        # a connector that stumbles over an answer has sent the numbers all the same
        pushes.pushes_unknown(sent, settles_after=connector.write_settles_after)
        leave_alone(connection, STUMBLED_AFTER)
        raise
    else:
        _settle(connector, mine, in_flight, outcomes)


def _large_enough(connector: Connector, due: Sequence[DuePush], in_flight: dict[int, InFlight]) -> list[DuePush]:
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
) -> None:
    """A whole call was refused: find the item that is to blame, the others go without it."""
    items = {d.item_id for d in due}
    if len(items) == 1:
        pushes.pushes_refused([PushRefusal(push, error.code, error.reason) for push in sent])
        return
    log.info("push_split", connection=connection.pk, items=len(items), code=error.code)
    pushes.pushes_not_sent(sent)
    for item in sorted(items):
        push_stock(connection, connector, [d for d in due if d.item_id == item])


def _told(connection: Connection, connector: Connector, due: Sequence[DuePush]) -> list[StockPush]:
    is_open = _open_units(connection, due) if connector.stock_basis == "total" else {}
    return [
        StockPush(
            d.item_id, d.variation_id, d.number, d.outlet_item_id, d.sku, d.warehouse, is_open.get(d.listing_id, 0)
        )
        for d in due
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
    connector: Connector, due: Sequence[DuePush], in_flight: dict[int, InFlight], outcomes: Sequence[PushOutcome]
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
