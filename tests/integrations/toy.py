"""A channel that answers as it is told, registered for the length of a test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from integrations import connectors, routing
from integrations.connectors.base import Connector, Kind, Truth
from integrations.models import AppRegistration, Authorisation, Connection
from inventory.models import Shop
from orders.snapshots import LineSnapshot, OrderSnapshot

Answer = Callable[[Sequence[str], datetime], Truth]


def order(number: str, asked_at: datetime, **differs: object) -> OrderSnapshot:
    placed = datetime(2026, 11, 11, tzinfo=UTC)
    told = {
        "number": number, "status": "to_ship", "channel_status": "READY", "currency": "VND", "placed_at": placed,
        "asked_at": asked_at, "lines": (LineSnapshot("1", "1", "", 1),),
    }  # fmt: skip
    return OrderSnapshot(**(told | differs))  # type: ignore[arg-type]


def all_known(ids: Sequence[str], asked_at: datetime) -> Truth:
    return Truth(orders=tuple(order(number, asked_at) for number in ids))


class Toy(Connector):
    channel = "toy"
    title = "Toy"
    kinds = {"order": Kind(batch=300)}
    answer: ClassVar[Answer] = staticmethod(all_known)
    asked: ClassVar[list[list[str]]] = []

    def read(self, kind: str, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Truth:
        type(self).asked.append(list(ids))
        return type(self).answer(ids, asked_at)


def install(monkeypatch: pytest.MonkeyPatch, connector: type[Connector]) -> None:
    """Make it the connector of the channel "toy", wherever a connector is looked up; forget what routes knew."""

    def found(channel: str) -> type[Connector]:
        return connector if channel == "toy" else connectors.connector_class(channel)

    for module in ("integrations.access", "integrations.routing", "integrations.receive"):
        monkeypatch.setattr(f"{module}.connector_class", found)
    monkeypatch.setattr("integrations.routing.channels", lambda: (*connectors.channels(), "toy"))
    monkeypatch.setattr(routing, "_known", {})


def connected(app: AppRegistration | None = None, external_id: str = "900") -> Connection:
    app = app or AppRegistration.objects.create(channel="toy", name="Toy")
    return Connection.objects.create(
        authorisation=Authorisation.objects.create(app=app, access_token="t"),
        shop=Shop.objects.create(name=f"Gian hàng {external_id}", channel="toy"), external_id=external_id,
    )  # fmt: skip
