"""A channel that answers as it is told, registered for the length of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from integrations import connectors
from integrations.contract.access import Access
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.reads import Answer, Page, Reader
from integrations.inbox import routing
from integrations.models import AppRegistration, Authorisation, Connection
from inventory.models import Shop
from orders.snapshots import LineSnapshot, OrderSnapshot

Answers = Callable[[Sequence[str], datetime], Answer]


def order(number: str, asked_at: datetime, **differs: object) -> OrderSnapshot:
    placed = datetime(2026, 11, 11, tzinfo=UTC)
    fields = {
        "number": number, "status": "to_ship", "channel_status": "READY", "currency": "VND", "placed_at": placed,
        "asked_at": asked_at, "lines": (LineSnapshot("1", "1", "", 1),),
    }  # fmt: skip
    return OrderSnapshot(**(fields | differs))  # type: ignore[arg-type]


def all_known(ids: Sequence[str], asked_at: datetime) -> Answer:
    return Answer(tuple(order(number, asked_at) for number in ids))


class Toy:
    """What the toy channel answers, and what it was asked."""

    answer: ClassVar[Answers] = staticmethod(all_known)
    asked: ClassVar[list[list[str]]] = []

    @classmethod
    def read(cls, access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
        cls.asked.append(list(ids))
        return cls.answer(ids, asked_at)

    @classmethod
    def changed(cls, access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        yield from ()


def toy_connector(toy: type[Toy] = Toy) -> Connector:
    return Connector(
        channel="toy",
        title="Toy",
        roles=frozenset({Role.MARKETPLACE}),
        check=lambda access: Health(access.shop_id),
        reads={"order": Reader(read=toy.read, changed=toy.changed, batch=300)},
    )


def install(monkeypatch: pytest.MonkeyPatch, *guests: Connector) -> None:
    """Register these connectors beside the folders', wherever a connector is looked up; forget what routes knew."""
    known = {guest.channel: guest for guest in guests}
    listed, loaded = connectors._listed, connectors._loaded
    monkeypatch.setattr(connectors, "_listed", lambda: tuple(sorted({*listed(), *known})))
    monkeypatch.setattr(connectors, "_loaded", lambda channel: known.get(channel) or loaded(channel))
    monkeypatch.setattr(routing, "_known", {})


def connected(app: AppRegistration | None = None, external_id: str = "900") -> Connection:
    app = app or AppRegistration.objects.create(channel="toy", name="Toy")
    return Connection.objects.create(
        authorisation=Authorisation.objects.create(app=app, access_token="t"),
        shop=Shop.objects.create(name=f"Gian hàng {external_id}", channel="toy"), external_id=external_id,
    )  # fmt: skip
