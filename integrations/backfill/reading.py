"""Reading and storing one chunk: lists page by page, details in full batches across pages, rows in large transactions."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from django.db import DatabaseError, OperationalError, transaction

from integrations.backfill.planning import WHOLE
from integrations.connectors.base import Connector, Page, Truth
from integrations.models import BackfillRun
from integrations.news import news
from integrations.pipeline import store_truth
from inventory.sql import database_time

SOURCE = "backfill"
# a statement costs the same for one row as for many: so many things are stored at once, and held in memory until then
STORED_AT_ONCE = 500
LONG_AGO = timedelta(days=3650)


class Reading:
    """One pass over a chunk. `seen`: ids that were listed; `stored`: how many of them are in the books; `problems`: why not."""

    def __init__(self, run: BackfillRun, connector: Connector, since: datetime, until: datetime) -> None:
        self.seen: set[str] = set()
        self.stored = 0
        self.problems: dict[str, str] = {}
        self._run = run
        self._connector = connector
        self._since = None if run.kind in WHOLE else since
        self._until = until
        self._waiting: list[str] = []
        self._read: list[tuple[Truth, Collection[str]]] = []

    def pages(self) -> Iterator[None]:
        """Takes a step at a time: a page, or the rest of the details at the end. Raises ChannelError and DatabaseError."""
        for page in self._connector.changed(self._run.kind, since=self._since, until=self._until):
            new = [change.external_id for change in page.changes if change.external_id not in self.seen]
            self.seen.update(new)
            if page.truth is not None:
                self._keep(page.truth, new)
            else:
                self._collect(page, new)
            yield
        self._read_waiting(at_least=1)
        self._store_read(at_least=1)
        yield

    def _collect(self, page: Page, ids: Sequence[str]) -> None:
        """What is stored at the version that the list tells, by a webhook or before a pass was cut off, is not read again."""
        changes = [change for change in page.changes if change.external_id in set(ids)]
        fresh = news(self._run.connection, self._run.kind, changes, until=self._until, strict=False)
        unknown = [change.external_id for change in fresh]
        self.stored += len(ids) - len(unknown)
        self._waiting += unknown
        self._read_waiting(at_least=self._batch)

    @property
    def _batch(self) -> int:
        return self._connector.kinds[self._run.kind].batch

    def _read_waiting(self, *, at_least: int) -> None:
        while len(self._waiting) >= at_least:
            part, self._waiting = self._waiting[: self._batch], self._waiting[self._batch :]
            asked_at = database_time()
            self._keep(self._connector.read(self._run.kind, part, since=asked_at - LONG_AGO, asked_at=asked_at), part)

    def _keep(self, truth: Truth, ids: Collection[str]) -> None:
        self._read.append((truth, ids))
        self._store_read(at_least=STORED_AT_ONCE)

    def _store_read(self, *, at_least: int) -> None:
        ids = [thing for _, part in self._read for thing in part]
        if len(ids) >= at_least:
            truth = united([found for found, _ in self._read])
            self._read = []
            self._store(truth, ids)

    def _store(self, truth: Truth, ids: Collection[str]) -> None:
        """One transaction for all; what cannot be stored is found one by one and named."""
        self.problems |= {thing: reason for thing, reason in truth.unreadable.items() if thing in ids}
        try:
            with transaction.atomic():
                store_truth(self._run.connection, self._connector, truth, wanted=set(ids), source=SOURCE)
        except OperationalError:
            raise
        except (DatabaseError, ValueError, KeyError, TypeError) as error:
            if len(ids) > 1:
                for thing in ids:
                    self._store(truth, [thing])
            else:
                self.problems |= {thing: f"{type(error).__name__}: {error}"[:300] for thing in ids}
            return
        self.stored += sum(thing not in truth.unreadable for thing in ids)


def united(truths: Sequence[Truth]) -> Truth:
    """What several answers said, as one. Their things are not the same ones."""
    if len(truths) == 1:
        return truths[0]
    return Truth(
        orders=tuple(row for truth in truths for row in truth.orders),
        listings=tuple(row for truth in truths for row in truth.listings),
        readings=tuple(row for truth in truths for row in truth.readings),
        hand_overs=tuple(row for truth in truths for row in truth.hand_overs),
        returns=tuple(row for truth in truths for row in truth.returns),
        customers=tuple(row for truth in truths for row in truth.customers),
        gone=tuple(row for truth in truths for row in truth.gone),
        statements=ChainMap(*(dict(truth.statements) for truth in truths)),
        ignored=ChainMap(*(dict(truth.ignored) for truth in truths)),
        unreadable=ChainMap(*(dict(truth.unreadable) for truth in truths)),
    )
