"""How much of its concurrency each channel bore during a day, second by second: the share of its most burdened account."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from redis.exceptions import RedisError

from core.gcra import patient_for_nobody
from erpsync.rehearsal.shapes import Verdict
from integrations.models import AppRegistration
from integrations.wire.concurrency import least_by_channel, shares

log = structlog.get_logger(__name__)

EVERY_SECONDS = 1.0
_COLUMNS = 60
_BARS = "▁▂▃▄▅▆▇█"


@dataclass
class Samples:
    """Shares of the accounts, one mapping a second."""

    taken: list[Mapping[str, float]] = field(default_factory=list)

    def by_channel(self) -> dict[str, list[float]]:
        """Return the smallest share of a channel's accounts at each second; channels that bore everything are left out."""
        channels = dict(AppRegistration.objects.values_list("key", "channel"))
        least: dict[str, list[float]] = {}
        for second, found in enumerate(self.taken):
            for channel, share in least_by_channel(found, channels).items():
                least.setdefault(channel, [1.0] * len(self.taken))[second] = share
        return least


@contextmanager
def sampled() -> Iterator[Samples]:
    """Take a sample each second, in a thread, until the end."""
    samples, over = Samples(), threading.Event()
    redis = patient_for_nobody()

    def take() -> None:
        while not over.wait(EVERY_SECONDS):
            try:
                samples.taken.append(shares(redis))
            except RedisError as error:
                # a drill empties or stops it
                log.info("not sampled", error=type(error).__name__)

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()


def with_bearing(verdict: Verdict, samples: Samples) -> Verdict:
    """Add the series to a verdict's figures: reported as they are, never a breach."""
    found = {channel: {"least": min(series), "series": series} for channel, series in samples.by_channel().items()}
    return replace(verdict, figures={**verdict.figures, "concurrency": found})


def graph(series: Sequence[float]) -> str:
    """Return a graph of one line, at most 60 characters, each the least share of its span."""
    size = -(-len(series) // _COLUMNS)
    spans = (series[start : start + size] for start in range(0, len(series), size))
    return "".join(_BARS[round(min(span) * (len(_BARS) - 1))] for span in spans)


def lines(figures: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield one graph a channel, the most burdened first."""
    for channel, found in sorted(figures.items(), key=lambda row: row[1]["least"]):
        yield f"{channel:<12} {graph(found['series'])} {found['least']:.0%} at the least"
