"""Ship, cancel, answer: what is sent, the default choices, and how a lost answer is looked up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.shopee.mapping import shipping
from integrations.connectors.shopee.writes import WRITES
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.writes import WriteLine, WriteOutcome, WriteRequest
from tests.integrations.connectors.bound import Bound

from .conftest import Shopee, bad, good
from .samples import raw

ORDER, PACKAGE = "order/get_order_detail", "order/get_package_detail"
PARAMETER, SHIP, AGAIN = "logistics/get_shipping_parameter", "logistics/ship_order", "logistics/update_shipping_order"
TRACKING = "logistics/get_tracking_number"
CANCEL, ANSWER = "order/cancel_order", "order/handle_buyer_cancellation"
SLOTS = raw("shipping__time_slots")["response"]
NO_SLOTS = raw("shipping__no_time_slots")["response"]
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


def package(number: str, status: str = "LOGISTICS_READY") -> dict[str, Any]:
    return {"package_number": number, "logistics_status": status}


def order(shopee: Shopee, *packages: dict[str, Any], status: str = "READY_TO_SHIP") -> None:
    items = [{"item_id": 25, "model_id": 7}, {"item_id": 25, "model_id": 7}, {"item_id": 26, "model_id": 0}]
    row = {"order_sn": "A1", "order_status": status, "create_time": 1, "item_list": items}
    shopee.on(ORDER, good({"order_list": [row | {"package_list": list(packages or (package("P1"),))}]}))


def shipping_offered(shopee: Shopee, offered: Any = SLOTS) -> None:
    shopee.on(PARAMETER, good(offered))
    shopee.on(SHIP, good())
    shopee.on(TRACKING, good({"tracking_number": "", "hint": ""}))


def command(
    kind: str = "ship", *, sent_at: datetime | None = LONG_AGO, lines: Any = (), **options: Any
) -> WriteRequest:
    return WriteRequest(kind, "A1", "ref-1", lines, options, sent_at=sent_at)


def sent(shopee: Shopee, path: str = SHIP) -> list[Any]:
    return [asked.json() for asked in shopee.asked if asked.path == f"/api/v2/{path}"]


# --- ship ---


def test_a_parcel_is_picked_up_in_the_recommended_slot(shopee: Shopee, ports: Bound) -> None:
    order(shopee)
    shipping_offered(shopee)
    found = ports.perform(command())
    assert found == WriteOutcome("P1", "", {"order_status": "READY_TO_SHIP", "packages": ["P1"]})
    assert sent(shopee) == [{"order_sn": "A1", "pickup": {"address_id": 234, "pickup_time_id": "1765036800"}}]
    assert shopee.calls() == [f"GET {ORDER}", f"GET {PARAMETER}", f"POST {SHIP}", f"GET {TRACKING}"]
    assert shopee.asked[-1].query == {"order_sn": "A1"}


def test_the_outcome_has_the_tracking_number_when_there_is_one(shopee: Shopee, ports: Bound) -> None:
    order(shopee)
    shipping_offered(shopee)
    shopee.on(TRACKING, good({"tracking_number": "SPX1"}))
    assert ports.perform(command()).code == "SPX1"
    shopee.on(TRACKING, bad("error_server"))
    assert ports.perform(command()).code == ""


def test_without_a_slot_it_is_dropped_off(shopee: Shopee, ports: Bound) -> None:
    order(shopee)
    shipping_offered(shopee, NO_SLOTS)
    ports.perform(command())
    assert sent(shopee) == [{"order_sn": "A1", "dropoff": {}}]


def test_the_shop_may_prefer_to_drop_off(shopee: Shopee, connect: Callable[..., Bound]) -> None:
    order(shopee)
    shipping_offered(shopee)
    connect(ship_by="dropoff").perform(command())
    assert sent(shopee) == [{"order_sn": "A1", "dropoff": {}}]


def test_every_waiting_parcel_of_a_split_order_is_arranged(shopee: Shopee, ports: Bound) -> None:
    order(shopee, package("P1"), package("P2", "LOGISTICS_REQUEST_CREATED"), package("P3"))
    shipping_offered(shopee)
    ports.perform(command())
    assert [body["package_number"] for body in sent(shopee)] == ["P1", "P3"]
    asked = [asked.query for asked in shopee.asked if asked.path.endswith("get_shipping_parameter")]
    assert asked == [{"order_sn": "A1", "package_number": "P1"}, {"order_sn": "A1", "package_number": "P3"}]
    assert shopee.asked[-1].query == {"order_sn": "A1", "package_number": "P1"}


def test_one_parcel_may_be_named(shopee: Shopee, ports: Bound) -> None:
    order(shopee, package("P1"), package("P2"))
    shipping_offered(shopee)
    ports.perform(command(package_number="P2"))
    assert [body["package_number"] for body in sent(shopee)] == ["P2"]
    with pytest.raises(Rejected, match="P9"):
        ports.perform(command(package_number="P9"))


def test_what_is_arranged_already_is_done(shopee: Shopee, ports: Bound) -> None:
    order(shopee)
    shipping_offered(shopee)
    shopee.on(SHIP, bad("logistics.package_already_shipped", "Shipped."))
    assert ports.perform(command()).external_id == "P1"
    shopee.on(SHIP, bad("logistics.any_other_code", "Arranged."))
    shopee.on(PACKAGE, good({"package_list": [package("P1") | {"is_shipment_arranged": True}]}))
    assert ports.perform(command()).external_id == "P1"
    shopee.on(PACKAGE, good({"package_list": [package("P1") | {"is_shipment_arranged": False}]}))
    with pytest.raises(Rejected):
        ports.perform(command())
    order(shopee, package("P1", "LOGISTICS_PICKUP_DONE"), status="SHIPPED")
    assert ports.perform(command()).external_id == "P1"
    assert len(sent(shopee)) == 3


def test_when_no_courier_came_the_pickup_is_arranged_anew(shopee: Shopee, ports: Bound) -> None:
    order(shopee, package("P1", "LOGISTICS_PICKUP_RETRY"), status="RETRY_SHIP")
    shipping_offered(shopee)
    shopee.on(AGAIN, good())
    ports.perform(command(pickup_time_id="1765123200"))
    assert sent(shopee, AGAIN) == [{"order_sn": "A1", "pickup": {"address_id": 234, "pickup_time_id": "1765123200"}}]
    assert sent(shopee) == []


def test_a_refusal_carries_shopees_reason(shopee: Shopee, ports: Bound) -> None:
    order(shopee)
    shipping_offered(shopee)
    shopee.on(PACKAGE, good({"package_list": []}))
    shopee.on(SHIP, bad("logistics.ship_order_need_sender_real_name", "Parameter sender_real_name can not be null."))
    with pytest.raises(Rejected, match="Shopee needs more") as caught:
        ports.perform(command())
    assert caught.value.code == "ship_order_need_sender_real_name"


@pytest.mark.parametrize(
    ("answer", "maybe_done"), [(None, True), (bad("error_server"), True), (bad("error_rate_limit"), False)]
)
def test_a_lost_answer_is_not_repeated(answer: Any, maybe_done: bool, shopee: Shopee, ports: Bound) -> None:
    order(shopee)
    shipping_offered(shopee)
    shopee.on(SHIP, answer)
    with pytest.raises(TryLater) as caught:
        ports.perform(command())
    assert caught.value.maybe_done is maybe_done
    assert len(sent(shopee)) == 1


def test_half_of_a_split_order_may_be_done(shopee: Shopee, ports: Bound) -> None:
    order(shopee, package("P1"), package("P2"))
    shipping_offered(shopee)
    shopee.on(SHIP, good(), bad("error_rate_limit"))
    with pytest.raises(TryLater) as caught:
        ports.perform(command())
    assert caught.value.maybe_done


def test_an_order_that_is_not_there(shopee: Shopee, ports: Bound) -> None:
    shopee.on(ORDER, good({"order_list": []}))
    with pytest.raises(Rejected, match="does not know"):
        ports.perform(command())


# --- what is chosen ---


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ({}, {"pickup": {"address_id": 234, "pickup_time_id": "1765036800"}}),
        ({"method": "dropoff"}, {"dropoff": {}}),
        ({"method": "pickup", "pickup_time_id": "9"}, {"pickup": {"address_id": 234, "pickup_time_id": "9"}}),
        ({"pickup_time_id": 1765123200}, {"pickup": {"address_id": 234, "pickup_time_id": "1765123200"}}),
        ({"address_id": "234"}, {"pickup": {"address_id": 234, "pickup_time_id": "1765036800"}}),
    ],
)
def test_options_choose(options: dict[str, Any], chosen: dict[str, Any]) -> None:
    assert shipping.arrangement(SLOTS, options) == chosen


@pytest.mark.parametrize(
    ("offered", "options", "code"),
    [
        (SLOTS, {"address_id": 1}, "address_not_found"),
        (SLOTS, {"method": "non_integrated"}, "ship_order_unsupport_dropoff"),
        (SLOTS, {"method": "by_air"}, "ship_order_unsupport_dropoff"),
        (NO_SLOTS, {"method": "pickup"}, "no_available_time_slot"),
        ({}, {}, "feature_not_supported"),
        ({"info_needed": {"non_integrated": ["tracking_number"]}}, {}, "ship_order_need_tracking_number"),
        ({"info_needed": {"dropoff": ["branch_id"]}}, {}, "ship_order_need_branch_id"),
        ({"info_needed": {"dropoff": ["sender_real_name"]}}, {}, "ship_order_need_tracking_number"),
        ({"info_needed": {"pickup": ["address_id"]}, "pickup": {"address_list": []}}, {}, "address_not_found"),
    ],
)
def test_a_missing_option_is_refused_with_a_reason(offered: Any, options: dict[str, Any], code: str) -> None:
    with pytest.raises(Rejected) as caught:
        shipping.arrangement(offered, options)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("needed", "options", "chosen"),
    [
        ({"non_integrated": ["tracking_number"]}, {"tracking_number": "T"}, {"non_integrated": {"tracking_number": "T"}}),
        ({"dropoff": ["branch_id"]}, {"branch_id": "7"}, {"dropoff": {"branch_id": 7}}),
        ({"dropoff": ["branch_id"]}, {}, {"dropoff": {"branch_id": 3}}),
        ({"dropoff": ["sender_real_name"]}, {}, {"dropoff": {"sender_real_name": "Shop"}}),
        ({"dropoff": ["sender_real_name"]}, {"sender_real_name": "Me"}, {"dropoff": {"sender_real_name": "Me"}}),
        ({"dropoff": ["tracking_number", "slug"]}, {"tracking_number": "T", "slug": "s"},
         {"dropoff": {"tracking_number": "T", "slug": "s"}}),
        ({"dropoff": []}, {"tracking_number": "T"}, {"dropoff": {}}),
        ({"pickup": []}, {}, {"pickup": {}}),
    ],
)  # fmt: skip
def test_only_what_is_needed_is_sent(needed: Any, options: dict[str, Any], chosen: dict[str, Any]) -> None:
    offered = {"info_needed": needed, "dropoff": {"branch_list": [{"branch_id": 3}, {"branch_id": 7}]}, "pickup": None}
    assert shipping.arrangement(offered, options, sender="Shop") == chosen


def test_an_address_with_a_slot_goes_before_the_default_one() -> None:
    slot = [{"pickup_time_id": "1", "flags": []}]
    addresses = [
        {"address_id": 1, "address_flag": ["default_address", "pickup_address"], "time_slot_list": None},
        {"address_id": 2, "address_flag": [], "time_slot_list": slot},
        {"address_id": 3, "address_flag": ["default_address"], "time_slot_list": slot},
    ]
    offered = {"info_needed": {"pickup": ["address_id", "pickup_time_id"]}, "pickup": {"address_list": addresses}}
    assert shipping.arrangement(offered, {}) == {"pickup": {"address_id": 3, "pickup_time_id": "1"}}
    offered["info_needed"] = {"pickup": ["address_id"]}
    assert shipping.arrangement(offered, {}) == {"pickup": {"address_id": 1}}


# --- cancel and answer ---


@pytest.mark.parametrize(
    ("options", "lines", "body"),
    [
        ({}, (), {"order_sn": "A1", "cancel_reason": "CUSTOMER_REQUEST"}),
        ({"reason": "COD_NOT_SUPPORTED"}, (), {"order_sn": "A1", "cancel_reason": "COD_NOT_SUPPORTED"}),
        (
            {"reason": "OUT_OF_STOCK"},
            (WriteLine("25", "7", "S", 1, Decimal(1)), WriteLine("26", "", "T", 1, Decimal(1))),
            {
                "order_sn": "A1",
                "cancel_reason": "OUT_OF_STOCK",
                "item_list": [{"item_id": 25, "model_id": 7}, {"item_id": 26, "model_id": 0}],
            },
        ),
        (
            {"reason": "OUT_OF_STOCK"},
            (),
            {
                "order_sn": "A1",
                "cancel_reason": "OUT_OF_STOCK",
                "item_list": [{"item_id": 25, "model_id": 7}, {"item_id": 26, "model_id": 0}],
            },
        ),
    ],
)
def test_cancel(options: dict[str, Any], lines: Any, body: Any, shopee: Shopee, ports: Bound) -> None:
    order(shopee)
    shopee.on(CANCEL, good({"update_time": 5}))
    assert ports.perform(command("cancel", lines=lines, **options)) == WriteOutcome("A1", raw={"update_time": 5})
    assert sent(shopee, CANCEL) == [body]


def test_a_reason_that_shopee_does_not_know_is_not_sent(shopee: Shopee, ports: Bound) -> None:
    with pytest.raises(Rejected, match="OUT_OF_STOCK"):
        ports.perform(command("cancel", reason="BORED"))
    assert shopee.asked == []


@pytest.mark.parametrize(("kind", "word"), [("accept_cancellation", "ACCEPT"), ("reject_cancellation", "REJECT")])
def test_answers_to_a_buyer(kind: str, word: str, shopee: Shopee, ports: Bound) -> None:
    shopee.on(ANSWER, good({"update_time": 5}))
    assert ports.perform(command(kind)) == WriteOutcome("A1", raw={"update_time": 5})
    assert sent(shopee, ANSWER) == [{"order_sn": "A1", "operation": word}]
    shopee.on(ANSWER, bad("order.order_status_invalid", ""))
    with pytest.raises(Rejected, match="status does not allow"):
        ports.perform(command(kind))


def test_what_shopee_can_do_and_how_long_a_lost_command_may_run(ports: Bound) -> None:
    assert set(WRITES) == {
        "ship", "cancel", "accept_cancellation", "reject_cancellation", "accept_return", "reject_return",
    }  # fmt: skip
    assert {writer.settles_after(ports.access) for writer in WRITES.values()} == {timedelta(seconds=30)}


# --- was it done? ---

_WAITING = ("UNPAID", "READY_TO_SHIP", "IN_CANCEL", "CANCELLED", "RETRY_SHIP")
_ON_ITS_WAY = ("PROCESSED", "SHIPPED", "TO_CONFIRM_RECEIVE", "COMPLETED", "TO_RETURN")


@pytest.mark.parametrize(
    ("kind", "status", "done"),
    [
        *(("ship", status, True) for status in _ON_ITS_WAY),
        *(("ship", status, False) for status in _WAITING),
        *((kind, "CANCELLED", True) for kind in ("cancel", "accept_cancellation")),
        *((kind, "IN_CANCEL", False) for kind in ("cancel", "accept_cancellation")),
        ("cancel", "READY_TO_SHIP", False),
        ("reject_cancellation", "READY_TO_SHIP", True),
        ("reject_cancellation", "PROCESSED", True),
        ("reject_cancellation", "IN_CANCEL", False),
        ("reject_cancellation", "CANCELLED", False),
    ],
)
def test_an_outcome_is_looked_up_by_the_status_of_the_order(
    kind: str, status: str, done: bool, shopee: Shopee, ports: Bound
) -> None:
    order(shopee, status=status)
    shopee.on(PACKAGE, good({"package_list": [package("P1") | {"is_shipment_arranged": False}]}))
    shopee.on(TRACKING, good({"tracking_number": "SPX1"}))
    found = ports.outcome_of(command(kind))
    assert (found is not None) is done
    if found and kind == "ship":
        assert (found.external_id, found.code) == ("P1", "SPX1")


@pytest.mark.parametrize(
    ("flags", "done"), [({"P1": True, "P2": True}, True), ({"P1": True, "P2": False}, False), ({"P1": True}, False)]
)
def test_while_shopee_arranges_only_the_flag_of_the_package_counts(
    flags: dict[str, bool], done: bool, shopee: Shopee, ports: Bound
) -> None:
    order(shopee, package("P1"), package("P2"), package("P3", "LOGISTICS_REQUEST_CREATED"))
    rows = [package(number) | {"is_shipment_arranged": flag} for number, flag in flags.items()]
    shopee.on(PACKAGE, good({"package_list": rows}))
    shopee.on(TRACKING, good({"tracking_number": ""}))
    assert (ports.outcome_of(command()) is not None) is done
    assert shopee.asked[1].query == {"package_number_list": "P1,P2"}


@pytest.mark.parametrize("seconds", [1, 31])
def test_without_a_trace_there_is_no_outcome_however_young_the_command(
    seconds: int, shopee: Shopee, ports: Bound
) -> None:
    order(shopee, status="IN_CANCEL")
    assert ports.outcome_of(command("cancel", sent_at=datetime.now(UTC) - timedelta(seconds=seconds))) is None
