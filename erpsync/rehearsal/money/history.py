"""An order history with planted errors, read by the hub's backfill in this process."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Self

from erpsync.rehearsal.simulator import SimulatorClient
from integrations.demo.history import history_kinds, history_request
from integrations.ingest.backfill import planning, running
from integrations.ingest.backfill.progress import progress
from integrations.models import Connection

# by then every channel's term for paying an order out is over: a week, its Friday, working days and a weekend
ENDED_DAYS = 16.0
_ORDERS_A_DAY, _MOST_DAYS, _LEAST_DAYS = 110, 90.0, 3.0
# of ten thousand orders so many are settled wrongly in each class, as 99.5 % of all fees are to match; of few orders more
_ERROR_SHARE, _FEW_ERRORS, _FEW_SHARE = 0.003, 12, 0.05
_BUDGET_SECONDS, _PAUSE_SECONDS = 30.0, 0.05


class HistoryNotRead(RuntimeError):
    """A backfill did not end well; the message names it."""


@dataclass(frozen=True, slots=True)
class History:
    """Size of a history: orders over all shops, the days they were placed on, and errors of each class over all shops.

    Errors of statements are planted besides, as many as fit.
    """

    orders: int
    days: float
    errors: int

    @classmethod
    def of(cls, orders: int) -> Self:
        """Return a history of so many orders at the usual pace."""
        days = min(max(orders / _ORDERS_A_DAY, _LEAST_DAYS), _MOST_DAYS)
        return cls(orders, days, max(round(orders * _ERROR_SHARE), min(_FEW_ERRORS, round(orders * _FEW_SHARE))))


def make_history(
    simulator: SimulatorClient, connections: Sequence[Connection], wanted: History, names: Collection[str]
) -> None:
    """Let the platforms of these shops have a past, the same number of orders in each, with errors of these classes."""
    classes: Mapping[str, Mapping[str, Sequence[str]]] = simulator.get("/money_errors")["classes"]
    # a shop has few statements: of each class there are enough orders
    able = Counter(name for one in connections if one.channel in classes for name in classes[one.channel]["orders"])
    for place, connection in enumerate(connections):
        orders = _share(wanted.orders, place, len(connections))
        errors = {name: ceil(wanted.errors / able[name]) for name in names if able[name]}
        asked = history_request(connection, orders=orders, days=wanted.days, ended=ENDED_DAYS, errors=errors)
        simulator.post("/history", **asked)


def read_history(connections: Sequence[Connection]) -> None:
    """Backfill these shops, listings first: the categories of what was sold are theirs. Raises HistoryNotRead when one does not end well."""
    for connection in connections:
        for kind in history_kinds(connection, "listing"):
            _read(connection, kind)


def _share(whole: int, place: int, places: int) -> int:
    return whole * (place + 1) // places - whole * place // places


def _read(connection: Connection, kind: str) -> None:
    run = planning.start(connection, kind, since=None)
    while not (found := progress(run.pk)).is_over:
        running.work(run.pk, budget_seconds=_BUDGET_SECONDS)
        time.sleep(_PAUSE_SECONDS)
    if found.failed or found.problems:
        raise HistoryNotRead(f"{connection}: {kind} was not read whole: {dict(found.problems) or found.reason}")
