"""Reading what the things of events are now: several reads of an account under way at once, within its limit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from core import tracing
from core.db import database_time
from integrations.accounts.connections import Account
from integrations.contract.reads import Answer
from integrations.inbox.store import Event
from integrations.wire import concurrency, transport
from integrations.wire.transport import Heard
from integrations.work import threads

# how far before an event arrived its thing may have changed: the channels' clocks and ours differ
CLOCK_SKEW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A read that ended: the events it was for, its answer or error, and the channel's answers to the calls it took."""

    events: Sequence[Event]
    result: Callable[[], Answer]
    heard: Heard


def read(account: Account, kind: str, events: Sequence[Event], asked_at: datetime | None = None) -> Answer:
    """Read the current state of the things of these events. Raises ChannelError."""
    asked_at = asked_at or database_time()
    ids = sorted({event.external_id for event in events})
    since = min(event.received_at for event in events) - CLOCK_SKEW
    return account.connector.reads[kind].read(account.access, ids, since=min(since, asked_at), asked_at=asked_at)


def _read_heard(heard: Heard, account: Account, kind: str, events: Sequence[Event], asked_at: datetime) -> Answer:
    with tracing.span("fetch", kind=kind, rows=len(events)), transport.hearing(heard):
        return read(account, kind, events, asked_at)


class Fetches:
    """The reads that a list of events takes, in the channel's largest batches."""

    def __init__(self, account: Account, kind: str, events: Sequence[Event], may_go_on: Callable[[], bool]) -> None:
        self._account = account
        self._kind = kind
        self._may_go_on = may_go_on
        self._waiting: deque[Sequence[Event]] = deque()
        self._running: dict[Future[Answer], tuple[Sequence[Event], Heard]] = {}
        batch = account.connector.reads[kind].batch
        by_thing: dict[str, list[Event]] = {}
        for event in events:
            by_thing.setdefault(event.external_id, []).append(event)
        # a thing is read once: two reads of it that are under way at once were asked for at one time, and which is newer is lost
        things = list(by_thing.values())
        self.add([list(chain.from_iterable(things[start : start + batch])) for start in range(0, len(things), batch)])

    def __bool__(self) -> bool:
        return bool(self._waiting or self._running)

    def add(self, batches: Sequence[Sequence[Event]]) -> None:
        """Read these as well, each at once."""
        self._waiting.extend(batches)

    def start(self) -> None:
        """Start as many reads as the channel takes at once; none any more when the events are not ours any more."""
        most = self._account.connector.reads[self._kind].calls_at_once
        free = concurrency.bearable(self._account.access, most) - len(self._running)
        if not self._waiting or free <= 0:
            return
        if not self._may_go_on():
            self._waiting.clear()
            return
        asked_at = database_time()
        run = threads.start if self._running or len(self._waiting) > 1 else threads.call
        for _ in range(min(free, len(self._waiting))):
            events, heard = self._waiting.popleft(), Heard()
            self._running[run(_read_heard, heard, self._account, self._kind, events, asked_at)] = events, heard

    def finished(self, timeout: float | None) -> list[Fetched]:
        """Wait for the next read to end, at most so many seconds; all that have ended, oldest first."""
        done, _ = wait(self._running, timeout, return_when=FIRST_COMPLETED)
        return [_fetched(future, *self._running.pop(future)) for future in list(self._running) if future in done]


def _fetched(future: Future[Answer], events: Sequence[Event], heard: Heard) -> Fetched:
    return Fetched(events, future.result, heard)
