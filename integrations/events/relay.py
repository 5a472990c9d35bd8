"""The relay: one round sends a sink what is due and what is new, and stores the end of it.

At least once: the cursor moves after the other side has taken the events. In order per entity: what waits for another try holds back
the later events of its entity, for a day at most; then, and past a parked one, they go on marked with a gap.
"""

from __future__ import annotations

import copy
import random
import time
from collections.abc import Sequence
from typing import Any

import structlog

from core import tracing
from core.feed import feed_position
from integrations.events import leases, store
from integrations.events.messages import EventRow, Message, message
from integrations.events.sinks import sink_kinds
from integrations.events.sinks.base import Channel, Outcome, Report, Result, SinkAway
from integrations.events.store import Kept, SinkState
from integrations.events.switching import switch_off
from integrations.models import EventSink

log = structlog.get_logger(__name__)

# after so many failures in a row a sink is tried with one event at a time, with growing pauses
PROBE_AFTER = 3
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
REMEMBER_SECONDS = 1.0


class SinkRelay:
    """The way to one sink, kept open from round to round; for one thread."""

    def __init__(self, sink_id: int) -> None:
        self.sink_id = sink_id
        self._channel: Channel | None = None
        self._opened_for: object = None
        self._remembered = 0.0

    def round(self) -> bool:
        """Send one batch; return whether there may be more. Raises LeaseLost when another relay goes on."""
        if not leases.take(self.sink_id):
            return False
        sink = store.state_of(self.sink_id)
        if sink.is_paused:
            return False
        cursor = sink.cursor
        try:
            return self._send(sink, cursor, copy.deepcopy(sink.progress))
        except SinkAway as error:
            sink.failures += 1
            sink.progress = store.state_of(self.sink_id).progress
            log.warning("sink_away", sink=self.sink_id, error=str(error), failures=sink.failures)
            self.close()
            self._record(sink, cursor, cursor, Report([]), (), pause_after(sink.failures), str(error))
            return False

    def _send(self, sink: SinkState, cursor: int, before: dict[str, Any]) -> bool:
        channel = self._open(sink)
        kind = sink_kinds()[sink.kind]
        sink.cursor = channel.resume(cursor, sink.progress)
        limit = 1 if sink.failures >= PROBE_AFTER else kind.batch
        rows = store.due_events(sink.id, limit=limit)
        upto = sink.cursor
        if len(rows) < limit:
            fresh, upto = store.fresh_events(sink, limit=limit - len(rows))
            rows += fresh
        held = [row for row in rows if row.is_held]
        messages = [message(row, sends_personal=sink.sends_personal) for row in rows if not row.is_held]
        report = _delivered(channel, sink.kind, messages) if messages else Report([])
        if time.monotonic() >= self._remembered + REMEMBER_SECONDS:
            channel.remember(upto, sink.progress)
            self._remembered = time.monotonic()
        if not rows and upto == cursor and sink.progress == before:
            return False
        tried = [o for o in report.outcomes if o.is_attempt or o.result is Result.DELIVERED]
        failed = bool(tried) and all(o.result is not Result.DELIVERED for o in tried)
        sink.failures = sink.failures + 1 if failed else 0 if tried else sink.failures
        pause = pause_after(sink.failures) if failed and sink.failures >= PROBE_AFTER else 0.0
        trouble = next((f"{o.status or ''} {o.answer}".strip() for o in tried if o.result is not Result.DELIVERED), "")
        self._record(sink, cursor, upto, report, held, max(pause, report.pause), trouble if failed else "")
        if report.is_gone:
            switch_off(sink.id, EventSink.Off.GONE)
        return bool(rows) or upto < feed_position()

    def _record(
        self, sink: SinkState, cursor: int, upto: int, report: Report, held: Sequence[EventRow], pause: float, trouble: str
    ) -> None:  # fmt: skip
        kept = [*(Kept(row, 0.0, False, "") for row in held), *self._kept(sink.kind, report.outcomes)]
        store.record(sink, cursor=cursor, upto=upto, outcomes=report.outcomes, kept=kept, pause=pause, trouble=trouble)

    def _kept(self, kind: str, outcomes: Sequence[Outcome]) -> list[Kept]:
        found = []
        for o in outcomes:
            if o.result is Result.DELIVERED:
                continue
            tries = (o.message.row.tries or 0) + o.counts
            after = None if o.result is Result.REFUSED else sink_kinds()[kind].retry_after(tries) if o.counts else 0.0
            found.append(Kept(o.message.row, after, o.counts, f"{o.status or ''} {o.answer}".strip()))
        return found

    def _open(self, sink: SinkState) -> Channel:
        """Return the way to the sink, opened anew when a person has changed its settings or secrets."""
        row = EventSink.objects.only("settings", "secrets").get(pk=sink.id) if self._is_stale() else None
        if row is not None and (row.settings, row.secrets) != self._opened_for:
            self.close()
            self._opened_for = (row.settings, row.secrets)
            self._channel = sink_kinds()[sink.kind].open(store.target_of(row))
        assert self._channel is not None, "opened above"
        return self._channel

    def _is_stale(self) -> bool:
        return self._channel is None or time.monotonic() >= self._remembered + REMEMBER_SECONDS

    def close(self) -> None:
        """Close the way to the sink; the next round opens it."""
        if self._channel is not None:
            self._channel.close()
        self._channel, self._opened_for = None, None


def _delivered(channel: Channel, kind: str, messages: Sequence[Message]) -> Report:
    origins = [m.row.traceparent for m in messages]
    with tracing.continued("deliver", "producer", origins, kind=kind, rows=len(messages)):
        return channel.deliver(messages)


def pause_after(failures: int) -> float:
    """Return the seconds for which a sink is left alone after so many failures in a row."""
    return float(min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE) * random.uniform(0.8, 1.2))
