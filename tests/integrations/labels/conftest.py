"""A channel whose labels a test decides, and shops with parcels to print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import pytest
from django.db import connection as database

from integrations.contract.access import Access
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.errors import ChannelError
from integrations.contract.labels import Label, Labels, ParcelRef
from integrations.models import AppRegistration, Connection
from integrations.simulator.pdf import label_pdf
from orders.models import Order, Parcel
from tests.integrations.toy import connected, install

BATCH = 20
PLACED = datetime(2026, 11, 11, tzinfo=UTC)


def pdf(*pages: str) -> bytes:
    return label_pdf([[page] for page in pages])


@dataclass
class Channel:
    """Answers with a PDF of one page that names the parcel, unless the test says otherwise."""

    answers: dict[str, Label | ChannelError] = field(default_factory=dict)
    raises: Exception | None = None
    asked: list[list[ParcelRef]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def fetch(self, access: Access, parcels: Sequence[ParcelRef]) -> Mapping[ParcelRef, Label | ChannelError]:
        assert not database.in_atomic_block, "never call out inside a transaction"
        with self.lock:
            self.asked.append(list(parcels))
        if self.raises:
            raise self.raises
        return {ref: self.answers.get(ref.parcel or ref.order_number) or self.made(ref) for ref in parcels}

    def made(self, ref: ParcelRef) -> Label:
        name = ref.parcel or ref.order_number
        return Label(pdf(name), "application/pdf", f"{name}.pdf")

    @property
    def names(self) -> list[str]:
        return sorted(ref.parcel or ref.order_number for call in self.asked for ref in call)


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Channel:
    """The channel `toy`; `plain` is one without labels."""
    found = Channel()

    def connector(name: str, labels: Labels | None) -> Connector:
        return Connector(
            channel=name, title=name.title(), roles=frozenset({Role.MARKETPLACE}),
            check=lambda access: Health(access.shop_id), labels=labels,
        )  # fmt: skip

    install(monkeypatch, connector("toy", Labels(fetch=found.fetch, batch=BATCH)), connector("plain", None))
    return found


@pytest.fixture
def shop(transactional_db: None, channel: Channel) -> Connection:
    return connected()


def plain_shop() -> Connection:
    return connected(AppRegistration.objects.create(channel="plain", name="Plain"), external_id="901")


def sold(connection: Connection, number: str, *parcels: str, status: str = "packed", **fields: Any) -> Order:
    """An order with parcels of these numbers."""
    order = Order.objects.create(
        shop=connection.shop, number=number, status=status, placed_at=PLACED, asked_at=PLACED, **fields
    )
    for parcel in parcels:
        Parcel.objects.create(order=order, number=parcel, tracking_number=f"T-{parcel}")
    return order
