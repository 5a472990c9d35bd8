"""Looks for what no webhook told: what the hub does not know becomes inbox events, what a list shows is written down.

It repairs nothing by itself. Each kind of thing has a watermark, the highest update time its lists have shown, which moves
only after everything below it is stored: killed at any point, a sweep goes on where it was. Reading a thing twice is harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from django.db import DatabaseError, OperationalError, transaction

from integrations import inbox, pipeline, wake
from integrations.access import active_connection, connector_for
from integrations.alone import alone
from integrations.connectors.base import Change, Connector, Kind, Page, Truth
from integrations.inbox import Incoming
from integrations.models import Connection
from integrations.news import news, unseen_orders
from integrations.wire.errors import ChannelError, Rejected, TryLater
from inventory.services.listings import gone_listings, upsert_listings
from inventory.services.pushes import read_backs_due
from inventory.services.readings import record_readings
from inventory.services.shops import sync_branches
from inventory.services.wanted import refresh_wanted
from inventory.sql import database_time, execute, fetch

log = structlog.get_logger(__name__)

# the book before what is sold of it, stock once its products are known, orders last
_FIRST = ("product", "listing", "stock")
# kinds whose lists show what is, not what happened: taken as they are
_OBSERVED = frozenset(_FIRST)
# orders that a new connection looks back for when its shop does not say since when it counts stock
FIRST_SPAN = timedelta(days=3)
# before a push only sales nobody has told us of are looked for, so far back that clocks may differ
NEW_SALES_OVERLAP = timedelta(minutes=3)
READ_BACK_AFTER = timedelta(hours=6)
READ_BACKS = 500
LISTING = "listing"
ORDER = "order"


def sweep(connection_id: int, since: timedelta | None = None) -> None:
    """Look for changes of every swept kind since its watermark, and again of the last `since`; all there is the first time.

    May be repeated and may run beside itself: a kind that another sweep is reading is left to it. Raises nothing for a
    channel that refuses or is away: the reason stands on the connection, and a later sweep goes on.
    """
    connection = active_connection(connection_id)
    if connection is None or _is_waiting(connection):
        return
    connector = connector_for(connection, lane="bulk")
    swept = sorted((kind for kind, declared in connector.kinds.items() if declared.swept), key=_rank)
    steps = [
        partial(_branches, connection, connector),
        *(partial(_kind, connection, connector, kind, since) for kind in swept),
        partial(_ask_read_backs, connection, connector),
    ]
    _note(connection, _troubles(steps))


def due_connections() -> list[int]:
    """Connections whose sweep broke off because the channel asked for patience that is over now."""
    return [
        row[0]
        for row in fetch(
            "SELECT id FROM integrations_connection WHERE is_active AND sweep_due_at <= clock_timestamp() ORDER BY id"
        )
    ]


def read_new_orders(connection: Connection, connector: Connector) -> int:
    """Ask for sales nobody has told us of, as the last thing before numbers leave; how many became events.

    Only orders the hub has never seen: what else changed can wait for its webhook or the sweep. Raises ChannelError.
    """
    if ORDER not in connector.kinds:
        return 0
    until = database_time()
    since = (connection.last_read_at or until) - NEW_SALES_OVERLAP
    found = 0
    for page in connector.changed(ORDER, since=since, until=until):
        with transaction.atomic():
            found += _add(connection, ORDER, [Change(c) for c in unseen_orders(connection, page.changes)])
    execute(_READ, until, connection.pk)
    connection.last_read_at = until
    return found


def _rank(kind: str) -> tuple[int, str]:
    return (_FIRST.index(kind) if kind in _FIRST else len(_FIRST), kind)


def _is_waiting(connection: Connection) -> bool:
    return connection.sweep_due_at is not None and connection.sweep_due_at > database_time()


def _troubles(steps: Sequence[Callable[[], None]]) -> list[ChannelError]:
    """Take the steps; a refusal ends its own step only, anything else ends the sweep."""
    troubles: list[ChannelError] = []
    for step in steps:
        try:
            step()
        except Rejected as error:
            troubles.append(error)
        except ChannelError as error:
            return [*troubles, error]
    return troubles


def _kind(connection: Connection, connector: Connector, kind: str, again: timedelta | None) -> None:
    with alone(f"sweep:{connection.pk}:{kind}") as ours:
        if ours:
            for window in _windows(connection, connector.kinds[kind], kind, again):
                _read_window(connection, connector, kind, window, strict=again is not None)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of update times to be read, both ends included; `since` None: everything there is."""

    since: datetime | None
    until: datetime


def _windows(connection: Connection, declared: Kind, kind: str, again: timedelta | None) -> Iterator[Window]:
    """Spans the channel can list at once, oldest first. The watermark is read here, under the lock."""
    until = database_time()
    connection.refresh_from_db(fields=["watermarks"])
    since = _start(connection, declared, kind, until, again)
    while since is not None and declared.window is not None and since + declared.window < until:
        yield Window(since, since + declared.window)
        since += declared.window
    yield Window(since, until)


def _start(
    connection: Connection, declared: Kind, kind: str, until: datetime, again: timedelta | None
) -> datetime | None:
    mark = connection.watermarks.get(kind)
    if mark is None:
        if kind in _OBSERVED:
            return None
        return connection.shop.stock_since or until - FIRST_SPAN
    start = datetime.fromisoformat(mark) - declared.overlap
    return start if again is None else min(start, until - again)


def _read_window(connection: Connection, connector: Connector, kind: str, window: Window, *, strict: bool) -> None:
    """Store every page of a window, then move the watermark: to the highest time seen, or, where none is told, its end."""
    highest = None
    for page in connector.changed(kind, since=window.since, until=window.until):
        _store(connection, connector, kind, page, window.until, strict)
        times = [change.version for change in page.changes if change.version]
        highest = max([*times, highest] if highest else times, default=None)
    _move(connection, kind, highest or window.until, window.until)


_MOVE = """
UPDATE integrations_connection SET watermarks = jsonb_set(watermarks, ARRAY[%s::text], to_jsonb(%s::text))
WHERE id = %s AND coalesce((watermarks ->> %s)::timestamptz, '-infinity') < %s
"""
_READ = "UPDATE integrations_connection SET last_read_at = greatest(last_read_at, %s) WHERE id = %s"


def _move(connection: Connection, kind: str, mark: datetime, read_until: datetime) -> None:
    """A watermark never moves back, whoever moved it."""
    execute(_MOVE, kind, mark.astimezone(UTC).isoformat(), connection.pk, kind, mark)
    if kind == ORDER:
        execute(_READ, read_until, connection.pk)


def _store(connection: Connection, connector: Connector, kind: str, page: Page, until: datetime, strict: bool) -> None:
    fresh = news(connection, kind, page.changes, until=until, strict=strict)
    if page.truth is not None and kind in _OBSERVED:
        _observe(connection, kind, fresh, page.truth)
        return
    with transaction.atomic():
        _add(connection, kind, fresh)
    if page.truth is not None:
        _take(connection, connector, kind, fresh, page.truth)


def _take(connection: Connection, connector: Connector, kind: str, fresh: Sequence[Change], truth: Truth) -> None:
    """Events whose truth came with the list are brought to their end at once; nobody need ask again."""
    told = {order.number for order in truth.orders} | {document.code for document in truth.hand_overs}
    told |= (
        {one.number for one in truth.returns} | {one.external_id for one in truth.customers} | truth.statements.keys()
    )
    told |= {*truth.gone, *truth.ignored, *truth.unreadable}
    ids = sorted(told & {change.external_id for change in fresh})
    claimed = ids and inbox.claim(
        connection.pk, limit=len(ids), seconds=pipeline.LEASE_SECONDS, kind=kind, external_ids=ids
    )
    if claimed:
        pipeline.store(connection, connector, claimed, truth)


def _add(connection: Connection, kind: str, fresh: Sequence[Change]) -> int:
    if not fresh:
        return 0
    app_id = connection.authorisation.app_id
    added = inbox.add([Incoming(app_id, connection.pk, kind, n.external_id, "sweep", n.version) for n in fresh])
    if added:
        transaction.on_commit(partial(wake.ring, "drain", [connection.pk]))
    return added


def _observe(connection: Connection, kind: str, fresh: Sequence[Change], truth: Truth) -> None:
    """What a list shows is stored as it stands; a page that cannot be is asked for thing by thing."""
    ids = {change.external_id for change in fresh}
    try:
        with transaction.atomic():
            shop = connection.shop
            products = upsert_listings(shop, [listing for listing in truth.listings if listing.item_id in ids])
            recorded = record_readings(shop.id, [reading for reading in truth.readings if reading.item_id in ids])
            gone_listings(shop.id, ids & set(truth.gone))
            refresh_wanted(products | recorded.products)
            again = sorted((recorded.repeat | truth.unreadable.keys()) & ids)
            _add(connection, kind, [Change(external_id) for external_id in again])
    except OperationalError as error:
        raise TryLater("the database was busy or away", after=1.0, code="database") from error
    except (DatabaseError, ValueError, KeyError, TypeError) as error:
        log.warning("page_not_stored", connection=connection.pk, kind=kind, error=str(error))
        with transaction.atomic():
            _add(connection, kind, fresh)


def _branches(connection: Connection, connector: Connector) -> None:
    """The branches of a POS, before its stock. A list of none is not believed."""
    if not connection.shop.keeps_stock:
        return
    branches = connector.warehouses()
    if branches:
        with transaction.atomic():
            sync_branches(connection.shop, branches)


def _ask_read_backs(connection: Connection, connector: Connector) -> None:
    """Listings whose shown numbers should be read back are asked for, whatever their version."""
    if LISTING not in connector.kinds or connection.shop.keeps_stock:
        return
    with transaction.atomic():
        due = read_backs_due(connection.shop_id, older_than=READ_BACK_AFTER, limit=READ_BACKS)
        _add(connection, LISTING, [Change(item_id) for item_id in due])


_NOTE = """
UPDATE integrations_connection SET trouble = %s,
    trouble_since = CASE WHEN %s = '' THEN NULL ELSE coalesce(trouble_since, clock_timestamp()) END,
    last_sweep_at = CASE WHEN %s = '' THEN clock_timestamp() ELSE last_sweep_at END,
    sweep_due_at = clock_timestamp() + make_interval(secs => %s)
WHERE id = %s
"""


def _note(connection: Connection, troubles: Sequence[ChannelError]) -> None:
    """What went wrong stands on the connection until a sweep goes through; patience the channel asked for is kept."""
    reason = "; ".join(dict.fromkeys(trouble.reason for trouble in troubles))[:300]
    after = next((trouble.after for trouble in troubles if isinstance(trouble, TryLater)), None)
    execute(_NOTE, reason, reason, reason, after, connection.pk)
    if reason:
        log.warning("sweep_broken_off", connection=connection.pk, reason=reason)
