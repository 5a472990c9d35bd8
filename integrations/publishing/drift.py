"""Compare the numbers that a shop's listings show with those they should: by list where the channel's list carries them, else a
share of the shop each time, so that every listing is seen within the hour.

An item that shows other variations than those we know is asked for again: what people changed there beside a push of ours, or on a
day that its channel's list does not tell apart, is found here.

A difference is judged only after all the shop's sales are known. Progress is kept per connection: what limits or time cut off goes
on with the next check.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from math import ceil

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from core import tunables
from core.db import database_time, execute
from core.transactions import in_transaction
from integrations.accounts.connections import Account, account_of, active_connection
from integrations.contract.errors import ChannelError
from integrations.contract.publisher import Shown, ShownNumber
from integrations.inbox.refetch import refetch
from integrations.ingest.readiness import ensure_orders_are_known
from integrations.models import Authorisation, Connection, InboxEvent, SyncRun
from integrations.work import wakeups
from integrations.work.locks import advisory_lock
from integrations.work.sync_runs import recorded
from inventory.services import drift
from inventory.services.drift import Difference
from orders.queries import sold_since

log = structlog.get_logger(__name__)

# checks an hour, for what is asked item by item
SHARES = 12
BUDGET_SECONDS = tunables.DRIFT_SECONDS
# an order may be stored so long before the read whose number it explains, by the clocks of two statements
MARGIN = timedelta(seconds=5)
READ_BACKS = 200
LISTING = "listing"


@dataclass(frozen=True, slots=True)
class _Page:
    """Numbers of one read. `is_whole`: of all variations of each item."""

    numbers: Sequence[ShownNumber]
    asked_at: datetime
    is_whole: bool = False


@in_transaction
def put_right(drift_ids: Sequence[int], *, actor_id: int | None) -> None:
    """Have the right numbers sent, as a person decided, and wake the push rounds of their shops. May be repeated."""
    shops = drift.put_right(drift_ids, actor_id=actor_id)
    mine = list(Connection.objects.filter(shop_id__in=shops).values_list("pk", flat=True))
    transaction.on_commit(partial(wakeups.enqueue_once, "publish", mine))


def check_numbers(connection_id: int) -> int:
    """Compare one connection's numbers, from where the last check ended; return how many drifts were recorded. May be repeated.

    Raises nothing for a channel or a database that is away.
    """
    connection = active_connection(connection_id)
    shown = _shown(connection) if connection is not None else None
    if connection is None or shown is None:
        return 0
    found = 0
    try:
        with advisory_lock(f"drift:{connection_id}") as ours:
            if ours:
                found = _compare(connection, shown)
    except ChannelError as error:
        log.info("drift_check_broken_off", connection=connection_id, reason=error.reason)
    except (OperationalError, InterfaceError) as error:
        log.warning("database_away", error=str(error))
    return found


def _compare(connection: Connection, shown: Shown) -> int:
    account, ends = account_of(connection, lane="bulk"), time.monotonic() + BUDGET_SECONDS
    with recorded(connection.pk, SyncRun.Kind.NUMBERS) as run:
        for page in _pages(account, shown):
            run.add(fetched=len(page.numbers), written=_judge(account, page))
            if time.monotonic() >= ends:
                break
        drift.end_settled(connection.own_shop.pk)
    return run.written


def to_compare(since: datetime) -> list[int]:
    """Return the connections whose numbers can be compared, and were not since a moment."""
    known = Connection.objects.select_related("authorisation__app", "shop").filter(is_active=True)
    late = known.filter(Q(shown_at=None) | Q(shown_at__lt=since)).order_by("pk")
    return [c.pk for c in late if _shown(c) is not None and drift.count_items(c.own_shop.pk)]


def _shown(connection: Connection) -> Shown | None:
    """Return how the numbers of a connection's shop are read; None where there are none, or nobody may ask."""
    shop = connection.shop
    if shop is None or shop.keeps_stock or connection.authorisation.state == Authorisation.State.RED:
        return None
    publisher = account_of(connection).connector.publisher
    return publisher.shown if publisher is not None and publisher.stock is not None else None


# --------------------------------------------------------------------------------------------------------------------
# Reading
# --------------------------------------------------------------------------------------------------------------------


def _pages(account: Account, shown: Shown) -> Iterator[_Page]:
    yield from _of_list(account, shown) if shown.listed is not None else _of_items(account, shown)


def _of_list(account: Account, shown: Shown) -> Iterator[_Page]:
    """Yield the pages of the shop's list, each by one call, from where the last check ended to the end."""
    assert shown.listed is not None, "asked by the caller"
    after = account.connection.shown_after
    while True:
        asked_at = database_time()
        page = shown.listed(account.access, after=after)
        yield _Page(page.numbers, asked_at)
        after = page.following
        _move(account.connection, after)
        if not after:
            return


def _of_items(account: Account, shown: Shown) -> Iterator[_Page]:
    """Yield what was asked for, then the next share of the shop; all of it where one call tells of many items."""
    assert shown.items is not None, "asked by the caller"
    shop = account.connection.own_shop.pk
    for items in _batches(drift.asked_for(shop, limit=READ_BACKS), shown.batch):
        yield _read(account, shown, items)
    left = drift.count_items(shop)
    left = left if shown.items_per_call > 1 else ceil(left / SHARES)
    after = account.connection.shown_after
    while left > 0:
        items = drift.items_to_read(shop, after=after, limit=min(left, shown.batch))
        if not items and not after:
            return
        if items:
            yield _read(account, shown, items)
        # the end of the shop is its beginning
        after, left = (items[-1], left - len(items)) if items else ("", left)
        _move(account.connection, after)


def _read(account: Account, shown: Shown, items: Sequence[str]) -> _Page:
    assert shown.items is not None, "asked by the caller"
    asked_at = database_time()
    return _Page(shown.items(account.access, items).numbers, asked_at, is_whole=True)


def _batches(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _move(connection: Connection, after: str) -> None:
    execute(
        "UPDATE integrations_connection SET shown_after = %s, shown_at = clock_timestamp() WHERE id = %s",
        after, connection.pk,
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------------------------
# Judging
# --------------------------------------------------------------------------------------------------------------------


def _judge(account: Account, page: _Page) -> int:
    """Store what was not known, have items read again whose variations are others, and record the differences that no sale explains."""
    shop = account.connection.own_shop.pk
    numbers = [drift.Shown(n.item_id, n.variation_id, n.warehouse, n.sellable, n.held) for n in page.numbers]
    with transaction.atomic():
        found = drift.compare(shop, numbers, asked_at=page.asked_at)
        changed = drift.changed_items(shop, numbers, asked_at=page.asked_at, whole=page.is_whole)
        refetch(account.connection, LISTING, changed, InboxEvent.Source.SWEEP)
    if not found or not ensure_orders_are_known(account, read_since=page.asked_at):
        return 0
    moved = sold_since(shop, {difference.listing_id for difference in found}, page.asked_at - MARGIN)
    return _record(account.connection, [difference for difference in found if difference.listing_id not in moved], page)


def _record(connection: Connection, differences: Sequence[Difference], page: _Page) -> int:
    if not differences:
        return 0
    with transaction.atomic():
        recorded = drift.record(connection.own_shop.pk, differences, asked_at=page.asked_at)
        transaction.on_commit(partial(wakeups.enqueue_once, "publish", [connection.pk]))
    if recorded:
        log.warning("stock_drift", connection=connection.pk, listings=recorded)
    return recorded
