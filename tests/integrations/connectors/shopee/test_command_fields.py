"""Form fields of commands: offered as Shopee offers them, and sent as chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.connectors.shopee.mapping import shipping
from integrations.contract.declarations import Field
from tests.integrations.connectors.bound import Bound

from .conftest import Shopee, bad
from .samples import raw
from .test_writes import PARAMETER, SHIP, SLOTS, command, order, package, sent, shipping_offered

TWO_PLACES = {
    "info_needed": {"pickup": ["address_id"], "dropoff": ["branch_id", "sender_real_name"], "non_integrated": []},
    "pickup": {
        "address_list": [
            {"address_id": 1, "address": "1 Lê Lợi", "address_flag": []},
            {"address_id": 2, "address": "2 Lê Lai", "address_flag": ["pickup_address"]},
        ]
    },
    "dropoff": {"branch_list": [{"branch_id": 7, "address": "Bưu cục 7"}, {"branch_id": 8}]},
}


def choices(*found: Field) -> list[tuple[str, str]]:
    return [entry for field in found if field.name == "handover" for entry in field.choices]


def test_every_slot_and_the_drop_off_are_offered(shopee: Shopee, ports: Bound) -> None:
    order(shopee)
    shipping_offered(shopee)
    [found] = ports.fields(command())
    assert (found.name, found.required, found.default) == ("handover", False, "")
    assert choices(found) == [
        ("", "As the shop's settings say"),
        ("method=pickup&address_id=234&pickup_time_id=1765036800", "Pick-up 06/12/2025"),
        ("method=pickup&address_id=234&pickup_time_id=1765123200", "Pick-up 07/12/2025"),
        ("method=dropoff", "Drop-off"),
    ]
    assert SHIP not in " ".join(shopee.calls())


@pytest.mark.parametrize(
    ("label", "body"),
    [
        ("Pick-up 07/12/2025", {"pickup": {"address_id": 234, "pickup_time_id": "1765123200"}}),
        ("Drop-off", {"dropoff": {}}),
        ("As the shop's settings say", {"pickup": {"address_id": 234, "pickup_time_id": "1765036800"}}),
    ],
)
def test_what_was_chosen_is_sent(label: str, body: Any, shopee: Shopee, ports: Bound) -> None:
    order(shopee)
    shipping_offered(shopee)
    chosen = next(value for value, words in choices(*ports.fields(command())) if words == label)
    ports.perform(command(handover=chosen))
    assert sent(shopee) == [{"order_sn": "A1"} | body]


def test_addresses_branches_and_own_couriers_have_words(shopee: Shopee, connect: Callable[..., Bound]) -> None:
    order(shopee)
    shipping_offered(shopee, TWO_PLACES)
    handover, sender, tracking = connect(sender_real_name="Lan").fields(command())
    assert choices(handover)[1:] == [
        ("method=pickup&address_id=2", "Pick-up, 2 Lê Lai"),
        ("method=pickup&address_id=1", "Pick-up, 1 Lê Lợi"),
        ("method=dropoff&branch_id=7", "Drop-off Bưu cục 7"),
        ("method=dropoff&branch_id=8", "Drop-off 8"),
        ("method=non_integrated", "Your own courier"),
    ]
    assert (sender.name, sender.default, tracking.name) == ("sender_real_name", "Lan", "tracking_number")
    for value, method in (("method=dropoff&branch_id=8", "dropoff"), ("method=non_integrated", "non_integrated")):
        options = {"handover": value, "tracking_number": "T1", "sender_real_name": "Lan"}
        assert list(shipping.arrangement(TWO_PLACES, options)) == [method]


def test_a_parcel_of_a_split_order_is_asked_for_by_name(shopee: Shopee, ports: Bound) -> None:
    order(shopee, package("P1", "LOGISTICS_REQUEST_CREATED"), package("P2"))
    shipping_offered(shopee)
    assert len(ports.fields(command())) == 1
    assert shopee.asked[-1].query == {"order_sn": "A1", "package_number": "P2"}


def test_nothing_is_offered_when_no_parcel_waits_or_the_channel_says_no(shopee: Shopee, ports: Bound) -> None:
    order(shopee, package("P1", "LOGISTICS_REQUEST_CREATED"))
    assert ports.fields(command()) == ()
    order(shopee)
    shopee.on(PARAMETER, bad("error_param", "Not now."))
    with pytest.raises(Exception, match="Not now"):
        ports.fields(command())


def test_no_slots_leave_the_drop_off(shopee: Shopee, ports: Bound) -> None:
    order(shopee)
    shipping_offered(shopee, raw("shipping__no_time_slots")["response"])
    assert [words for _value, words in choices(*ports.fields(command()))][1:] == ["Drop-off"]


def test_reasons_and_disputes_cost_no_call(shopee: Shopee, connect: Callable[..., Bound]) -> None:
    ports = connect(dispute_email="shop@example.test")
    [reason] = ports.fields(command("cancel"))
    assert (reason.default, [value for value, _words in reason.choices]) == (
        "CUSTOMER_REQUEST", ["CUSTOMER_REQUEST", "OUT_OF_STOCK", "COD_NOT_SUPPORTED"],
    )  # fmt: skip
    asked = ports.fields(command("reject_return", return_number="R1"))
    assert [(field.name, field.required, field.default) for field in asked] == [
        ("reason", False, ""), ("text", False, ""), ("email", True, "shop@example.test"),
    ]  # fmt: skip
    for kind in ("accept_return", "accept_cancellation", "reject_cancellation"):
        assert ports.fields(command(kind)) == ()
    assert shopee.asked == []
    assert SLOTS["info_needed"]["dropoff"] == []
