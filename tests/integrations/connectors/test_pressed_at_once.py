"""A button pressed twenty times at once, over HTTP, by several people and with workers at it, is done once at every channel."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import requests
from django.db import connection as database
from django.test import Client
from pytest_django.live_server_helper import LiveServer
from redis import Redis

from erpsync.admin.kit.declared import PREFIX
from integrations.accounts.connections import account_of
from integrations.connectors import channels, connector_of
from integrations.contract.access import Access
from integrations.contract.reads import Answer
from integrations.documents.commands.perform import perform_due
from integrations.documents.commands.request import fields_for, possible
from integrations.inbox.refetch import refetch
from integrations.ingest.drain import drain
from integrations.models import AppRegistration, Authorisation, Command, Connection
from integrations.simulator.discovery import find_platforms
from integrations.simulator.simulation import Simulation
from inventory.models import Shop
from orders.models import Order
from tests.integrations.connectors.played import Played
from tests.integrations.toy import install

pytestmark = pytest.mark.django_db(transaction=True)

PRESSES, PEOPLE = 20, 8
CSRF = "a" * 32
# simulated seconds that a channel may hold a paid order back
HELD_BACK = 2.5
ASKED = [
    (channel, kind) for channel in channels() for kind in ("ship", "cancel") if kind in connector_of(channel).writes
]


@pytest.fixture(scope="module")
def world() -> Iterator[Simulation]:
    found = Simulation(find_platforms(), products=20, seed="pressed", speed=0.0001)
    found.start()
    yield found
    found.stop()


@pytest.fixture
def shop(channel: str, world: Simulation, redis: Redis) -> Connection:
    """A shop of the channel, connected to its simulated platform."""
    played = Played(world, channel)
    app, (shop_id, row) = played.app(), played.shop()
    registered = AppRegistration.objects.create(
        channel=channel,
        name=channel,
        base_url=app.base_url,
        credentials=dict(app.credentials),
        settings=dict(app.settings),
    )
    authorisation = Authorisation.objects.create(
        app=registered, access_token=row["access_token"], refresh_token=row.get("refresh_token", "")
    )
    shop = Shop.objects.create(name=f"{channel} shop", channel=channel)
    return Connection.objects.create(authorisation=authorisation, shop=shop, external_id=shop_id)


def sold(world: Simulation, shop: Connection, channel: str) -> Order:
    """A paid order that waits to be arranged, as the hub reads it; a channel may hold one back for a while, or lock it."""
    for _order in range(3):
        number = bought(world, shop, channel)
        for seconds in (0, HELD_BACK, HELD_BACK):
            Played(world, channel).ask("POST", "/advance", seconds=seconds)
            refetch(shop, "order", [number], "person")
            drain(shop.pk)
            if order := Order.objects.filter(number=number, status="to_ship").first():
                return order
    raise AssertionError(list(Order.objects.values_list("status", "channel_status")))


def bought(world: Simulation, shop: Connection, channel: str) -> str:
    """A buyer orders one thing and pays; the order's number."""
    life, theirs = world.world.life, world.world.book.shops[channel][shop.external_id]
    with world.world.lock:
        placed = life.place(theirs, [(next(iter(theirs.variations())), 1)])
        if placed.status == "unpaid":
            life._step(placed, "paid", "to_ship")
    return placed.id


def steps(world: Simulation, order: Order) -> list[str]:
    """What happened to an order at its platform."""
    return [row["step"] for row in world.world.book.journal.after(0) if row.get("id") == order.number and "step" in row]


def tells_the_old_status(monkeypatch: pytest.MonkeyPatch, shop: Connection, channel: str) -> None:
    """From now on the channel answers with what it says of each order now, whatever happens to it."""
    connector, known = connector_of(channel), dict[str, Any]()
    reader = connector.reads["order"]

    def read(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
        for number in ids:
            if number not in known:
                known[number] = reader.read(access, [number], since=since, asked_at=asked_at).snapshots
        return Answer(tuple(replace(one, asked_at=asked_at) for number in ids for one in known[number]))

    account = account_of(shop)
    for order in Order.objects.all():
        read(account.access, [order.number], since=order.placed_at, asked_at=order.asked_at)
    install(monkeypatch, replace(connector, reads={**connector.reads, "order": replace(reader, read=read)}))


def chosen(order: Order, kind: str) -> dict[str, str]:
    """What a person fills in: the first of the choices, and words where words are asked for."""
    fields = fields_for(order, kind)
    given = {field.name: field.default or (field.choices[0][0] if field.choices else "") for field in fields}
    return {f"{PREFIX}{name}": value for name, value in given.items()}


def press(url: str, session: str, said: dict[str, str], times: int) -> Collection[int]:
    """Press the dialog's button so many times at once; the statuses of the answers."""

    def once(_n: int) -> int:
        answer = requests.post(
            url, said | {"_form_submitted": "on", "csrfmiddlewaretoken": CSRF}, timeout=60, allow_redirects=False,
            cookies={"sessionid": session, "csrftoken": CSRF},
        )  # fmt: skip
        return answer.status_code

    with ThreadPoolExecutor(PEOPLE) as people:
        return set(people.map(once, range(times)))


def work(shop: Connection, until: list[bool]) -> None:
    """Carry out commands and read what they ask for again, as workers do."""
    try:
        while not until:
            perform_due(shop.pk, budget_seconds=1)
            drain(shop.pk)
            time.sleep(0.02)
    finally:
        database.close()


@pytest.mark.parametrize("tells", ["the new status", "the old status"])
@pytest.mark.parametrize(("channel", "kind"), ASKED)
def test_it_is_done_once(
    channel: str, kind: str, tells: str, world: Simulation, shop: Connection, live_server: LiveServer, client: Client,
    admin_user: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setitem(database.settings_dict, "CONN_MAX_AGE", 0)
    order = sold(world, shop, channel)
    assert kind in possible(order)
    said = chosen(order, kind)
    if tells == "the old status":
        tells_the_old_status(monkeypatch, shop, channel)
    client.force_login(admin_user)
    url = f"{live_server.url}/admin/orders/order/{order.pk}/{kind}/"
    session, over = client.cookies["sessionid"].value, list[bool]()
    with ThreadPoolExecutor(2) as workers:
        for _worker in range(2):
            workers.submit(work, shop, over)
        statuses = press(url, session, said, PRESSES)
        deadline = time.monotonic() + 30
        while Command.objects.filter(state__in=("wanted", "sent")).exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        statuses |= press(url, session, said, 2)
        over.append(True)
    assert statuses == {200}
    assert list(Command.objects.filter(order=order).values_list("kind", "state")) == [(kind, "done")]
    assert steps(world, order).count({"ship": "arranged", "cancel": "cancelled"}[kind]) == 1
