"""Each fault happens at its rate, and never at 0."""

from __future__ import annotations

import json
import time
from collections import Counter

import pytest
import requests

from integrations.simulator.draws import Draws
from integrations.simulator.faults import LEVELS, Faults
from integrations.simulator.simulation import Simulation
from tests.integrations.simulator.conftest import Director, Hub
from tests.integrations.simulator.toy import still_world
from tests.waiting import wait_until

MANY = 20_000


def shares(level: str) -> dict[str, float]:
    faults = Faults(Draws("1"), level)
    drawn = [faults.copies("toy", f"d{number}") for number in range(MANY)]
    sent = [delay for copies in drawn for delay in copies]
    return {
        "dropped": sum(not copies for copies in drawn) / MANY,
        "duplicate": sum(len(copies) == 2 for copies in drawn) / sum(bool(copies) for copies in drawn),
        "delayed": sum(delay > 0 for delay in sent) / len(sent),
        "longest": max(sent),
    }


@pytest.mark.parametrize(
    ("level", "dropped", "duplicate", "delayed", "longest"),
    [("calm", 0, 0, 0, 0), ("rough", 0.05, 0.10, 0.10, 10), ("hostile", 0.15, 0.30, 0.30, 60)],
)
def test_webhooks_of_a_level(level: str, dropped: float, duplicate: float, delayed: float, longest: float) -> None:
    found = shares(level)
    assert found["dropped"] == pytest.approx(dropped, abs=0.01)
    assert found["duplicate"] == pytest.approx(duplicate, abs=0.012)
    assert found["delayed"] == pytest.approx(delayed, abs=0.012)
    assert longest * 0.95 <= found["longest"] <= longest


@pytest.mark.parametrize(("level", "broken"), [("calm", 0), ("rough", 0.02), ("hostile", 0.05)])
def test_calls_of_a_level(level: str, broken: float) -> None:
    faults = Faults(Draws("1"), level)
    hits = sum(faults.hits("toy", "server_error") + faults.hits("toy", "answer_lost") for _ in range(MANY))
    assert hits / MANY == pytest.approx(broken, abs=0.005)
    refused = sum(faults.hits("toy", "partial_batch") for _ in range(MANY))
    assert refused / MANY == pytest.approx(0.05 if level == "hostile" else 0, abs=0.005)


def test_a_clock_is_wrong_by_as_much_all_day_and_differently_per_platform() -> None:
    faults = Faults(Draws("1"), "hostile")
    skews = [faults.skew(channel) for channel in ("toy", "till", "toy")]
    assert skews[0] == skews[2] != skews[1]
    assert all(0 < abs(skew) <= 120 for skew in skews)
    context = still_world(chaos="hostile").platforms["toy"].context
    assert context.platform_time(1000.0) == pytest.approx(1000.0 + skews[0])
    assert Faults(Draws("1")).skew("toy") == 0


def test_tokens_die_early_in_real_seconds() -> None:
    world = still_world(chaos="hostile")
    context = world.platforms["toy"].context
    assert context.token_life(14_400) == 60
    world.book.timeline.speed = 10.0
    assert context.token_life(14_400) == 600
    assert context.token_life(30) == 30
    assert still_world().platforms["toy"].context.token_life(14_400) == 14_400


def test_one_channel_can_be_worse_off() -> None:
    faults = Faults(Draws("1"))
    faults.set({"toy.server_error": 1})
    assert faults.hits("toy", "server_error")
    assert not faults.hits("till", "server_error")
    faults.level("rough")
    assert faults.rates == dict(LEVELS["rough"])


def test_a_broken_platform_has_done_nothing_and_a_lost_answer_all(director: Director, simulation: Simulation) -> None:
    url = f"{simulation.world.urls['toy']}/order/{_ordered(director)}"
    director.post("/faults", server_error=1)
    assert requests.get(url, timeout=5).status_code == 503
    assert director.get("/truth")["order_times"][0]["told_at"] is None
    director.post("/faults", server_error=0, answer_lost=1)
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
    assert director.get("/truth")["order_times"][0]["told_at"] is not None
    assert requests.get(f"{simulation.world.urls['toy']}/token", timeout=5).status_code == 404
    director.post("/faults", chaos="calm")
    assert requests.get(url, timeout=5).status_code == 200


def test_a_platform_may_be_far_away(director: Director, simulation: Simulation) -> None:
    url = f"{simulation.world.urls['toy']}/order/x"
    director.post("/faults", **{"toy.answer_seconds": 0.3})
    began = time.monotonic()
    assert requests.get(url, timeout=5).status_code == 404
    assert time.monotonic() - began >= 0.3
    assert simulation.world.book.faults.rate("till", "answer_seconds") == 0


def test_refusals_come_in_bursts(director: Director, simulation: Simulation) -> None:
    url = f"{simulation.world.urls['toy']}/order/x"
    director.post("/faults", rate_limited=1, rate_limit_seconds=0.3)
    assert requests.get(url, timeout=5).status_code == 429
    director.post("/faults", rate_limited=0)
    assert requests.get(url, timeout=5).status_code == 429
    wait_until(lambda: requests.get(url, timeout=5).status_code == 404)


def test_a_dropped_webhook_is_believed_to_be_delivered(director: Director, hub: Hub) -> None:
    director.post("/webhooks", channel="toy", url=hub.url)
    director.post("/faults", webhook_dropped=1)
    _ordered(director)
    assert director.get("/progress")["webhooks"] == {"toy": {"dropped": 1}}
    assert hub.got == []
    [row] = [row for row in director.get("/log")["events"] if row["kind"] == "webhook"]
    assert (row["delivery"], row["attempt"], row["outcome"], row["answer"]) == ("p1", 1, "dropped", None)


def test_doubled_and_late_webhooks(director: Director, hub: Hub) -> None:
    director.post("/webhooks", channel="toy", url=hub.url)
    director.post("/faults", webhook_duplicated=1)
    order = _ordered(director)
    wait_until(lambda: len(hub.got) == 2)
    assert [json.loads(body) for body in hub.got] == [{"order": order, "step": "placed"}] * 2
    director.post("/faults", chaos="calm", webhook_delayed=1, webhook_delay_seconds=3600)
    _ordered(director)
    assert director.get("/progress")["pending"]["wire"] >= 1
    assert len(hub.got) == 2
    director.post("/settle")
    wait_until(lambda: director.get("/progress")["settled"])
    assert Counter(json.loads(body)["step"] for body in hub.got)["placed"] == 3


def test_what_the_hub_says_is_written_down(director: Director, hub: Hub) -> None:
    director.post("/webhooks", channel="toy", url=hub.url)
    hub.replies[:] = [503]
    order = _ordered(director)
    wait_until(lambda: director.get("/progress")["webhooks"] == {"toy": {"refused": 1}})
    assert director.get("/truth")["order_times"][0]["told_at"] is None
    director.post("/webhooks", channel="toy", url="http://127.0.0.1:9")
    _ordered(director)
    wait_until(lambda: director.get("/progress")["webhooks"] == {"toy": {"refused": 1, "unanswered": 1}})
    director.post("/webhooks", channel="toy", url=hub.url)
    third = _ordered(director)
    wait_until(lambda: director.get("/progress")["webhooks"]["toy"].get("accepted") == 1)
    told = {row["id"]: row["told_at"] for row in director.get("/truth")["order_times"]}
    assert told[order] is None
    assert told[third] is not None


def _ordered(director: Director) -> str:
    """Place an order that takes no step for a while, and return its id."""
    listing = next(row for row in director.get("/truth")["listings"] if row["stock"] > 5)
    line = {"sku": listing["sku"], "quantity": 1}
    found: str = director.post("/orders", channel="toy", shop=listing["shop"], lines=[line])["id"]
    return found
