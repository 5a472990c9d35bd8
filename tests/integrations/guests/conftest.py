"""Guests: outside systems of other kinds, each a folder that the registry finds in a temporary place for one test."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import invalidate_caches
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from redis import Redis

from core.db import execute
from integrations import connectors, jobs
from integrations.contract.connector import Connector
from integrations.inbox import receive
from integrations.ingest import resources
from integrations.ingest.resources import Resource
from integrations.models import Command, Connection
from inventory.models import Breach, ShopMembership
from orders.models import Order
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot
from tests.integrations.toy import connected, install, toy_connector

HERE = Path(__file__).parent
NOON = datetime(2026, 11, 11, 5, tzinfo=UTC)

MoveIn = Callable[[str], Connector]
Table = Callable[[str, str], None]
Register = Callable[[Resource[Any]], None]


@pytest.fixture
def move_in(tmp_path: Path) -> Iterator[MoveIn]:
    """`move_in(name)` puts that guest's folder where the registry finds it, and returns its connector."""
    caches = (connectors._listed, connectors._loaded)

    def forget() -> None:
        invalidate_caches()
        for known in caches:
            known.cache_clear()

    def found(name: str) -> Connector:
        shutil.copytree(HERE / name, tmp_path / name)
        forget()
        return connectors.connector_of(name)

    connectors.__path__.append(str(tmp_path))
    yield found
    connectors.__path__.remove(str(tmp_path))
    forget()
    for guest in tmp_path.iterdir():
        vars(connectors).pop(guest.name, None)
        prefix = f"{connectors.__name__}.{guest.name}"
        for module in [name for name in sys.modules if name == prefix or name.startswith(f"{prefix}.")]:
            del sys.modules[module]


@dataclass
class House:
    """A marketplace shop with its manager, and another shop whose manager is a stranger to the guests of the first."""

    market: Connection
    manager: Client
    stranger: Client
    user: Any

    def order(self, number: str, status: str = "to_ship", *, price: int = 150_000, placed: datetime = NOON) -> Order:
        """Store an order as the marketplace has it now."""
        now = timezone.now()
        line = LineSnapshot("1", "i1", "", 2, sku="AO", price=Decimal(price), paid_price=Decimal(price))
        total = Decimal(2 * price)
        snapshot = OrderSnapshot(number, status, status, "VND", placed, now, (line,), version=now, total=total)
        with transaction.atomic():
            upsert_orders(self.market.own_shop, [snapshot], source="webhook")
        return Order.objects.get(number=number)


@pytest.fixture
def house(
    move_in: MoveIn, transactional_db: None, redis: Redis, live_server: LiveServer, settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> House:  # fmt: skip
    settings.PUBLIC_URL = live_server.url
    install(monkeypatch, toy_connector())
    monkeypatch.setattr(receive, "_noted", {})
    market = connected()
    other = connected(external_id="901")
    clients = []
    for shop in (market.own_shop, other.own_shop):
        user = get_user_model().objects.create_user(shop.name, is_staff=True)
        ShopMembership.objects.create(user=user, shop=shop, role=ShopMembership.Role.MANAGER)
        client = Client()
        client.force_login(user)
        clients.append((client, user))
    (manager, user), (stranger, _) = clients
    return House(market, manager, stranger, user)


@pytest.fixture
def table(transactional_db: None) -> Iterator[Table]:
    """`table(name, columns)` makes a table for the length of the test: that of the app which would own the resource."""
    made: list[str] = []

    def make(name: str, columns: str) -> None:
        execute(f"CREATE TABLE {name} ({columns})")
        made.append(name)

    yield make
    for name in made:
        execute(f"DROP TABLE {name}")


@pytest.fixture
def register() -> Iterator[Register]:
    """`register(resource)` adds a row to the table of resources for the length of the test."""
    with ExitStack() as stack:

        def add(resource: Resource[Any]) -> None:
            stack.callback(resources.register(resource))

        yield add


def a_day_passes() -> None:
    """Run every job of a day for every connection; nothing is raised and no book is found wrong."""
    jobs.renew_tokens()
    jobs.sweep_all()
    jobs.sweep_day()
    jobs.tick()
    for connection in Connection.objects.all():
        for job in (jobs.sweep, jobs.drain, jobs.perform, jobs.perform_bulk, jobs.cut, jobs.publish):
            job(connection.pk)
    jobs.nightly()
    assert not Breach.objects.exists()
    assert not Connection.objects.exclude(trouble="").exists()


def minutes_pass() -> None:
    """What waits is due, and a call that got no answer is over at the other system."""
    minutes_ago = timezone.now() - timedelta(minutes=10)
    Command.objects.filter(state__in=("wanted", "sent")).update(due_at=minutes_ago)
    Command.objects.filter(state="sent").update(sent_at=minutes_ago)


def page(client: Client, model: str, *args: object, action: str = "", **query: str | int) -> tuple[int, str]:
    """Open an admin page of an integrations model: its list, or a row's page or action; returns status and text."""
    name = action or ("change" if args else "changelist")
    answer = client.get(reverse(f"admin:integrations_{model}_{name}", args=args), query)
    return answer.status_code, answer.content.decode()
