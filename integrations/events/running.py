"""The relay process: it numbers events, announces stock, and sends to each sink in a thread of its own.

Any number of these processes may run, and each may be killed at any moment: numbering is one transaction, a sink's lease is void
with its holder's session, and progress is stored after the other side has taken the events.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Condition, Event, Thread

import structlog
from django.db import Error, close_old_connections, connections

from core import tunables
from core.feed import BATCH, number_events
from integrations.events import leases
from integrations.events.judging import switch_off_failing
from integrations.events.mails import tell_contacts
from integrations.events.relay import SinkRelay
from integrations.models import EventSink
from inventory.services.stock_events import announce_stock

log = structlog.get_logger(__name__)

# numbering asks again so soon after it found something, and ever later while it finds nothing
BUSY_SECONDS, IDLE_SECONDS = 0.005, 0.1
# a sink looks so often without being woken: another process may have numbered
LOOK_SECONDS = tunables.SINK_LOOK_SECONDS
ANNOUNCE_SECONDS = 0.25
DISCOVER_SECONDS = 1.0
JUDGE_SECONDS = 60.0
# after an error of the database or of our own
RECOVER_SECONDS = 0.5


class Relay:
    """Threads of one relay process. `run` returns once `stop` is set."""

    def __init__(self, stop: Event) -> None:
        self.stop = stop
        self._news = Condition()
        self._numbered = 0
        self._threads: dict[object, Thread] = {}

    def run(self) -> None:
        """Number, announce and send until told to stop."""
        self._start("numbering", self._number)
        self._start("announcing", self._announce)
        self._start("judging", self._judge)
        while not self.stop.is_set():
            self._repeated(self._discover)
            self.stop.wait(DISCOVER_SECONDS)
        with self._news:
            self._news.notify_all()
        for thread in self._threads.values():
            thread.join(timeout=5.0)
        connections.close_all()

    def _start(self, key: object, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            finally:
                connections.close_all()

        thread = Thread(target=run, name=f"relay-{key}", daemon=True)
        self._threads[key] = thread
        thread.start()

    def _repeated(self, work: Callable[[], object]) -> object:
        """Do work once; what goes wrong is logged and tried again by the caller's loop, on a new connection."""
        try:
            return work()
        except leases.LeaseLost:
            return None
        except Error as error:
            log.warning("relay_without_database", error=str(error))
        except Exception:
            log.exception("relay_failed")
        connections.close_all()
        self.stop.wait(RECOVER_SECONDS)
        return None

    def _number(self) -> None:
        pause = BUSY_SECONDS
        while not self.stop.is_set():
            found = self._repeated(number_events)
            if found:
                with self._news:
                    self._numbered += 1
                    self._news.notify_all()
                pause = BUSY_SECONDS
            if found != BATCH:
                self.stop.wait(pause)
                pause = min(pause * 1.5, IDLE_SECONDS)

    def _announce(self) -> None:
        while not self.stop.wait(ANNOUNCE_SECONDS):
            self._repeated(announce_stock)
            close_old_connections()

    def _judge(self) -> None:
        """Switch off sinks that fail, and send the mails about it: a mail server may take its time."""
        while not self.stop.wait(JUDGE_SECONDS):
            self._repeated(switch_off_failing)
            self._repeated(tell_contacts)
            close_old_connections()

    def _discover(self) -> None:
        for sink_id in EventSink.objects.filter(is_active=True).values_list("pk", flat=True):
            known = self._threads.get(sink_id)
            if known is None or not known.is_alive():
                self._start(sink_id, lambda sink_id=sink_id: self._send(sink_id))  # type: ignore[misc]
        close_old_connections()

    def _send(self, sink_id: int) -> None:
        sink, seen = SinkRelay(sink_id), -1
        checked = time.monotonic()
        while not self.stop.is_set():
            if not self._repeated(sink.round):
                with self._news:
                    if self._numbered == seen:
                        self._news.wait(LOOK_SECONDS)
                    seen = self._numbered
            if time.monotonic() >= checked + DISCOVER_SECONDS:
                checked = time.monotonic()
                if not self._repeated(EventSink.objects.filter(pk=sink_id, is_active=True).exists):
                    break
        sink.close()
        self._repeated(lambda: leases.release(sink_id))
