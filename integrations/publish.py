"""What a shop should show and does not leaves for its channel. Nobody sends an update: a number is due, and goes.

Before numbers leave, sales nobody has told us of are read, because an absolute number overwrites what the channel
counted down by itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import structlog
from django.db import InterfaceError, OperationalError

from integrations import wake
from integrations.access import connector_for
from integrations.alone import alone
from integrations.connectors.base import Connector, PricePush, PushOutcome, StockPush
from integrations.drain import drain
from integrations.models import Connection
from integrations.sweep import read_new_orders
from integrations.wire.errors import ChannelError, NotAuthorised, Rejected, TryLater
from inventory.services import pushes
from inventory.services.effects import HOLD
from inventory.services.pushes import DuePrice, DuePush, InFlight, PushRefusal
from inventory.sql import execute, fetch
from orders.services.lines import EFFECTS

log = structlog.get_logger(__name__)

# a push nobody answered for so long was left behind by a dead worker: longer than a call lasts, with its retries
STALE_AFTER = timedelta(seconds=90)
# calls of one round: after so many the shop's orders are read again
CALLS_PER_ROUND = 20
ROWS_PER_ROUND = 1000
# orders read so recently need not be read again
FRESH = timedelta(seconds=2)
DRAIN_SECONDS = 5.0
# how long a round waits for an order that another worker is storing
PATIENCE_SECONDS = 1.5
RECONNECT_AFTER = 60.0
STUMBLED_AFTER = 30.0
BELOW_MINIMUM = "below_minimum"


def publish(connection_id: int, budget_seconds: float = 20.0) -> None:
    """Send every number and price of a connection that is due; rings again when the time is up first.

    One at a time per connection. Raises nothing for a channel or a database that is away: what is due stays due.
    """
    connection = _ready(connection_id)
    if connection is None:
        return
    ends = time.monotonic() + budget_seconds
    connector = connector_for(connection, lane="pushes")
    try:
        with alone(f"publish:{connection_id}") as ours:
            if ours and not (_stock(connection, connector, ends) and _prices(connection, connector, ends)):
                wake.ring("publish", [connection_id])
    except ChannelError as error:
        _pause(connection, error)
    except (OperationalError, InterfaceError) as error:
        log.warning("database_away", error=str(error))


_READY = """
SELECT c.id FROM integrations_connection c
JOIN inventory_shop shop ON shop.id = c.shop_id AND NOT shop.pushes_paused AND NOT shop.keeps_stock
JOIN integrations_authorisation auth ON auth.id = c.authorisation_id AND auth.state <> 'red'
WHERE c.is_active AND (c.push_due_at IS NULL OR c.push_due_at <= clock_timestamp())
    AND c.shop_id IN (SELECT shop_id FROM ({shops}) due) ORDER BY c.id
"""


def due_connections() -> list[int]:
    """Connections with a number or a price that is due and may leave now, in one query."""
    statement, params = pushes.shops_due_sql(stale_after=STALE_AFTER)
    return [row[0] for row in fetch(_READY.replace("{shops}", statement), *params)]


def _ready(connection_id: int) -> Connection | None:
    connection = (
        Connection.objects.select_related("authorisation__app", "shop")
        .filter(id=connection_id, is_active=True, shop__pushes_paused=False, shop__keeps_stock=False)
        .exclude(authorisation__state="red")
        .first()
    )
    if connection is None or (connection.push_due_at is not None and connection.push_due_at > _now()):
        return None
    return connection


def _now() -> datetime:
    [(now,)] = fetch("SELECT clock_timestamp()")
    at: datetime = now
    return at


# --------------------------------------------------------------------------------------------------------------------
# Stock
# --------------------------------------------------------------------------------------------------------------------


def _stock(connection: Connection, connector: Connector, ends: float) -> bool:
    """Rounds until no number is due; False when the time is up."""
    while connector.takes_stock and (due := _due(connection)):
        if _read_orders(connection, connector):
            due = _due(connection)
        else:
            due = [push for push in due if push.observed is not None and push.number <= push.observed]
        calls = _calls(due, connector)[:CALLS_PER_ROUND]
        if not calls:
            return True
        for call in calls:
            _push(connection, connector, call)
            if time.monotonic() >= ends:
                return False
    return True


def _due(connection: Connection) -> list[DuePush]:
    return pushes.due_pushes(
        connection.shop_id,
        limit=ROWS_PER_ROUND,
        scarce_below=connection.shop.scarce_below,
        stale_after=STALE_AFTER,
    )


def _read_orders(connection: Connection, connector: Connector) -> bool:
    """Are all sales known that the channel would tell now? What it tells is stored before this says yes."""
    connection.refresh_from_db(fields=["last_read_at"])
    try:
        if connection.last_read_at is None or connection.last_read_at < _now() - FRESH:
            read_new_orders(connection, connector)
    except ChannelError as error:
        log.warning("orders_not_read_before_push", connection=connection.pk, reason=error.reason)
        return False
    heard = _now()
    if _untold(connection, heard):
        drain(connection.pk, DRAIN_SECONDS)
    patience = time.monotonic() + PATIENCE_SECONDS
    while untold := _untold(connection, heard):
        if time.monotonic() >= patience:
            log.info("push_waits_for_orders", connection=connection.pk, orders=untold)
            return False
        time.sleep(0.05)
    return True


_UNTOLD = """
SELECT count(*) FROM integrations_inboxevent e WHERE e.connection_id = %s AND e.state = 'pending' AND e.kind = 'order'
    AND e.received_at <= %s AND e.tries = 0 AND NOT EXISTS (
        SELECT FROM orders_order o WHERE o.shop_id = %s AND o.number = e.external_id AND o.asked_at > 'epoch')
"""


def _untold(connection: Connection, until: datetime) -> int:
    """Orders that were heard of until then, of which the hub knows nothing yet; one that fails holds nobody up."""
    [(count,)] = fetch(_UNTOLD, connection.pk, until, connection.shop_id)
    number: int = count
    return number


_Row = TypeVar("_Row", bound="_Sold")


class _Sold(Protocol):
    @property
    def item_id(self) -> str: ...


def _calls(rows: Iterable[_Row], connector: Connector) -> list[list[_Row]]:
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


def _push(connection: Connection, connector: Connector, due: Sequence[DuePush]) -> None:
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
        _wait(connection, STUMBLED_AFTER)
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
        _push(connection, connector, [d for d in due if d.item_id == item])


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


# --------------------------------------------------------------------------------------------------------------------
# Prices
# --------------------------------------------------------------------------------------------------------------------


def _prices(connection: Connection, connector: Connector, ends: float) -> bool:
    """All prices that are due; False when the time is up. A lost answer leaves them due: the same price goes again."""
    if not connector.takes_price:
        return True
    for call in _calls(pushes.due_prices(connection.shop_id, limit=ROWS_PER_ROUND), connector):
        if time.monotonic() >= ends:
            return False
        _push_prices(connector, call)
    return True


def _push_prices(connector: Connector, due: Sequence[DuePrice]) -> None:
    try:
        outcomes = connector.push_price([PricePush(d.item_id, d.variation_id, d.price, d.sku) for d in due])
    except Rejected as error:
        pushes.settle_prices([], [(d, error.reason) for d in due])
        return
    answered = {(o.item_id, o.variation_id): o for o in outcomes}
    told = [(d, answered[d.item_id, d.variation_id]) for d in due if (d.item_id, d.variation_id) in answered]
    pushes.settle_prices(
        [d for d, outcome in told if outcome.accepted],
        [(d, outcome.reason or outcome.code) for d, outcome in told if not outcome.accepted],
    )


# --------------------------------------------------------------------------------------------------------------------
# Patience
# --------------------------------------------------------------------------------------------------------------------


def _pause(connection: Connection, error: ChannelError) -> None:
    """The channel wants to be left alone for a while; one that wants a new consent says so to people."""
    log.warning("push_paused", connection=connection.pk, code=error.code, reason=error.reason)
    _wait(connection, error.after if isinstance(error, TryLater) else RECONNECT_AFTER)
    if isinstance(error, NotAuthorised):
        execute(
            "UPDATE integrations_connection SET trouble = %s, trouble_since = coalesce(trouble_since, clock_timestamp())"
            " WHERE id = %s",
            error.reason[:300], connection.pk,
        )  # fmt: skip


def _wait(connection: Connection, seconds: float) -> None:
    execute(
        "UPDATE integrations_connection SET push_due_at = clock_timestamp() + make_interval(secs => %s) WHERE id = %s",
        seconds, connection.pk,
    )  # fmt: skip
