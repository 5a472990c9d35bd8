"""Sweep: read the changed-since lists of a connection; unknown changes become inbox events.

It repairs nothing by itself. Each kind has a watermark, the highest update time its lists have shown, which moves only after
everything below it is stored: killed at any point, a sweep goes on where it was. Reading a thing twice is harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from django.db import DatabaseError, OperationalError, transaction

from core import tracing
from core.db import database_time, execute, fetch
from core.reasons import Reason, as_reason, stored
from integrations import inbox
from integrations.accounts.connections import Account, account_of, active_connection
from integrations.contract.errors import ChannelError, Rejected, TryLater
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.contract.reasons import BUSY_DATABASE
from integrations.documents.pos.imports import adopt_missed
from integrations.inbox.store import Incoming
from integrations.ingest import pipeline
from integrations.ingest.resources import Circumstances, keys_of, kind_named, kinds
from integrations.ingest.storing import store_answer
from integrations.ingest.unknown import unknown_changes, unseen_orders
from integrations.models import Connection, SyncRun
from integrations.work import wakeups
from integrations.work.locks import advisory_lock
from integrations.work.sync_runs import RunningSync, recorded
from inventory.services.shops import sync_branches

log = structlog.get_logger(__name__)

# orders that a new connection looks back for when its shop does not say since when it counts stock
FIRST_SPAN = timedelta(days=3)
# before a push only unseen orders are read, so far back that clocks may differ
NEW_SALES_OVERLAP = timedelta(minutes=3)
SOURCE = "sweep"
ORDER = "order"


def sweep(connection_id: int, since: timedelta | None = None) -> None:
    """List changes of every swept kind since its watermark, and again of the last `since`; everything the first time.

    May be repeated and may run beside itself: a kind that another sweep is reading is left to it. Raises nothing for a
    channel that refuses or is away: the reason is kept on the connection, and a later sweep goes on.
    """
    connection = active_connection(connection_id)
    if connection is None or _is_waiting(connection):
        return
    account = account_of(connection, lane="bulk")
    kind = SyncRun.Kind.SWEEP if since is None else SyncRun.Kind.DAY_SWEEP
    with tracing.root("sweep", connection=connection_id), recorded(connection_id, kind) as run:
        steps = [
            partial(_branches, account),
            *(partial(_kind, account, kind, since, run) for kind in _swept(account)),
            partial(_imports, connection),
        ]
        troubles = _troubles(steps)
        _note(connection, troubles)
        run.reason = as_reason(troubles[0].reason) if troubles else Reason()


def due_connections() -> list[int]:
    """Return connections whose sweep broke off, and whose channel's requested wait is over."""
    return [
        row[0]
        for row in fetch(
            "SELECT id FROM integrations_connection WHERE is_active AND sweep_due_at <= clock_timestamp() ORDER BY id"
        )
    ]


def read_new_orders(account: Account) -> int:
    """List the shop's new orders, as the last thing before numbers leave; returns how many became events.

    Only orders that are not stored: other changes can wait for their webhook or the sweep. Raises ChannelError.
    """
    if ORDER not in account.connector.reads:
        return 0
    connection = account.connection
    until = database_time()
    since = (connection.last_read_at or until) - NEW_SALES_OVERLAP
    found = 0
    for page in account.connector.reads[ORDER].changed(account.access, since=since, until=until):
        with transaction.atomic():
            found += _add(connection, ORDER, [Change(c) for c in unseen_orders(connection, page.changes)])
    execute(_READ, until, connection.pk)
    connection.last_read_at = until
    return found


def _swept(account: Account) -> list[str]:
    """Return the kinds to sweep, in the order of the resources."""
    order = list(kinds())
    swept = [kind for kind, declared in account.connector.reads.items() if declared.swept]
    return sorted(swept, key=lambda kind: (order.index(kind) if kind in order else len(order), kind))


def _is_waiting(connection: Connection) -> bool:
    return connection.sweep_due_at is not None and connection.sweep_due_at > database_time()


def _troubles(steps: Sequence[Callable[[], None]]) -> list[ChannelError]:
    """Run the steps; a refusal ends its own step only, any other error the sweep. Returns the errors."""
    troubles: list[ChannelError] = []
    for step in steps:
        try:
            step()
        except Rejected as error:
            troubles.append(error)
        except ChannelError as error:
            return [*troubles, error]
    return troubles


def _kind(account: Account, kind: str, again: timedelta | None, run: RunningSync) -> None:
    with advisory_lock(f"sweep:{account.connection.pk}:{kind}") as ours:
        if ours:
            for window in _windows(account.connection, account.connector.reads[kind], kind, again):
                _read_window(account, kind, window, run, strict=again is not None)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of update times to be read, both ends included; `since` None: everything there is."""

    since: datetime | None
    until: datetime


def _windows(connection: Connection, declared: Reader, kind: str, again: timedelta | None) -> Iterator[Window]:
    """Yield spans the channel can list at once, oldest first. The watermark is read here, under the lock."""
    until = database_time()
    connection.refresh_from_db(fields=["watermarks"])
    since = _start(connection, declared, kind, until, again)
    while since is not None and declared.window is not None and since + declared.window < until:
        yield Window(since, since + declared.window)
        since += declared.window
    yield Window(since, until)


def _start(
    connection: Connection, declared: Reader, kind: str, until: datetime, again: timedelta | None
) -> datetime | None:
    mark = connection.watermarks.get(kind)
    if mark is None:
        if kind_named(kind).observed:
            return None
        return (connection.shop and connection.shop.stock_since) or until - FIRST_SPAN
    start = datetime.fromisoformat(mark) - declared.overlap
    return start if again is None else min(start, until - again)


def _read_window(account: Account, kind: str, window: Window, run: RunningSync, *, strict: bool) -> None:
    """Store every page of a window, then move the watermark: to the highest time seen, or, where the list has no times, its end."""
    highest = None
    for page in account.connector.reads[kind].changed(account.access, since=window.since, until=window.until):
        run.add(fetched=len(page.changes), written=_store(account, kind, page, window.until, strict))
        times = [change.version for change in page.changes if change.version]
        highest = max([*times, highest] if highest else times, default=None)
    _move(account.connection, kind, highest or window.until, window.until)


_MOVE = """
UPDATE integrations_connection SET watermarks = jsonb_set(watermarks, ARRAY[%(kind)s::text], to_jsonb(%(text)s::text))
WHERE id = %(connection)s AND coalesce((watermarks ->> %(kind)s)::timestamptz, '-infinity') < %(mark)s
"""
_READ = "UPDATE integrations_connection SET last_read_at = greatest(last_read_at, %s) WHERE id = %s"


def _move(connection: Connection, kind: str, mark: datetime, read_until: datetime) -> None:
    """Move a watermark forward, never back."""
    text = mark.astimezone(UTC).isoformat()
    execute(_MOVE, kind=kind, text=text, connection=connection.pk, mark=mark)
    if kind == ORDER:
        execute(_READ, read_until, connection.pk)


def _store(account: Account, kind: str, page: Page, until: datetime, strict: bool) -> int:
    """Store what is unknown of a page, or make events of it; returns how many things that were."""
    connection = account.connection
    fresh = unknown_changes(connection, kind, page.changes, until=until, strict=strict)
    if page.answer is not None and kind_named(kind).observed:
        _observe(account, kind, fresh, page.answer, until)
        return len(fresh)
    with transaction.atomic():
        added = _add(connection, kind, fresh)
    if page.answer is not None:
        _take(account, kind, fresh, page.answer)
    return added


def _take(account: Account, kind: str, fresh: Sequence[Change], answer: Answer) -> None:
    """Process events whose answer came with the list at once: they need not be read."""
    answered = keys_of(answer) | {*answer.gone, *answer.ignored, *answer.unreadable}
    ids = sorted(answered & {change.external_id for change in fresh})
    claimed = ids and inbox.claim(
        account.connection.pk, limit=len(ids), seconds=pipeline.LEASE_SECONDS, kind=kind, external_ids=ids
    )
    if claimed:
        pipeline.store(account, claimed, answer)


def _add(connection: Connection, kind: str, fresh: Sequence[Change]) -> int:
    if not fresh:
        return 0
    app_id = connection.authorisation.app_id
    added = inbox.add([Incoming(app_id, connection.pk, kind, n.external_id, SOURCE, n.version) for n in fresh])
    if added:
        transaction.on_commit(partial(wakeups.enqueue_once, "drain", [connection.pk]))
    return added


def _observe(account: Account, kind: str, fresh: Sequence[Change], answer: Answer, asked_at: datetime) -> None:
    """Store a list that shows what is; a page that cannot be stored is read thing by thing. Events that it answers are ended."""
    connection, ids = account.connection, {change.external_id for change in fresh}
    try:
        with transaction.atomic():
            stored = store_answer(account, answer, ids, Circumstances(dict.fromkeys(ids, SOURCE), [kind]))
            again = sorted((stored.again | answer.unreadable.keys()) & ids)
            _add(connection, kind, [Change(external_id) for external_id in again])
        inbox.end_answered(connection.pk, kind, sorted(ids & keys_of(answer) - set(again)), asked_at=asked_at)
    except OperationalError as error:
        raise TryLater(BUSY_DATABASE, after=1.0, code="database") from error
    except (DatabaseError, ArithmeticError, ValueError, KeyError, TypeError) as error:
        log.warning("page_not_stored", connection=connection.pk, kind=kind, error=str(error))
        with transaction.atomic():
            _add(connection, kind, fresh)


def _branches(account: Account) -> None:
    """Store the branches of a POS, before its stock. An empty list is taken for a fault of the channel."""
    shop = account.connection.shop
    if shop is None or not shop.keeps_stock or account.connector.warehouses is None:
        return
    branches = account.connector.warehouses(account.access)
    if branches:
        with transaction.atomic():
            sync_branches(shop, branches)


def _imports(connection: Connection) -> None:
    if connection.shop is not None and connection.shop.keeps_stock:
        adopt_missed(connection)


_NOTE = """
UPDATE integrations_connection SET trouble = %(reason)s::jsonb,
    trouble_since = CASE WHEN %(reason)s::jsonb = '{}' THEN NULL ELSE coalesce(trouble_since, clock_timestamp()) END,
    last_sweep_at = CASE WHEN %(reason)s::jsonb = '{}' THEN clock_timestamp() ELSE last_sweep_at END,
    sweep_due_at = clock_timestamp() + make_interval(secs => %(after)s)
WHERE id = %(connection)s
"""


def _note(connection: Connection, troubles: Sequence[ChannelError]) -> None:
    """Keep the reasons on the connection until a sweep goes through, and the wait that the channel asked for."""
    reason = troubles[0].reason if troubles else Reason()
    after = next((trouble.after for trouble in troubles if isinstance(trouble, TryLater)), None)
    execute(_NOTE, reason=stored(reason), after=after, connection=connection.pk)
    if reason:
        log.warning("sweep_broken_off", connection=connection.pk, reason=str(reason))
