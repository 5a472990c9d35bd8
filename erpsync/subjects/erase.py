"""Erasure of a person: list the identities, wipe the rows, search again.

Every store function asks the list of erased people (`core.erased`). Once the list is committed and all older transactions have ended,
no data of the person are written any more; those written meanwhile are found by the second search.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import structlog
from django.conf import settings
from django.db import transaction

from core.db import database_time, execute, fetch
from core.erased import add_erased
from core.personal import Action, PersonalTable
from erpsync.exports.store import forget_buyers
from erpsync.subjects import statements
from erpsync.subjects.find import Found, Terms, find
from erpsync.subjects.registry import TABLES
from integrations.ingest import locks
from integrations.ingest.locks import Rows
from orders.services.erasure import emit_erased, rebuild_search
from orders.services.photos import drop_of_orders
from orders.statuses import statuses

log = structlog.get_logger(__name__)

# looks for what was written while the list spread
MOST_LOOKS = 3
PATIENCE_SECONDS = 120.0
# the table of photos, of which files are counted
PHOTOS = "orders_parcelphoto"


class OpenOrders(Exception):
    """The person has open orders, which cannot be sent without name and address."""


class StillWriting(Exception):
    """A transaction from before the list is still open after `PATIENCE_SECONDS`: try again later."""


@dataclass(slots=True)
class Erasure:
    """Result of an erasure: rows written and rows with kept columns, by table; documents at other systems, by connection."""

    counts: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    elsewhere: dict[str, int] = field(default_factory=dict)


_OPEN = """
SELECT count(*) FROM orders_order WHERE id = ANY(%(orders)s) AND status = ANY(%(statuses)s)
"""


def open_orders(found: Found) -> int:
    """Return the number of a person's open orders."""
    [(number,)] = fetch(_OPEN, orders=sorted(found.orders), statuses=sorted({"", *statuses("is_open")}))
    return int(number)


def preview(found: Found, *, shops: Collection[int] | None = None) -> dict[str, int]:
    """Return how many rows about a person each table has, only of those that have any. `shops`: only rows of these; None: all.

    Searched tables are left out: each would be read whole, and they are of no shop.
    """
    if not found:
        return {}
    parameters = found.parameters() | {"shop_ids": sorted(shops or ())}
    counts: dict[str, int] = {}
    for spec in (spec for spec in TABLES if not spec.is_searched):
        [(number,)] = fetch(statements.count(spec, shops=shops is not None), **parameters)
        if number:
            counts[spec.table] = max(counts.get(spec.table, 0), int(number))
    return counts


def erase(terms: Terms, *, progress: Callable[[int], None] = lambda _: None) -> Erasure:
    """Erase a person; return what was done. May be repeated: what is gone is not found, what came back is.

    Raises OpenOrders before anything is written; StillWriting when the hub was too busy, NoPlace and OSError when the place of
    photos is away: then the list is there already.
    """
    found = find(terms)
    if not found:
        return Erasure()
    if open_orders(found):
        raise OpenOrders
    add_erased(found.listed())
    forget_buyers()
    wait_for_older_transactions(settings.ERASED_LIST_SECONDS)
    done = Erasure(elsewhere=elsewhere(found))
    # rows that name the person go last: as long as they are there, an erasure that was killed finds all of it again
    for _look in range(MOST_LOOKS):
        erase_found(found, done, progress=progress)
        found = find(terms, known=found)
        # an order of now is a new one
        if not found or open_orders(found):
            break
    log.info("person_erased", tables=len(done.counts), rows=sum(done.counts.values()))
    return done


def erase_found(
    found: Found, done: Erasure, *, progress: Callable[[int], None] = lambda _: None, announce: bool = True
) -> None:
    """Erase these rows of a person, who is listed. `announce`: tell readers of events. Raises NoPlace and OSError.

    Files go before the rows that name them.
    """
    if files := drop_of_orders(found.orders):
        done.counts[PHOTOS] = done.counts.get(PHOTOS, 0) + files
    _search(found, done, progress)
    _wipe_rows(found, done, announce=announce)


def wait_for_older_transactions(spread: float) -> None:
    """Wait until every process knows the list, and no transaction of this database is left that began before it did."""
    time.sleep(spread)
    since, ends = database_time(), time.monotonic() + PATIENCE_SECONDS
    while fetch(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend' AND xact_start < %s LIMIT 1",
        since,
    ):
        if time.monotonic() > ends:
            raise StillWriting
        time.sleep(0.1)


@transaction.atomic
def _wipe_rows(found: Found, done: Erasure, *, announce: bool) -> None:
    """Wipe the rows that are known to be about the person, and tell readers, in the hub's lock order."""
    locks.lock({
        Rows.INBOX_EVENTS: found.inbox_events, Rows.RETURNS: found.returns, Rows.ORDERS: found.orders,
        Rows.CUSTOMERS: found.identities,
    })  # fmt: skip
    fetch("SELECT id FROM orders_customer WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", sorted(found.customers))
    parameters = found.parameters() | found.pseudonyms()
    for spec in TABLES:
        if not spec.is_searched:
            _write(spec, parameters, done)
    rebuild_search(sorted(found.orders))
    if not announce:
        return
    entity = min(found.customers, default=0) or f"of-order-{min(found.orders, default=0)}"
    emit_erased(
        str(entity), orders=found.orders, returns=found.returns, identities=found.identities, at=database_time()
    )


def _search(found: Found, done: Erasure, progress: Callable[[int], None]) -> None:
    """Look through the tables in which only words name a person, one statement and transaction each."""
    parameters = found.parameters()
    for step, spec in enumerate(spec for spec in TABLES if spec.is_searched):
        with transaction.atomic():
            _write(spec, parameters, done)
        progress(step + 1)


def _write(spec: PersonalTable, parameters: Mapping[str, object], done: Erasure) -> None:
    statement = statements.erase(spec)
    rows = execute(statement, **parameters) if statement else 0
    if rows:
        done.counts[spec.table] = done.counts.get(spec.table, 0) + rows
    if Action.KEEP in spec.columns.values():
        [(kept,)] = fetch(statements.count(spec), **parameters)
        if kept:
            done.kept[spec.table] = kept


_ELSEWHERE = """
SELECT c.name, count(*) FROM integrations_command d JOIN integrations_connection c ON c.id = d.target_id
WHERE d.order_id = ANY(%(orders)s) AND d.state = 'done' AND d.external_id <> '' GROUP BY c.id, c.name ORDER BY c.name
"""


def elsewhere(found: Found) -> dict[str, int]:
    """Return how many documents about a person stand at other systems, by connection: they are erased there, by people."""
    return {str(name): number for name, number in fetch(_ELSEWHERE, orders=sorted(found.orders))}
