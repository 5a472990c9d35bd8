"""Inbox events -> the channel's truth -> orders, listings and stock. The story of every change, on one screen.

Fetch outside any transaction; then one transaction per batch, and one by one when a batch fails, so that one poison
order never blocks the rest. May run twice, late or out of order with the same end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import DatabaseError, OperationalError, transaction

from commissions.services.statements import store_statement_lines
from integrations import inbox, standing
from integrations.connectors.base import Connector, Truth
from integrations.handover.learning import learn
from integrations.inbox import Claimed, Event, Incoming, Later, Outcome
from integrations.models import Connection
from integrations.wire.errors import NotAuthorised, Rejected, TryLater
from inventory.services.listings import gone_listings, upsert_listings
from inventory.services.readings import record_readings
from inventory.services.wanted import refresh_wanted
from inventory.sql import database_time
from orders.services.customers import store_customers
from orders.services.returns import store_returns
from orders.services.upsert import upsert_orders

log = structlog.get_logger(__name__)

LEASE_SECONDS = 60.0
# how far before it was said a thing may have changed: the channels' clocks and ours differ
SAID_LATE = timedelta(minutes=10)
RECONNECT_AFTER = 60.0
# the kind by which a POS tells of a product that its stock was read for and that is not in the book yet
PRODUCT = "product"
ORDER = "order"
# whatever was said about a consent, the channel is asked whether it stands
AUTHORISATION = "authorisation"


def process(connection: Connection, connector: Connector, claimed: Claimed) -> None:
    """Bring every claimed event to its end, or back to waiting with a reason. Raises nothing but a lost database."""
    by_kind: dict[str, list[Event]] = defaultdict(list)
    for event in claimed.events:
        by_kind[event.kind].append(event)
    for kind, events in by_kind.items():
        if kind == AUTHORISATION:
            _consent(connection, connector, claimed.lease, events)
            continue
        declared = connector.kinds.get(kind)
        if declared is None:
            _end(
                claimed.lease,
                [Outcome(e.id, "ignored", "unknown_kind", f"nothing is done about {kind}") for e in events],
            )
            continue
        for start in range(0, len(events), declared.batch):
            _batch(connection, connector, claimed.lease, kind, events[start : start + declared.batch])


def store(connection: Connection, connector: Connector, claimed: Claimed, truth: Truth) -> None:
    """Bring claimed events to their end whose truth, all of it, was told with the news. As `process`."""
    _store_isolated(connection, connector, claimed.lease, claimed.events, truth)


def _consent(connection: Connection, connector: Connector, lease: UUID, events: Sequence[Event]) -> None:
    try:
        standing.look(connection, connector)
    except TryLater as error:
        _back(lease, events, error.after, counts=False, code=error.code, reason=error.reason)
    except Rejected as error:
        _end(lease, [Outcome(event.id, "dead", error.code, error.reason) for event in events])
    else:
        _end(lease, [Outcome(event.id, "processed") for event in events])


def _batch(connection: Connection, connector: Connector, lease: UUID, kind: str, events: Sequence[Event]) -> None:
    if not inbox.renew(lease, seconds=LEASE_SECONDS):
        return
    try:
        truth = ask(connector, kind, events)
    except TryLater as error:
        _back(lease, events, error.after, counts=False, code=error.code, reason=error.reason)
    except NotAuthorised as error:
        _back(lease, events, RECONNECT_AFTER, counts=False, code=error.code or "not_authorised", reason=error.reason)
    except Rejected as error:
        _refused(connection, connector, lease, kind, events, error)
    else:
        _store_isolated(connection, connector, lease, events, truth)


def ask(connector: Connector, kind: str, events: Sequence[Event]) -> Truth:
    """What the channel says now of the things of these events. Raises ChannelError."""
    asked_at = database_time()
    ids = sorted({event.external_id for event in events})
    since = min(event.received_at for event in events) - SAID_LATE
    return connector.read(kind, ids, since=min(since, asked_at), asked_at=asked_at)


def _refused(
    connection: Connection, connector: Connector, lease: UUID, kind: str, events: Sequence[Event], error: Rejected
) -> None:
    """A batch was refused: find the one that is to blame, alone it is a dead letter."""
    if len(events) == 1:
        _end(lease, [Outcome(events[0].id, "dead", error.code, error.reason)])
        return
    for event in events:
        _batch(connection, connector, lease, kind, [event])


def _store_isolated(
    connection: Connection, connector: Connector, lease: UUID, events: Sequence[Event], truth: Truth
) -> None:
    try:
        with transaction.atomic():
            _store(connection, connector, lease, events, truth)
    except OperationalError:
        # a deadlock or a lost connection is nobody's fault: no try is used up
        _back(lease, events, 1.0, counts=False, code="database", reason="the database was busy or away")
    except (DatabaseError, ValueError, KeyError, TypeError) as error:
        if len(events) > 1:
            for event in events:
                _store_isolated(connection, connector, lease, [event], truth)
            return
        log.exception("event_failed", event_id=events[0].id)
        _back(lease, events, None, counts=True, code=type(error).__name__, reason=f"could not be stored: {error}")


def _store(connection: Connection, connector: Connector, lease: UUID, events: Sequence[Event], truth: Truth) -> None:
    mine = inbox.keep_mine(lease, [event.id for event in events])
    kept = [event for event in events if event.id in mine]
    repeat = store_truth(
        connection, connector, truth, wanted={event.external_id for event in kept}, source=events[0].source
    )
    ends, laters = judged(kept, truth, repeat)
    inbox.finish(ends)
    inbox.put_back(laters)


def store_truth(
    connection: Connection, connector: Connector, truth: Truth, *, wanted: Collection[str], source: str
) -> frozenset[str]:
    """Store what a channel says of the `wanted` things, inside the caller's transaction; the ids to be asked for once more.

    Orders first, then levels, then listings: the order in which everybody locks. May be repeated, late and in any order.
    """
    shop = connection.shop
    upsert_orders(shop, [order for order in truth.orders if order.number in wanted], source=source)
    _store_aftermath(connection, wanted, truth, source)
    learn(connection, [document for document in truth.hand_overs if document.code in wanted])
    products = upsert_listings(shop, [listing for listing in truth.listings if listing.item_id in wanted])
    recorded = record_readings(shop.id, [reading for reading in truth.readings if reading.item_id in wanted])
    if PRODUCT in connector.kinds:
        app_id = connection.authorisation.app_id
        inbox.add([Incoming(app_id, connection.pk, PRODUCT, item, source) for item in sorted(recorded.unknown)])
    gone_listings(shop.id, set(wanted) & set(truth.gone))
    refresh_wanted(products | recorded.products)
    return recorded.repeat


def _store_aftermath(connection: Connection, wanted: Collection[str], truth: Truth, source: str) -> None:
    """What follows a sale: returns, the buyers' book, money. A return asks for the order it names, if we never saw it."""
    shop, app_id = connection.shop, connection.authorisation.app_id
    homeless = store_returns(shop, [told for told in truth.returns if told.number in wanted], source=source)
    inbox.add([Incoming(app_id, connection.pk, ORDER, number, source) for number in sorted(homeless)])
    store_customers(shop.pk, [told for told in truth.customers if told.external_id in wanted])
    lines = [line for thing, told in truth.statements.items() if thing in wanted for line in told]
    store_statement_lines(shop, lines)


def judged(events: Sequence[Event], truth: Truth, repeat: Collection[str]) -> tuple[list[Outcome], list[Later]]:
    """How each event ends, by what the channel said about its thing."""
    known = (
        {order.number for order in truth.orders}
        | {listing.item_id for listing in truth.listings}
        | {reading.item_id for reading in truth.readings}
        | {document.code for document in truth.hand_overs}
        | {told.number for told in truth.returns}
        | {told.external_id for told in truth.customers}
        | truth.statements.keys()
    )
    ends, laters = [], []
    for event in events:
        thing = event.external_id
        if thing in repeat:
            laters.append(Later(event.id, 0.2, False, "asked_too_early", "read before our own write was answered"))
        elif thing in truth.unreadable:
            ends.append(Outcome(event.id, "dead", "unreadable", truth.unreadable[thing]))
        elif thing in truth.ignored:
            ends.append(Outcome(event.id, "ignored", "ignored", truth.ignored[thing]))
        elif thing in truth.gone:
            ends.append(Outcome(event.id, "ignored", "gone", "the channel no longer knows it"))
        elif thing in known:
            ends.append(Outcome(event.id, "processed"))
        else:
            laters.append(Later(event.id, None, True, "no_answer", "the channel's answer did not mention it"))
    return ends, laters


def _end(lease: UUID, outcomes: Sequence[Outcome]) -> None:
    with transaction.atomic():
        mine = inbox.keep_mine(lease, [outcome.event_id for outcome in outcomes])
        inbox.finish([outcome for outcome in outcomes if outcome.event_id in mine])


def _back(lease: UUID, events: Sequence[Event], after: float | None, *, counts: bool, code: str, reason: str) -> None:
    with transaction.atomic():
        mine = inbox.keep_mine(lease, [event.id for event in events])
        inbox.put_back([Later(event, after, counts, code, reason) for event in mine])
