"""Gauges of `/metrics/hub`: a few set-based statements per scrape, kept for five seconds; labels have few values, never an id.

Every web process answers the same: the figures come from PostgreSQL and Redis, so no multi-process mode is needed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from threading import Lock

import django_rq
import structlog
from django.conf import settings
from django.db import DatabaseError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from core import tunables
from erpsync.metrics import processes, statements
from integrations.models import AppRegistration
from integrations.wire.concurrency import least_by_channel, shares

log = structlog.get_logger(__name__)

CACHE_SECONDS = tunables.METRICS_CACHE_SECONDS


@dataclass(frozen=True, slots=True)
class Gauge:
    """One family: its labels, the rows (label values, then the number) that fill it, and the parts of the hub that rows are read from.

    `shared`: what several gauges are filled from, read once a scrape; `rows` takes it.
    """

    name: str
    help: str
    labels: tuple[str, ...]
    rows: Callable[..., Iterator[tuple[object, ...]]]
    parts: tuple[str, ...] = ("database",)
    shared: Callable[[], object] | None = None

    def measured(self, once: Callable[[Callable[[], object]], object]) -> Iterator[tuple[object, ...]]:
        """Return the rows of now. `once` makes a read that several gauges of a scrape share."""
        return self.rows(once(self.shared)) if self.shared else self.rows()


_REDIS = ("redis",)


def _jobs() -> Iterator[tuple[object, ...]]:
    for name in settings.QUEUES:
        yield name, django_rq.get_queue(name).count


def _concurrency() -> Iterator[tuple[object, ...]]:
    """Yield the smallest share of each channel's accounts: 1 where all bear what the connector declares."""
    apps = dict(AppRegistration.objects.values_list("key", "channel"))
    found = shares(django_rq.get_connection("orders"))
    yield from (dict.fromkeys(apps.values(), 1.0) | least_by_channel(found, apps)).items()


GAUGES: tuple[Gauge, ...] = (
    Gauge("erpsync_queue_age_seconds", "Age of the oldest due work by queue.", ("queue",), statements.queue_ages),
    Gauge("erpsync_jobs_waiting", "Wake-ups in Redis that no worker took yet.", ("queue",), _jobs, _REDIS),
    Gauge("erpsync_calls_at_once_share", "Part of its declared calls at once that a channel bears now.", ("channel",),
          _concurrency, ("database", "redis")),
    Gauge("erpsync_inbox_events", "Inbox events that are not finished: pending, retried, dead.", ("channel", "state"),
          statements.inbox),
    Gauge("erpsync_inbox_finished_events", "Events that came in within 15 minutes, by outcome.", ("channel", "outcome"),
          statements.finished),
    Gauge("erpsync_event_seconds", "Time from the notice to the stored change, of 15 minutes.", ("channel", "quantile"),
          statements.event_seconds),
    Gauge("erpsync_commands", "Commands that are open: wanted, sent, refused.", ("channel", "state"), statements.commands),
    Gauge("erpsync_open_drifts", "Numbers that channels show and should not.", ("channel",), statements.drifts),
    Gauge("erpsync_refused_deliveries", "Webhooks that were not believed, since the beginning.", ("channel", "reason"),
          statements.refusals),
    Gauge("erpsync_last_webhook_age_seconds", "Time since the last webhook of a channel.", ("channel",), statements.silence),
    Gauge("erpsync_red_connections", "Connections that people must connect again.", ("channel",), statements.red),
    Gauge("erpsync_consent_seconds_left", "Shortest remaining life of a consent.", ("channel",), statements.consents),
    Gauge("erpsync_sink_lag_seconds", "How far event sinks are behind, the worst by kind.", ("kind",), statements.sink_lag),
    Gauge("erpsync_undelivered_events", "Events that sinks have not taken: waiting, parked.", ("kind", "state"),
          statements.undelivered),
    Gauge("erpsync_alerts_firing", "Alerts that fire.", ("alert",), statements.alerts),
    Gauge("erpsync_database_connections", "Connections to this database by state.", ("state",), statements.connections),
    Gauge("erpsync_database_connections_limit", "Connections that the server allows.", (), statements.connections_limit),
    Gauge("erpsync_processes", "Processes that live, by what they are.", ("process",), processes.running, _REDIS,
          processes.by_kind),
    Gauge("erpsync_process_cores", "Cores that they keep busy, all of a kind.", ("process",), processes.cores, _REDIS,
          processes.by_kind),
    Gauge("erpsync_process_resident_bytes", "Their memory: of all of a kind, of the largest.", ("process", "of"),
          processes.memory, _REDIS, processes.by_kind),
    Gauge("erpsync_process_open_files_ratio", "Open files of those that may be, the worst of a kind.", ("process",),
          processes.open_files, _REDIS, processes.by_kind),
)  # fmt: skip


class _Hub(Collector):
    """All gauges. A part that is away leaves its gauges out and is 0 in `erpsync_up`."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = {"database": 1, "redis": 1}
        once = cache(lambda read: read())
        for gauge in GAUGES:
            if not all(up[part] for part in gauge.parts):
                continue
            try:
                yield _family(gauge, gauge.measured(once))
            except (DatabaseError, RedisError) as error:
                part = "redis" if isinstance(error, RedisError) else "database"
                up[part] = 0
                log.warning("not measured", part=part, gauge=gauge.name, error=type(error).__name__)
        yield _up(up)


def _family(gauge: Gauge, rows: Iterator[tuple[object, ...]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(gauge.name, gauge.help, labels=gauge.labels)
    for *labels, value in rows:
        family.add_metric([str(label) for label in labels], float(str(value)))
    return family


def _up(parts: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily("erpsync_up", "Whether a part that work needs answers.", labels=("part",))
    for part, value in parts.items():
        family.add_metric([part], value)
    return family


_registry = CollectorRegistry(auto_describe=False)
_registry.register(_Hub())
_lock = Lock()
_kept: list[tuple[float, bytes]] = []


def scrape() -> bytes:
    """Return the gauges as Prometheus' text, at most five seconds old. Several scrapers at once cost one measurement."""
    with _lock:
        if not _kept or time.monotonic() - _kept[0][0] > CACHE_SECONDS:
            _kept[:] = [(time.monotonic(), generate_latest(_registry))]
        return _kept[0][1]


def forget() -> None:
    """Measure anew with the next scrape."""
    with _lock:
        _kept.clear()
