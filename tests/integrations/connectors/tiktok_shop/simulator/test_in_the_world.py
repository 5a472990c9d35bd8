"""The simulated TikTok Shop in a world that lives: a past to be read back, and a day that ends as the truth says."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
from redis import Redis

from integrations.connectors.tiktok_shop.connector import CONNECTOR
from integrations.connectors.tiktok_shop.simulator.platform import PLATFORM
from integrations.contract.access import Access, AppAccess
from integrations.simulator.simulation import Simulation
from orders.snapshots import OrderSnapshot
from tests.integrations.connectors.bound import Bound, lines_of
from tests.integrations.connectors.tiktok_shop.conftest import Renewing
from tests.waiting import wait_until

CHANNEL = "tiktok_shop"
OURS = {
    "UNPAID": "unpaid", "AWAITING_SHIPMENT": "to_ship", "AWAITING_COLLECTION": "packed", "IN_TRANSIT": "shipped",
    "DELIVERED": "delivered", "COMPLETED": "completed", "CANCELLED": "cancelled",
}  # fmt: skip


@pytest.fixture
def simulation(redis: Redis) -> Iterator[Simulation]:
    found = Simulation({CHANNEL: PLATFORM}, products=60, seed="past", speed=50)
    found.start()
    yield found
    found.stop()


def ask(simulation: Simulation, path: str, **body: object) -> None:
    requests.post(simulation.url + path, json=body, timeout=30).raise_for_status()


def connector(simulation: Simulation) -> Bound:
    account = requests.get(f"{simulation.url}/accounts", timeout=5).json()[CHANNEL]
    app = AppAccess("key", account["app"], account["base_url"], settings={"limit_calls": "100000"})
    shop = account["shops"][0]
    tokens = Renewing(app, shop["access_token"], shop["refresh_token"])
    return Bound(CONNECTOR, Access(app, shop["shop_id"], tokens, {"shop_cipher": shop["shop_cipher"]}))


def test_a_past_is_read_back_order_by_order_and_day_by_day(simulation: Simulation) -> None:
    shop = next(iter(simulation.world.book.shops[CHANNEL]))
    ask(simulation, "/history", channel=CHANNEL, shop=shop, orders=250, days=5)
    ours, now = connector(simulation), datetime.now(UTC)
    since = now - timedelta(days=30)
    placed = simulation.world.book.orders[CHANNEL]
    pages = list(ours.changed("order", since=since, until=now))
    found = {order.number: order for page in pages if page.answer for order in page.answer.of(OrderSnapshot)}
    assert found.keys() == placed.keys()
    assert {order.status for order in found.values()} == {"completed"}
    assert ours.earliest("order") == min(order.placed_at for order in found.values())
    settled = [change for page in ours.changed("settlement", since=since, until=now) for change in page.changes]
    assert len({change.version.date() for change in settled if change.version}) == len(settled) > 4
    lines = [
        line
        for change in settled
        for line in lines_of(ours.read("settlement", [change.external_id], since=since, asked_at=now))[
            change.external_id
        ]
    ]
    assert {line.order_number for line in lines} == placed.keys()
    assert all(line.is_paid for line in lines)


def test_a_day_ends_as_the_truth_says_and_can_be_saved(simulation: Simulation) -> None:
    ask(simulation, "/start", orders=120, interval_ms=0)
    world = simulation.world
    wait_until(lambda: world.book.last_number >= 120)
    ask(simulation, "/settle")
    wait_until(lambda: all(order.status in ("completed", "cancelled") for order in world.book.orders[CHANNEL].values()))
    wait_until(lambda: not world.platforms[CHANNEL].save().book.open_statements)  # type: ignore[attr-defined]
    with world.lock:
        platform = pickle.loads(pickle.dumps(world.platforms[CHANNEL].save()))  # noqa: S301 - our own
        for order_id, sale in world.book.orders[CHANNEL].items():
            record = platform.book.orders[order_id]
            assert ("cancelling" if record.asked_to_cancel else OURS[record.status]) == sale.status
            assert len(record.units) == sum(line.quantity for line in sale.lines)
        settled = {entry.order_id for found in platform.book.statements.values() for entry in found.entries}
        done = {order.id for order in platform.book.orders.values() if order.status == "COMPLETED"}
        assert settled == done != set()
        assert all(found.time for found in platform.book.statements.values())
