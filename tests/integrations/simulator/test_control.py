"""The control API over HTTP."""

from __future__ import annotations

from collections import Counter

import pytest
import requests

from integrations.simulator.simulation import Simulation
from tests.integrations.simulator.conftest import Director, Hub
from tests.waiting import wait_until


def test_accounts_say_where_and_what(director: Director, simulation: Simulation) -> None:
    assert director.get("/accounts") == {
        "toy": {
            "base_url": simulation.world.urls["toy"],
            "app": {"key": "k"},
            "shops": [
                {"shop_id": "s1", "name": "Tiệm 1", "ships_from": "Cửa hàng Quận 3"},
                {"shop_id": "s2", "name": "Tiệm 2", "ships_from": "Cửa hàng Quận 3"},
            ],
        },
        "till": {"base_url": simulation.world.urls["till"], "app": {}, "shops": [{"retailer": "tiemnha"}]},
    }


def test_an_ordered_order_is_true_and_answered_by_its_platform(director: Director, simulation: Simulation) -> None:
    listing = next(row for row in director.get("/truth")["listings"] if row["shop"] == "s2" and row["stock"] > 2)
    order = director.post("/orders", channel="toy", shop="s2", lines=[{"sku": listing["sku"], "quantity": 2}])["id"]
    truth = director.get("/truth")
    [row] = truth["orders"]
    assert (row["channel"], row["shop"], row["id"]) == ("toy", "s2", order)
    assert row["lines"] == [{"sku": listing["sku"], "quantity": 2}]
    answer = requests.get(f"{simulation.world.urls['toy']}/order/{order}", timeout=5)
    assert answer.json() == {"status": row["status"]}
    [times] = director.get("/truth")["order_times"]
    assert times["placed_at"] <= times["told_at"] < times["placed_at"] + 5
    assert director.get("/calls")["by_channel"] == {"toy": 1, "till": 0}


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/orders", {"channel": "toy", "shop": "s9", "lines": [{"sku": "A", "quantity": 1}]}, 404, "no shop 's9'"),
        ("/orders", {"channel": "toy", "shop": "s1", "lines": [{"sku": "A", "quantity": 1}]}, 404, "does not sell 'A'"),
        ("/orders", {"channel": "toy", "shop": "s1", "lines": []}, 400, "lines must be"),
        ("/orders", {"channel": "toy", "shop": "s1", "lines": [{"sku": "A", "quantity": 0}]}, 400, "1 or more"),
        ("/orders", {"shop": "s1"}, 400, "channel is missing"),
        ("/orders", [], 400, "must be a JSON object"),
        ("/sales", {"lines": [{"sku": "A", "quantity": 1}]}, 404, "no such SKU"),
        ("/sales", {"channel": "toy", "lines": [{"sku": "A", "quantity": 1}]}, 404, "no point of sale 'toy'"),
        ("/faults", {"webhook_lost": 0.5}, 400, "unknown fault"),
        ("/faults", {"toy.server_error": 2}, 400, "share from 0 to 1"),
        ("/faults", {"chaos": "mild"}, 400, "mild"),
        ("/webhooks", {"channel": "till", "url": "http://x"}, 400, "through its API"),
        ("/webhooks", {"channel": "misc", "url": "http://x"}, 404, "no channel 'misc'"),
        ("/imports", {"channel": "toy", "shop": "s1"}, 400, "imports no marketplace"),
        ("/advance", {"seconds": "soon"}, 400, "seconds must be a number"),
        ("/advance", {"seconds": -1}, 400, "seconds must be a number"),
        ("/nowhere", {}, 404, "no such call"),
    ],
)
def test_a_malformed_request_is_refused_and_changes_nothing(
    director: Director, path: str, body: object, status: int, words: str
) -> None:
    before = director.get("/truth")
    refused = director.refused(path, body)
    assert refused[0] == status
    assert words in refused[1]
    assert director.get("/truth") == before


def test_a_body_that_is_not_json_is_refused(director: Director) -> None:
    answer = requests.post(f"{director.url}/orders", data=b"{", timeout=5)
    assert (answer.status_code, answer.json()["error"][:19]) == (400, "the body is no JSON")


def test_more_than_there_is_cannot_be_bought(director: Director) -> None:
    truth = director.get("/truth")
    listing = next(row for row in truth["listings"] if row["stock"])
    line = {"sku": listing["sku"], "quantity": listing["stock"] + 1}
    assert director.refused("/orders", {"channel": "toy", "shop": listing["shop"], "lines": [line]})[0] == 409
    sku, places = next((sku, places) for sku, places in truth["stock"].items() if places["Kho Thủ Đức"])
    line = {"sku": sku, "quantity": places["Kho Thủ Đức"] + 1}
    assert director.refused("/sales", {"warehouse": "Kho Thủ Đức", "lines": [line]})[0] == 409
    assert director.get("/truth") == truth


def test_a_till_sale_takes_from_its_shelf(director: Director) -> None:
    sku, places = next((s, p) for s, p in director.get("/truth")["stock"].items() if p["Kho Thủ Đức"] > 1)
    assert director.post("/sales", warehouse="Kho Thủ Đức", lines=[{"sku": sku, "quantity": 2}]) == {"id": "HD000001"}
    truth = director.get("/truth")
    assert truth["stock"][sku] == {**places, "Kho Thủ Đức": places["Kho Thủ Đức"] - 2}
    [sale] = truth["sales"]
    del sale["sold_at"]
    assert sale == {
        "channel": "till", "shop": "", "order": "HD000001", "sku": sku, "warehouse": "Kho Thủ Đức", "units": 2,
        "available": places["Kho Thủ Đức"],
    }  # fmt: skip


def test_a_day_from_start_to_settled(director: Director, hub: Hub) -> None:
    director.post("/webhooks", channel="toy", url=f"{hub.url}/in")
    assert director.post("/start", orders=40, interval_ms=5, pos_share=0.5)["orders_wanted"] == 40
    wait_until(lambda: not director.get("/progress")["running"])
    early = director.get("/progress")
    assert early["orders_placed"] == 40
    assert not early["settled"]
    director.post("/settle")
    wait_until(lambda: director.get("/progress")["settled"])
    log = director.get("/log")["events"]
    steps = [row for row in log if row["kind"] == "order"]
    assert Counter(row["step"] for row in steps)["placed"] == 40
    assert len(hub.got) == len(steps)
    assert director.get("/progress")["webhooks"] == {"toy": {"accepted": len(steps)}}
    assert {row["status"] for row in director.get("/truth")["orders"]} <= {"completed", "cancelled", "returning"}
    assert director.get(f"/log?after={log[9]['n']}")["events"][:3] == log[10:13]
    assert director.get(f"/log?after={log[-1]['n']}")["events"] == []
    assert any(sale["channel"] == "till" for sale in director.get("/truth")["sales"])


def test_time_jumps(director: Director) -> None:
    listing = next(row for row in director.get("/truth")["listings"] if row["stock"])
    director.post("/orders", channel="toy", shop=listing["shop"], lines=[{"sku": listing["sku"], "quantity": 1}])
    assert director.post("/advance", seconds=3600)["seconds"] >= 3600
    wait_until(lambda: director.get("/truth")["orders"][0]["status"] in {"completed", "cancelled", "returning"})
