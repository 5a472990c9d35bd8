"""The simulated Shopee in a running world: a sale day that agrees with the world's state, and a restart."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from integrations.connectors.shopee.simulator.platform import PLATFORM
from integrations.simulator.serving import Server
from integrations.simulator.simulated_platform import Response
from integrations.simulator.simulation import Simulation
from tests.integrations.connectors.shopee.simulator.still_world import Client
from tests.waiting import wait_until

WORDS = {
    "unpaid": "UNPAID",
    "to_ship": "READY_TO_SHIP",
    "packed": "PROCESSED",
    "shipped": "SHIPPED",
    "delivered": "TO_CONFIRM_RECEIVE",
    "completed": "COMPLETED",
    "cancelling": "IN_CANCEL",
    "cancelled": "CANCELLED",
    "returning": "TO_RETURN",
}


class Now:
    """The machine's clock, for a client that signs."""

    def now(self) -> float:
        return time.time()


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    found = Simulation({"shopee": PLATFORM}, products=80, seed="world", speed=30)
    found.start()
    yield found
    found.stop()


def ask(simulation: Simulation, method: str, path: str, body: Any = None) -> Any:
    answer = requests.request(method, simulation.url + path, json=body, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


def clients(simulation: Simulation) -> list[Client]:
    account = ask(simulation, "GET", "/accounts")["shopee"]
    app = account["app"]
    return [
        Client(
            account["base_url"], Now(), app["partner_id"], app["partner_key"],  # type: ignore[arg-type]
            shop["shop_id"], shop["access_token"], shop["refresh_token"], shop["code"],
        )
        for shop in account["shops"]
    ]  # fmt: skip


def test_after_a_sale_day_every_order_is_in_the_state_of_the_world(simulation: Simulation) -> None:
    got: list[str] = []

    def take(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        got.append(headers["authorization"])
        return 200, {}, b""

    hub = Server(0, take)
    hub.start()
    ask(simulation, "POST", "/webhooks", {"channel": "shopee", "url": f"{hub.url}/hook"})
    ask(simulation, "POST", "/start", {"orders": 60, "interval_ms": 5, "pos_share": 0})
    wait_until(lambda: ask(simulation, "GET", "/progress")["orders_placed"] == 60)
    ask(simulation, "POST", "/settle")
    wait_until(lambda: ask(simulation, "GET", "/progress")["settled"])
    hub.stop()
    truth = {row["id"]: row for row in ask(simulation, "GET", "/truth")["orders"]}
    assert len(truth) == 60
    told: dict[str, Any] = {}
    now = int(time.time())
    for client in clients(simulation):
        query = {"time_range_field": "update_time", "time_from": now - 900, "time_to": now + 5, "page_size": 100}
        numbers = [row["order_sn"] for row in client.get("order/get_order_list", **query)["order_list"]]
        for begin in range(0, len(numbers), 50):
            asked = ",".join(numbers[begin : begin + 50])
            for row in client.get("order/get_order_detail", order_sn_list=asked, response_optional_fields="item_list")[
                "order_list"
            ]:
                told[row["order_sn"]] = (
                    row["order_status"],
                    sum(line["model_quantity_purchased"] for line in row["item_list"]),
                )
    assert told == {
        number: (WORDS[row["status"]], sum(line["quantity"] for line in row["lines"])) for number, row in truth.items()
    }
    # status and stock of each order at least; every one arrived, signed with 64 hex digits
    assert ask(simulation, "GET", "/progress")["webhooks"]["shopee"] == {"accepted": len(got)}
    assert len(got) > 3 * 60
    assert {len(signature) for signature in got} == {64}


def test_a_restart_keeps_shops_orders_and_tokens(tmp_path: Path) -> None:
    file = tmp_path / "state"
    first = Simulation({"shopee": PLATFORM}, products=60, seed="kept", state_file=file)
    first.start()
    client = clients(first)[0]
    with first.world.lock:
        shop = first.world.book.shops["shopee"][str(client.shop_id)]
        sku = next(variation.sku for variation in shop.variations() if variation.stock > 3)
        order = first.world.day.order("shopee", shop.id, [(sku, 1)])
    before = client.get("order/get_order_detail", order_sn_list=order.id, response_optional_fields="item_list")
    first.stop()
    second = Simulation({"shopee": PLATFORM}, products=60, seed="kept", state_file=file)
    second.start()
    try:
        client.base = ask(second, "GET", "/accounts")["shopee"]["base_url"]
        after = client.get("order/get_order_detail", order_sn_list=order.id, response_optional_fields="item_list")
        assert after["order_list"][0]["item_list"] == before["order_list"][0]["item_list"]
        with second.world.lock:
            state = second.world.book.orders["shopee"][order.id]
            second.world.life.cancel(state, "buyer", "changed_mind")
        after = client.get("order/get_order_detail", order_sn_list=order.id)
        assert after["order_list"][0]["order_status"] == "CANCELLED"
    finally:
        second.stop()


def test_the_same_seed_gives_the_same_platform() -> None:
    def opened(seed: str) -> tuple[Any, ...]:
        found = Simulation({"shopee": PLATFORM}, products=60, seed=seed)
        book, platform = found.world.book, found.world.platforms["shopee"]
        shops = book.shops["shopee"]
        first = next(iter(shops.values()))
        facts = (
            platform.accounts()["app"]["partner_key"],
            list(shops),
            [
                [(item.id, [one.id for one in item.variations]) for item in shop.items.values()]
                for shop in shops.values()
            ],
            [platform.order_id(first, number) for number in range(1, 2000)],
        )
        found.close_ports()
        return facts

    once = opened("a")
    assert once == opened("a")
    assert once[0] != opened("b")[0]
    assert len(set(once[3])) == 1999
    ids = [number for shop in once[2] for number, _ in shop]
    assert len(set(ids)) == len(ids)
