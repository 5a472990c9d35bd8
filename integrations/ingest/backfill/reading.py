"""Reading and storing one chunk: lists page by page, details in full batches across pages, several reads at once.

Reads are under way while answers are stored; the database belongs to the thread that works on the chunk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import DatabaseError, OperationalError, transaction

from core import tracing
from core.db import database_time
from core.reasons import Cause
from integrations.accounts.connections import Account
from integrations.contract.errors import UNEXPECTED_ERRORS, ChannelError
from integrations.contract.reads import Answer, Page
from integrations.contract.reasons import NOT_STORED, UNREADABLE_ANSWER, explained
from integrations.ingest.batches import Batch
from integrations.ingest.resources import Circumstances, kind_named
from integrations.ingest.storing import store_answer
from integrations.ingest.unknown import unknown_changes
from integrations.models import BackfillRun
from integrations.wire import concurrency
from integrations.work import threads

SOURCE = "backfill"
LONG_AGO = timedelta(days=3650)


class Reading:
    """One pass over a chunk. `seen`: ids that were listed; `stored`: how many of them are stored; `problems`: why not."""

    def __init__(self, run: BackfillRun, account: Account, since: datetime, until: datetime) -> None:
        self.seen: set[str] = set()
        self.stored = 0
        self.problems: dict[str, Cause] = {}
        self._run = run
        self._account = account
        self._reader = account.connector.reads[run.kind]
        self._since = None if kind_named(run.kind).whole else since
        self._until = until
        self._waiting: list[str] = []
        self._running: deque[tuple[Sequence[str], Future[Answer]]] = deque()
        self._batch: Batch[str] = Batch()

    def pages(self) -> Iterator[None]:
        """Take a step at a time: a page, or the rest of the details at the end. Raises ChannelError and DatabaseError."""
        for page in self._listed():
            new = [change.external_id for change in page.changes if change.external_id not in self.seen]
            self.seen.update(new)
            if page.answer is not None:
                self._keep(new, page.answer)
            else:
                self._collect(page, new)
            yield
        self._start_reads(at_least=1)
        self.finish()
        yield

    def finish(self) -> None:
        """Store everything that was read, or is being read."""
        while self._running:
            self._keep_oldest()
        if self._batch.things:
            self._store(*self._batch.take())

    def finish_early(self) -> None:
        """Store what was read before a read was refused; other reads that fail are made again with the next pass.

        Else a channel that takes fewer reads in a row than fill a batch would be asked for the same things for ever.
        """
        while self._running:
            ids, answer = self._running.popleft()
            with suppress(ChannelError, *UNEXPECTED_ERRORS):
                self._keep(ids, answer.result())
        if self._batch.things:
            self._store(*self._batch.take())

    def _listed(self) -> Iterator[Page]:
        """Yield the pages of the list; the next one is read meanwhile."""
        pages = self._reader.changed(self._account.access, since=self._since, until=self._until)
        coming = threads.call(next, pages, None)
        while page := coming.result():
            coming = threads.start(next, pages, None)
            yield page

    def _collect(self, page: Page, ids: Sequence[str]) -> None:
        """Read what is unknown; what a webhook, or a pass that was cut off, stored at this version is not read again."""
        changes = [change for change in page.changes if change.external_id in set(ids)]
        fresh = unknown_changes(self._run.connection, self._run.kind, changes, until=self._until, strict=False)
        unknown = [change.external_id for change in fresh]
        self.stored += len(ids) - len(unknown)
        self._waiting += unknown
        self._start_reads(at_least=self._reader.batch)

    def _start_reads(self, *, at_least: int) -> None:
        while len(self._waiting) >= at_least:
            part, self._waiting = self._waiting[: self._reader.batch], self._waiting[self._reader.batch :]
            while len(self._running) >= concurrency.bearable(self._account.access, self._reader.calls_at_once):
                self._keep_oldest()
            self._running.append((part, threads.start(self._read, part, database_time())))

    def _read(self, ids: Sequence[str], asked_at: datetime) -> Answer:
        with tracing.span("fetch", kind=self._run.kind, rows=len(ids)):
            return self._reader.read(self._account.access, ids, since=asked_at - LONG_AGO, asked_at=asked_at)

    def _keep_oldest(self) -> None:
        ids, answer = self._running.popleft()
        self._keep(ids, answer.result())

    def _keep(self, ids: Collection[str], answer: Answer) -> None:
        if self._batch.is_due(coming=len(ids)):
            self._store(*self._batch.take())
        self._batch.add(ids, answer)

    def _store(self, ids: Sequence[str], answer: Answer) -> None:
        """Store in one transaction; in halves when that fails, until what cannot be stored is found and named."""
        sources = dict.fromkeys(ids, SOURCE)
        self.problems |= {
            thing: explained(UNREADABLE_ANSWER, cause) for thing, cause in answer.unreadable.items() if thing in sources
        }
        try:
            with tracing.span("store", rows=len(ids)), transaction.atomic():
                circumstances = Circumstances(sources, [self._run.kind], is_history=True)
                store_answer(self._account, answer, sources.keys(), circumstances)
        except OperationalError:
            raise
        except (DatabaseError, ArithmeticError, ValueError, KeyError, TypeError) as error:
            if len(ids) > 1:
                middle = len(ids) // 2
                for half in (ids[:middle], ids[middle:]):
                    self._store(half, answer)
            else:
                self.problems |= {thing: NOT_STORED(error=f"{type(error).__name__}: {error}") for thing in ids}
            return
        self.stored += sum(thing not in answer.unreadable for thing in sources)
