"""Tunables: batches, windows, leases, pauses, limits and days kept, each an environment variable with a default.

`manage.py settings_reference` lists them. They are read when the process starts; a value that cannot be meant ends the process with
a line that names the variable. Not here: what a platform dictates (its connector has that) and what a person sets in the admin.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from math import isfinite


class NotTunable(SystemExit):
    """A tunable's environment variable holds no number in its range; the message is the line the operator reads."""


@dataclass(frozen=True, slots=True)
class Tunable:
    """An entry of the reference. `unit`: what `value` and `default` count; `effect`: one sentence."""

    name: str
    group: str
    unit: str
    default: float
    value: float
    least: float
    effect: str


TUNABLES: list[Tunable] = []


def _read(name: str, group: str, unit: str, default: float, effect: str, *, least: float, whole: bool) -> float:
    text = os.environ.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = float("nan")
    if not isfinite(value) or value < least or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        raise NotTunable(f"erpsync: {name} must be {kind} of {unit}, at least {least:g}. It sets: {effect}")
    TUNABLES.append(Tunable(name, group, unit, default, value, least, effect))
    return value


class _Group:
    """The tunables of one part of the hub."""

    def __init__(self, name: str) -> None:
        self._name = name

    def seconds(self, name: str, default: float, effect: str, *, least: float = 0.001) -> float:
        return _read(name, self._name, "seconds", default, effect, least=least, whole=False)

    def count(self, name: str, default: int, effect: str, *, unit: str = "rows", least: int = 1) -> int:
        return int(_read(name, self._name, unit, default, effect, least=least, whole=True))

    def days(self, name: str, default: int, effect: str) -> int:
        return self.count(name, default, effect, unit="days")


_inbox = _Group("Inbox")
INBOX_LEASE_SECONDS = _inbox.seconds(
    "INBOX_LEASE_SECONDS", 60, "how long a worker that was killed keeps its events from the others", least=5
)
INBOX_MAX_BODY = _inbox.count("INBOX_MAX_BODY", 1_000_000, "the largest body of a webhook", unit="bytes", least=10_000)
DRAIN_SECONDS = _inbox.seconds("DRAIN_SECONDS", 3, "how long a job drains one connection before others have a turn")
DRAIN_ROWS = _inbox.count("DRAIN_ROWS", 500, "orders that are stored in one transaction", unit="orders")
DRAIN_BYTES = _inbox.count("DRAIN_BYTES", 2_000_000, "channel answers that are stored in one transaction", unit="bytes")
ROUTE_CACHE_SECONDS = _inbox.seconds(
    "ROUTE_CACHE_SECONDS", 5, "how soon a changed credential of an app counts at the receiver"
)

_calls = _Group("Calls to channels")
CALL_CONNECT_SECONDS = _calls.seconds("CALL_CONNECT_SECONDS", 5, "how long a call may take to connect")
CALL_SECONDS = _calls.seconds("CALL_SECONDS", 30, "how long a call may take until its answer begins")
CALL_SLOW_SECONDS = _calls.seconds(
    "CALL_SLOW_SECONDS",
    10,
    "from when an answer counts as slow, so that fewer calls of its account are under way at once",
)
CALLS_AT_ONCE = _calls.count("CALLS_AT_ONCE", 8, "calls that one process has under way", unit="calls")
LIMIT_PATIENCE_SECONDS = _calls.seconds(
    "LIMIT_PATIENCE_SECONDS", 1, "how long a call waits for its turn within a channel's limit before it is put off"
)
BREAKER_FAILURES = _calls.count("BREAKER_FAILURES", 5, "failures in a row that open a breaker", unit="calls")
BREAKER_SECONDS = _calls.seconds(
    "BREAKER_SECONDS", 5, "how long a breaker stays open at first; each time twice as long"
)
BREAKER_MOST_SECONDS = _calls.seconds("BREAKER_MOST_SECONDS", 60, "how long a breaker stays open at most")
RENEWAL_PATIENCE_SECONDS = _calls.seconds(
    "RENEWAL_PATIENCE_SECONDS", 10, "how long a call waits for another worker that renews its token"
)

_backfill = _Group("Backfill")
BACKFILL_LEASE_SECONDS = _backfill.seconds(
    "BACKFILL_LEASE_SECONDS", 60, "how long a worker that was killed keeps its chunk of a backfill", least=5
)
BACKFILL_TRIES = _backfill.count("BACKFILL_TRIES", 5, "refusals after which a chunk waits for a person", unit="tries")

_runs = _Group("Sync runs")
SYNC_SLOW_SECONDS = _runs.seconds("SYNC_SLOW_SECONDS", 60, "from when a sync run counts as slow in its list")

_pushes = _Group("Stock and prices")
PUSH_SECONDS = _pushes.seconds("PUSH_SECONDS", 1, "how long a job pushes one shop's numbers before others have a turn")
PUSH_ROWS = _pushes.count("PUSH_ROWS", 1_000, "numbers that are read for one round of pushes", unit="listings")
PLENTY_PAUSE_SECONDS = _pushes.seconds(
    "PLENTY_PAUSE_SECONDS", 8, "how long a number waits after a push while there is plenty of the product"
)
DRIFT_SECONDS = _pushes.seconds("DRIFT_SECONDS", 60, "how long a job compares one shop's shown numbers")

_writes = _Group("Commands and documents")
COMMAND_SECONDS = _writes.seconds("COMMAND_SECONDS", 0.5, "how long a job performs commands before others have a turn")
COMMAND_LEASE_SECONDS = _writes.seconds(
    "COMMAND_LEASE_SECONDS", 150, "after how long the answer to a command counts as lost", least=60
)
LABEL_SECONDS = _writes.seconds("LABEL_SECONDS", 1, "how long a job fetches labels before others have a turn")
LABEL_WAIT_SECONDS = _writes.seconds(
    "LABEL_WAIT_SECONDS", 1_800, "how long a channel may take to make a label before a person is asked"
)

_events = _Group("Events to partners")
SINK_LEASE_SECONDS = _events.seconds(
    "SINK_LEASE_SECONDS", 60, "how long a relay that was killed keeps its sinks from the others", least=46
)
SINK_LOOK_SECONDS = _events.seconds("SINK_LOOK_SECONDS", 0.25, "how often a sink looks for events without being woken")
NUMBERING_ROWS = _events.count("NUMBERING_ROWS", 5_000, "events that get their feed position at once", unit="events")
STOCK_EVENT_SECONDS = _events.seconds(
    "STOCK_EVENT_SECONDS", 1, "the shortest time between two stock events of one product"
)
WEBHOOK_CONNECT_SECONDS = _events.seconds(
    "WEBHOOK_CONNECT_SECONDS", 5, "how long a partner's webhook may take to connect"
)
WEBHOOK_SECONDS = _events.seconds("WEBHOOK_SECONDS", 20, "how long a partner's webhook may take to answer")
FEED_WINDOW = _events.count(
    "FEED_WINDOW", 20_000, "feed positions that one page of changes looks through", unit="events"
)

_people = _Group("Files and the API")
EXPORT_ROWS = _people.count("EXPORT_ROWS", 1_000_000, "the most rows of an exported file", least=1_000)
EXPORT_DAYS = _people.days("EXPORT_DAYS", 3, "how long an exported file is kept")
IMPORT_ROWS = _people.count("IMPORT_ROWS", 10_000, "the most rows of an imported file", least=1_000)
BULK_ROWS = _people.count("BULK_ROWS", 500, "the most rows of one bulk request to the API")
PHOTO_BYTES = _people.count("PHOTO_BYTES", 10_000_000, "the largest packing photo", unit="bytes", least=1_000_000)
CLIP_BYTES = _people.count("CLIP_BYTES", 100_000_000, "the largest packing clip", unit="bytes", least=1_000_000)
CLIP_SECONDS = _people.seconds("CLIP_SECONDS", 60, "how long a packing clip may play", least=1)
METRICS_CACHE_SECONDS = _people.seconds("METRICS_CACHE_SECONDS", 5, "how long the figures of /metrics/hub are kept")

_workers = _Group("Processes")
WEB_THREADS = _workers.count("WEB_THREADS", 16, "requests that a web process has under way", unit="requests")
RECEIVER_THREADS = _workers.count("RECEIVER_THREADS", 16, "deliveries that a receiver has under way", unit="deliveries")
BODY_SECONDS = _workers.seconds("BODY_SECONDS", 10, "how long a sender has for the body of a request")
BODIES_PER_ADDRESS = _workers.count(
    "BODIES_PER_ADDRESS", 100, "bodies that one address may be sending; the oldest gives way", unit="bodies"
)
WORKER_JOBS = _workers.count("WORKER_JOBS", 2_000, "jobs after which a worker starts afresh", unit="jobs")
HUNGRY_SECONDS = _workers.seconds("HUNGRY_SECONDS", 30, "how long a queue goes without a turn in a rush")

_retention = _Group("Days kept")
LABEL_DAYS = _retention.days("LABEL_DAYS", 7, "how long the files of shipping labels, which name the buyer, are kept")
PICTURE_DAYS = _retention.days(
    "PICTURE_DAYS", 30, "how long pictures handed in to refuse a return are kept after its end"
)
PHOTO_DAYS = _retention.days(
    "PHOTO_DAYS", 30, "how long packing photos are kept; those of orders with an open return or request to cancel stay"
)
RAW_DAYS = _retention.days("RAW_DAYS", 90, "how long the bodies of ended change notifications are kept")
INBOX_DAYS = _retention.days("INBOX_DAYS", 180, "how long ended change notifications are kept")
EVENT_DAYS = _retention.days("EVENT_DAYS", 30, "how far partners may look back in the change feed")
ATTEMPT_DAYS = _retention.days("ATTEMPT_DAYS", 30, "how long the attempts at delivering events are kept")
SYNC_RUN_DAYS = _retention.days(
    "SYNC_RUN_DAYS", 92, "how long the rows of sync runs are kept, and how far back the service figures count them"
)
BACKUP_KEEP = _retention.count("BACKUP_KEEP", 14, "how many backups are kept", unit="backups")
