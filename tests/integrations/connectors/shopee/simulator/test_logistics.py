"""Arranging shipment on the simulated Shopee, tracking numbers that come late, labels."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.simulator.order import Order
from tests.integrations.connectors.shopee.simulator.still_world import Client, Market


def pickup(client: Client, order: Order) -> dict[str, Any]:
    """The first address and time on offer."""
    (address,) = client.get("logistics/get_shipping_parameter", order_sn=order.id)["pickup"]["address_list"]
    return {"address_id": address["address_id"], "pickup_time_id": address["time_slot_list"][0]["pickup_time_id"]}


def package(client: Client, order: Order) -> str:
    answer = client.get("order/get_order_detail", order_sn_list=order.id, response_optional_fields="package_list")
    number: str = answer["order_list"][0]["package_list"][0]["package_number"]
    return number


def ship(client: Client, **body: Any) -> tuple[str, str]:
    answer = client.call("POST", "logistics/ship_order", body)[1]
    return answer["error"], answer["message"]


def test_what_shipping_needs(shopee: Market, client: Client) -> None:
    order = shopee.buy(cod=True)
    found = client.get("logistics/get_shipping_parameter", order_sn=order.id)
    assert found["info_needed"] == {"pickup": ["address_id", "pickup_time_id"], "dropoff": []}
    assert found["dropoff"] == {"branch_list": None}
    (address,) = found["pickup"]["address_list"]
    slots = address["time_slot_list"]
    assert [slot["flags"] for slot in slots] == [["recommended"], [], []]
    assert [slot["date"] - slots[0]["date"] for slot in slots] == [0, 86_400, 172_800]
    assert 0 < slots[0]["date"] - shopee.context.now() <= 86_400
    assert (slots[0]["date"] + 7 * 3_600) % 86_400 == 0
    assert all(slot["pickup_time_id"] == str(slot["date"]) for slot in slots)


def test_an_order_is_picked_up(shopee: Market, client: Client) -> None:
    order = shopee.buy(cod=True)
    chosen = pickup(client, order)
    status, body = client.call(
        "POST",
        "logistics/ship_order",
        {"order_sn": order.id, "package_number": package(client, order), "pickup": chosen},
    )
    assert status == 200
    assert set(body) == {"error", "message", "request_id"}
    assert (body["error"], order.status) == ("", "packed")
    again = ("logistics.error_status_limit", "The order has arranged shipment already.")
    assert ship(client, order_sn=order.id, dropoff={}) == again
    (found,) = client.get("order/get_package_detail", package_number_list=package(client, order))["package_list"]
    assert (found["fulfillment_status"], found["is_shipment_arranged"]) == ("LOGISTICS_READY", True)


def test_drop_off_needs_nothing(shopee: Market, client: Client) -> None:
    order = shopee.buy(cod=True)
    assert ship(client, order_sn=order.id, dropoff={}) == ("", "")
    assert order.status == "packed"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "logistics.error_param"),
        ({"non_integrated": {"tracking_number": "1"}}, "logistics.error_param"),
        ({"pickup": {}, "dropoff": {}}, "logistics.ship_order_only_support_one_type"),
        ({"pickup": {}}, "error_param"),
        ({"pickup": {"address_id": 1, "pickup_time_id": "1"}}, "logistics.error_param"),
        ({"dropoff": {}, "package_number": "OFG0"}, "logistics.error_param"),
    ],
)
def test_an_arrangement_that_makes_no_sense_changes_nothing(
    shopee: Market, client: Client, body: dict[str, Any], error: str
) -> None:
    order = shopee.buy(cod=True)
    assert ship(client, order_sn=order.id, **body)[0] == error
    assert order.status == "to_ship"


def test_a_pickup_time_that_is_not_on_offer(shopee: Market, client: Client) -> None:
    order = shopee.buy(cod=True)
    chosen = pickup(client, order)
    shopee.context.pass_time(86_400)
    client.access_token = shopee.platform.accounts()["shops"][0]["access_token"]
    assert ship(client, order_sn=order.id, pickup=chosen)[1] == "The pickup_time_id is invalid."


def test_an_unpaid_or_unknown_order_is_not_shipped(shopee: Market, client: Client) -> None:
    order = shopee.buy()
    refused = ("logistics.error_status_limit", "The order status does not support arranging shipment.")
    assert ship(client, order_sn=order.id, dropoff={}) == refused
    assert client.refused("GET", "logistics/get_shipping_parameter", order_sn=order.id)[1:] == refused
    assert ship(client, order_sn="NOT", dropoff={})[0] == "error_not_found"
    assert ship(shopee.other, order_sn=order.id, dropoff={})[0] == "error_not_found"


def test_many_packages_at_once_fail_one_by_one(shopee: Market, client: Client) -> None:
    ready, unready = shopee.buy(cod=True), shopee.buy(cod=True)
    numbers = [package(client, order) for order in (ready, unready)]
    shopee.context.step(unready, "shipped")
    rows = [{"package_number": number} for number in (*numbers, "OFG0")]
    assert client.post("logistics/mass_ship_order", {"package_list": rows, "pickup": pickup(client, ready)}) == {
        "success_list": [{"package_number": numbers[0]}],
        "fail_list": [
            {
                "package_number": numbers[1],
                "fail_reason": "The order status does not support arranging shipment.",
            },
            {"package_number": "OFG0", "fail_reason": "The package is not found."},
        ],
    }
    other = {"package_list": rows[:1], "dropoff": {}, "logistics_channel_id": 1}
    [failed] = client.post("logistics/mass_ship_order", other)["fail_list"]
    assert failed["fail_reason"] == "Package is not under the specified fulfilment channel"
    assert client.call("POST", "logistics/mass_ship_order", {"package_list": rows * 17, "dropoff": {}})[1]["error"] == (
        "error_param"
    )


def test_chaos_refuses_single_packages(shopee: Market, client: Client) -> None:
    order = shopee.buy(cod=True)
    shopee.context.faults = {"partial_batch"}
    body = {"package_list": [{"package_number": package(client, order)}], "dropoff": {}}
    assert client.post("logistics/mass_ship_order", body)["success_list"] == []
    assert order.status == "to_ship"


def test_a_tracking_number_comes_late(shopee: Market, client: Client) -> None:
    order = shopee.buy(cod=True)
    empty = {"tracking_number": "", "hint": "Please arrange shipment first."}
    assert client.get("logistics/get_tracking_number", order_sn=order.id) == empty
    ship(client, order_sn=order.id, dropoff={})
    shopee.context.pass_time(9.9)
    empty["hint"] = "Tracking number is being generated."
    assert client.get("logistics/get_tracking_number", order_sn=order.id) == empty
    shopee.context.pass_time(0.1)
    found = client.get("logistics/get_tracking_number", order_sn=order.id)
    assert found["tracking_number"].startswith("SPXVN")
    assert len(found["tracking_number"]) == 17
    shopee.context.step(order, "shipped")
    shopee.context.pass_time(60)
    shopee.context.step(order, "delivered")
    info = client.get("logistics/get_tracking_info", order_sn=order.id)
    assert info["logistics_status"] == "LOGISTICS_DELIVERY_DONE"
    assert [step["logistics_status"] for step in info["tracking_info"]] == [
        "LOGISTICS_DELIVERY_DONE",
        "LOGISTICS_PICKUP_DONE",
    ]
    assert client.get("logistics/get_tracking_number", order_sn=order.id) == found


def test_a_cancelled_order_gets_no_number(shopee: Market, client: Client) -> None:
    order = shopee.buy(cod=True)
    ship(client, order_sn=order.id, dropoff={})
    shopee.context.cancel(order, "system", "not_shipped")
    shopee.context.pass_time(100)
    assert client.get("logistics/get_tracking_number", order_sn=order.id)["tracking_number"] == ""


def test_another_pickup_after_one_that_failed(shopee: Market, client: Client) -> None:
    order = shopee.buy(cod=True)
    chosen = pickup(client, order)
    body = {"order_sn": order.id, "pickup": chosen}
    assert client.call("POST", "logistics/update_shipping_order", body)[1]["error"] == "logistics.error_status_limit"
    ship(client, order_sn=order.id, dropoff={})
    shopee.context.pass_time(5)
    shopee.context.step(order, "pickup_failed")
    assert pickup(client, order) == chosen
    assert client.call("POST", "logistics/update_shipping_order", body)[1]["error"] == ""
    answer = client.get("order/get_order_detail", order_sn_list=order.id)
    assert answer["order_list"][0]["order_status"] == "PROCESSED"


NOT_PRINTED = "logistics.shipping_document_should_print_first"


def test_labels(shopee: Market, client: Client) -> None:
    order = shopee.buy(cod=True)
    body = {"order_list": [{"order_sn": order.id}]}
    first = client.call("POST", "logistics/create_shipping_document", body)[1]
    assert (first["error"], first["response"]["result_list"][0]["fail_error"]) == (
        "common.batch_api_all_failed",
        "logistics.tracking_number_invalid",
    )
    result = client.call("POST", "logistics/get_shipping_document_result", body)[1]["response"]["result_list"]
    assert result[0]["fail_error"] == "logistics.shipping_document_should_print_first"
    ship(client, order_sn=order.id, dropoff={})
    shopee.context.pass_time(10)
    shopee.listen()
    number = package(client, order)
    expected = {"order_sn": order.id, "package_number": number}
    assert client.post("logistics/create_shipping_document", body) == {"result_list": [expected]}
    assert client.post("logistics/get_shipping_document_result", body) == {
        "result_list": [expected | {"status": "PROCESSING"}]
    }
    assert client.refused("POST", "logistics/download_shipping_document", body)[1] == NOT_PRINTED
    shopee.pass_time(3)
    assert shopee.hub.take() == [(15, {"ordersn": order.id, "package_number": number, "status": "READY"})]
    assert client.post("logistics/get_shipping_document_result", body) == {
        "result_list": [expected | {"status": "READY"}]
    }


def test_addresses_and_carriers(client: Client) -> None:
    (address,) = client.get("logistics/get_address_list")["address_list"]
    assert address["address_type"] == ["DEFAULT_ADDRESS", "PICKUP_ADDRESS", "RETURN_ADDRESS"]
    (channel,) = client.get("logistics/get_channel_list")["logistics_channel_list"]
    assert (channel["logistics_channel_id"], channel["enabled"]) == (50_021, True)
