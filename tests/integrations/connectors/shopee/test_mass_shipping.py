"""Many orders arranged in one call: what is sent, who is left out, and what a lost answer means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from integrations.connectors.shopee.mass_shipping import BATCH
from integrations.contract.errors import ChannelError, Rejected, TryLater
from integrations.contract.writes import WriteOutcome, WriteRequest
from tests.integrations.connectors.bound import Bound

from .conftest import Shopee, bad, good
from .samples import raw
from .test_writes import PACKAGE, PARAMETER, SLOTS, package

MASS = "logistics/mass_ship_order"
CHOSEN = {"pickup": {"address_id": 234, "pickup_time_id": "1765036800"}}
ONE, MANY, NUMBERS = f"GET {PARAMETER}", f"POST {MASS}", f"GET {PACKAGE}"


def command(number: str, *packages: dict[str, Any], **options: Any) -> WriteRequest:
    rows = [{"logistics_channel_id": 50021} | row for row in packages or (package(f"P-{number}"),)]
    known = {"order_sn": number, "order_status": "READY_TO_SHIP", "package_list": rows}
    return WriteRequest("ship", number, f"ref-{number}", options=options, known=known)


def arranged(shopee: Shopee, *refused: str) -> None:
    """Shopee arranges all packages but those, and knows tracking numbers."""
    shopee.on(PARAMETER, good(SLOTS))

    def answer(asked: Any) -> Any:
        numbers = [row["package_number"] for row in asked.json()["package_list"]]
        return good({
            "success_list": [{"package_number": number} for number in numbers if number not in refused],
            "fail_list": [{"package_number": number, "fail_reason": "no"} for number in numbers if number in refused],
        })  # fmt: skip

    def numbered(asked: Any) -> Any:
        numbers = asked.query["package_number_list"].split(",")
        return good({"package_list": [{"package_number": one, "tracking_number": f"T-{one}"} for one in numbers]})

    shopee.on(MASS, answer)
    shopee.on(PACKAGE, numbered)


def ship(ports: Bound, *commands: WriteRequest) -> Mapping[str, WriteOutcome | ChannelError]:
    together = ports.connector.writes["ship"].together
    assert together is not None
    return together.perform(ports.access, commands)


def sent(shopee: Shopee) -> list[list[str]]:
    bodies = [asked.json() for asked in shopee.asked if asked.path.endswith(MASS)]
    return [[row["package_number"] for row in body["package_list"]] for body in bodies]


def test_fifty_orders_are_three_calls(shopee: Shopee, ports: Bound) -> None:
    arranged(shopee)
    found = ship(ports, *(command(f"A{n}") for n in range(50)))
    assert shopee.calls() == [ONE, MANY, NUMBERS]
    assert shopee.asked[0].query == {"order_sn": "A0", "package_number": "P-A0"}
    assert shopee.asked[1].json() == {"package_list": [{"package_number": f"P-A{n}"} for n in range(50)], **CHOSEN}
    facts = {"order_status": "READY_TO_SHIP", "packages": ["P-A7"]}
    assert (len(found), found["ref-A7"]) == (50, WriteOutcome("P-A7", "T-P-A7", facts))


def test_what_shopee_refuses_is_left_to_a_call_of_its_own(shopee: Shopee, ports: Bound) -> None:
    arranged(shopee, "P-A2", "X2")
    split = command("A3", package("X1"), package("X2"))
    assert list(ship(ports, command("A1"), command("A2"), split)) == ["ref-A1"]
    shopee.on(MASS, bad("logistics.error_param", "not like this"))
    assert ship(ports, command("A1"), command("A2")) == {}
    shopee.on(PARAMETER, bad("logistics.error_status_limit", "too late"))
    assert ship(ports, command("A1"), command("A2")) == {}


def test_only_what_is_shipped_in_the_same_way_goes_together(shopee: Shopee, ports: Bound) -> None:
    arranged(shopee)
    other = [package(f"O{n}") | {"logistics_channel_id": 50022} for n in (1, 2)]
    found = ship(
        ports,
        command("A1"), command("A2"), command("B1", other[0]), command("B2", other[1]),
        command("C1", method="dropoff"), command("C2", method="dropoff"), command("D1", method="pickup"),
    )  # fmt: skip
    assert sent(shopee) == [["P-A1", "P-A2"], ["O1", "O2"], ["P-C1", "P-C2"]]
    assert sorted(found) == [f"ref-{number}" for number in ("A1", "A2", "B1", "B2", "C1", "C2")]


@pytest.mark.parametrize(
    "alone",
    [
        WriteRequest("ship", "A3", "ref-A3"),
        command("A3", package("P3", "LOGISTICS_PICKUP_RETRY")),
        command("A3", package("P3", "LOGISTICS_REQUEST_CREATED")),
        command("A3", package("")),
        command("A3", package("P3"), package("P4") | {"logistics_channel_id": 1}),
        command("A3", tracking_number="T1"),
        command("A3", package_number="P9"),
    ],
)
def test_what_needs_a_closer_look_is_left_out(alone: WriteRequest, shopee: Shopee, ports: Bound) -> None:
    arranged(shopee)
    assert sorted(ship(ports, command("A1"), alone, command("A2"))) == ["ref-A1", "ref-A2"]
    assert sent(shopee) == [["P-A1", "P-A2"]]
    shopee.asked.clear()
    assert ship(ports, command("A1"), alone) == {}
    assert shopee.asked == []


def test_parcels_beyond_a_call_go_in_another(shopee: Shopee, ports: Bound) -> None:
    arranged(shopee)
    many = [command(f"A{n}", package(f"P{n}"), package(f"Q{n}")) for n in range(30)]
    assert len(ship(ports, *many)) == 30
    assert [len(numbers) for numbers in sent(shopee)] == [BATCH, 10]


@pytest.mark.parametrize(
    ("answer", "maybe_done"), [(None, True), (bad("error_server"), True), (bad("error_rate_limit"), False)]
)
def test_a_lost_answer_concerns_those_of_its_call(
    answer: Any, maybe_done: bool, shopee: Shopee, connect: Callable[..., Bound]
) -> None:
    ports = connect(ship_by="dropoff")
    arranged(shopee)
    done = shopee.routes[f"/api/v2/{MASS}"]
    shopee.on(MASS, done, answer)
    others = [command(f"B{n}", package(f"O{n}") | {"logistics_channel_id": 9}) for n in (1, 2)]
    found = ship(ports, command("A1"), command("A2"), *others)
    assert isinstance(found["ref-A1"], WriteOutcome)
    errors = [found[f"ref-B{n}"] for n in (1, 2)]
    assert [isinstance(error, TryLater) and error.maybe_done for error in errors] == [maybe_done] * 2


def test_tracking_numbers_may_come_later(shopee: Shopee, ports: Bound) -> None:
    arranged(shopee)
    shopee.on(PACKAGE, bad("error_server"))
    found = ship(ports, command("A1"), command("A2"))["ref-A1"]
    assert isinstance(found, WriteOutcome)
    assert found.code == ""


def test_the_documented_answer_of_one_done_and_one_refused(shopee: Shopee, ports: Bound) -> None:
    arranged(shopee)
    shopee.on(MASS, (200, raw("shipping__mass_partly_refused")))
    good_one, other = "OFG192433821205164", "OFG192433773204150"
    found = ship(ports, command("A1", package(good_one)), command("A2", package(other)))
    assert list(found) == ["ref-A1"]
    assert not isinstance(found["ref-A1"], Rejected)
