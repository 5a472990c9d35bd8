"""Business events of a day at a receiver of each kind of sink: all get all of them, and are compared with the outbox."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from core.db import fetch
from core.event_types import event_types
from erpsync.rehearsal.latency import percentiles
from erpsync.rehearsal.processes import Processes, Say
from erpsync.rehearsal.receivers.each import KINDS, Receiver, receivers
from erpsync.rehearsal.shapes import Verdict
from integrations.events.configuring import checked
from integrations.events.sinks import sink_kinds
from integrations.events.switching import add_sink

# how long the last events may take to their receivers
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.5
# of a drill
KILL_SECONDS = (3.0, 5.0)


@contextmanager
def sinks(types: Sequence[str] = (), *, kinds: Sequence[str] = KINDS) -> Iterator[tuple[Receiver, ...]]:
    """A receiver of each of these kinds, as sinks of these events from now on; of all of them where none is named."""
    with receivers(kinds) as found:
        for receiver in found:
            settings, secrets = checked(sink_kinds()[receiver.kind], receiver.settings, None)
            add_sink(receiver.kind, receiver.kind, settings, secrets=secrets, types=types)
        yield found


@dataclass
class RelayDrill:
    """Faults between outbox and receivers: the relay killed with -9 every 3 to 5 s, one sink after the other refused."""

    receivers: Sequence[Receiver]
    refused_seconds: float = 30.0
    killed: int = 0
    refused: list[str] = field(default_factory=list)
    _draws: random.Random = field(default_factory=lambda: random.Random(1))
    _next_kill: float = 0.0
    _allow_at: float = 0.0

    def inject_due(self, processes: Processes, say: Say) -> None:
        """Inject what is due by now."""
        now = time.monotonic()
        if now >= self._next_kill:
            self.killed += self._next_kill > 0
            if self._next_kill:
                processes.kill("relay")
            self._next_kill = now + self._draws.uniform(*KILL_SECONDS)
        if now >= self._allow_at and len(self.refused) <= len(self.receivers):
            self.allow()
            if left := self.receivers[len(self.refused) :]:
                say(
                    f"  drill: {left[0].kind} refuses for {self.refused_seconds:.0f} s; the relay was killed {self.killed} times"
                )
                left[0].proxy.refuse()
                self.refused.append(left[0].kind)
                self._allow_at = now + self.refused_seconds

    @property
    def is_over(self) -> bool:
        """Return whether every sink has been refused, and takes events again."""
        return len(self.refused) == len(self.receivers) and time.monotonic() >= self._allow_at

    def allow(self) -> None:
        """Let every sink take events."""
        for receiver in self.receivers:
            receiver.proxy.allow()


def outbox_figures(found: Sequence[Receiver], watch: Callable[[float], object]) -> dict[str, Any]:
    """Wait until all events are delivered, as far as patience lasts; return what each receiver lacks. `watch` supervises meanwhile."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (figures := _figures(found))["missing"] and time.monotonic() < until:
        watch(LOOK_SECONDS)
    return figures


def _figures(found: Sequence[Receiver]) -> dict[str, Any]:
    rows = fetch("SELECT id FROM core_outboxevent WHERE type = ANY(%s)", list(event_types()))
    written = {str(row[0]) for row in rows}
    each = {receiver.kind: receiver.received.judged(written) for receiver in found}
    sums = {name: sum(one[name] for one in each.values()) for name in ("missing", "doubled", "out_of_order")}
    lags = {receiver.kind: percentiles([seen.seconds for seen in receiver.received.events]) for receiver in found}
    fewest = len(written) - max(one["missing"] for one in each.values())
    return {"written": len(written), "delivered": fewest, **sums, "sinks": each, "lag_ms": lags}


def with_outbox(verdict: Verdict, figures: Mapping[str, Any]) -> Verdict:
    """Add the figures to a verdict; what is missing or out of order is a breach."""
    breaches = [f"{figures[name]} events {words}" for name, words in _BREACHES.items() if figures[name]]
    return replace(
        verdict, breaches=(*verdict.breaches, *breaches), figures={**verdict.figures, "outbox": dict(figures)}
    )


_BREACHES = {"missing": "that a receiver lacks", "out_of_order": "that came out of order"}
