"""What the simulated platforms list, read whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from commissions.snapshots import PayoutSnapshot, SettlementSnapshot
from integrations.contract.reads import Answer
from integrations.simulator.simulation import Simulation
from inventory.snapshots import ListingSnapshot, StockReading
from orders.snapshots import (
    CustomerSnapshot,
    OrderSnapshot,
    PosDocumentSnapshot,
    ReturnSnapshot,
    SettledAmountsSnapshot,
)
from tests.integrations.connectors.bound import Bound
from tests.integrations.connectors.played import Played

from .ports import EmptyContract, changes, is_aware

# every type of snapshot -> the id that an event asks for it by
ID_OF: Mapping[type, Callable[[Any], str]] = {
    OrderSnapshot: lambda one: str(one.number),
    ListingSnapshot: lambda one: str(one.item_id),
    StockReading: lambda one: str(one.item_id),
    PosDocumentSnapshot: lambda one: str(one.code),
    ReturnSnapshot: lambda one: str(one.number),
    CustomerSnapshot: lambda one: str(one.external_id),
    SettlementSnapshot: lambda one: str(one.external_id),
    SettledAmountsSnapshot: lambda one: str(one.number),
    # one of an order comes with its settlement
    PayoutSnapshot: lambda one: str(one.order_number or one.external_id),
}


def ids_in(answer: Answer) -> set[str]:
    """Return the ids that an answer accounts for. Raises KeyError for a snapshot of an unknown type."""
    return {ID_OF[type(one)](one) for one in answer.snapshots} | {*answer.gone, *answer.ignored}


def read_whole(bound: Bound, kind: str, ids: Sequence[str], now: datetime) -> list[Answer]:
    """Read all ids in full batches; check that each is accounted for. Raises EmptyContract when no snapshot came."""
    batch, answers = bound.connector.reads[kind].batch, []
    for start in range(0, len(ids), batch):
        asked = ids[start : start + batch]
        answers.append(bound.read(kind, asked, since=now - timedelta(days=90), asked_at=now))
        assert set(asked) <= ids_in(answers[-1])
        assert answers[-1].unreadable == {}
    if not any(answer.snapshots for answer in answers):
        raise EmptyContract(f"no snapshot of any {kind}")
    return answers


@dataclass
class Whole:
    """Everything that the simulated platforms list, read once for all tests."""

    simulation: Simulation
    answers: dict[tuple[str, str], list[Answer]] = field(default_factory=dict)

    def read(self, channel: str, kind: str) -> list[Answer]:
        if (channel, kind) not in self.answers:
            bound, now = Played(self.simulation, channel).connect(), datetime.now(UTC)
            listed = changes(bound.changed(kind, since=None, until=now), kind)
            assert all(is_aware(change.version) for change in listed)
            ids = [change.external_id for change in listed]
            self.answers[channel, kind] = read_whole(bound, kind, ids, now)
        return self.answers[channel, kind]
