"""Orders of the simulated Shopee: lists that shift, details with only the requested fields, packages, cancellation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integrations.connectors.shopee.simulator.still_world import START, Client, Market

DAY = 86_400


def listed(client: Client, **changes: Any) -> Any:
    """An order list over the last day, unless changed."""
    query = {"time_range_field": "update_time", "time_from": START - DAY, "time_to": START + DAY, "page_size": 100}
    return client.get("order/get_order_list", **(query | changes))


def detail(client: Client, order_sn: str, *fields: str) -> Any:
    answer = client.get("order/get_order_detail", order_sn_list=order_sn, response_optional_fields=",".join(fields))
    (found,) = answer["order_list"]
    return found


def test_an_empty_list(client: Client) -> None:
    assert listed(client) == {"more": False, "next_cursor": "", "order_list": []}


def test_a_list_is_newest_first_in_pages_and_of_one_shop(shopee: Market, client: Client) -> None:
    orders = []
    for _ in range(5):
        orders.append(shopee.buy(cod=True).id)
        shopee.context.pass_time(1)
    newest = orders[::-1]
    page = listed(client, page_size=2)
    assert page == {"more": True, "next_cursor": "2", "order_list": [{"order_sn": number} for number in newest[:2]]}
    page = listed(client, page_size=2, cursor="4", response_optional_fields="order_status")
    assert page == {
        "more": False,
        "next_cursor": "",
        "order_list": [{"order_sn": newest[4], "order_status": "READY_TO_SHIP"}],
    }
    assert listed(client, time_from=START + 1, time_to=START + 2)["order_list"] == [
        {"order_sn": orders[2]},
        {"order_sn": orders[1]},
    ]
    assert listed(shopee.other)["order_list"] == []


def test_an_order_that_changes_while_pages_are_read_pushes_another_out_of_sight(shopee: Market, client: Client) -> None:
    orders = []
    for _ in range(4):
        orders.append(shopee.buy())
        shopee.context.pass_time(1)
    window = {"page_size": 2, "time_to": START + 3}
    first = listed(client, **window)
    shopee.context.pass_time(10)
    shopee.context.step(orders[3], "paid")
    second = listed(client, **window, cursor=first["next_cursor"])
    seen = [row["order_sn"] for row in first["order_list"] + second["order_list"]]
    assert seen == [orders[3].id, orders[2].id, orders[0].id]


def test_lists_by_status(shopee: Market, client: Client) -> None:
    unpaid, paid = shopee.buy(), shopee.buy(cod=True)
    assert listed(client, order_status="UNPAID")["order_list"] == [{"order_sn": unpaid.id}]
    assert listed(client, order_status="READY_TO_SHIP", time_range_field="create_time")["order_list"] == [
        {"order_sn": paid.id}
    ]
    assert listed(client, order_status="INVOICE_PENDING")["order_list"] == []


WINDOW = (200, "order.order_list_invalid_time", "Start time must be earlier than end time and diff in 15days.")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"time_from": START - 15 * DAY - 1, "time_to": START}, WINDOW),
        ({"time_from": START, "time_to": START - 1}, WINDOW),
        (
            {"time_range_field": "ship_time"},
            (200, "error_param", "Wrong parameters, detail: time_range_field is invalid."),
        ),
        ({"page_size": 101}, (200, "error_param", "Wrong parameters, detail: page_size is invalid.")),
        ({"page_size": 0}, (200, "error_param", "Wrong parameters, detail: page_size is invalid.")),
        ({"page_size": None}, (200, "error_param", "Wrong parameters, detail: page_size is a required field.")),
        ({"time_from": "x"}, (200, "error_param", "time_from: Invalid type. Expected: integer, given: string")),
        ({"cursor": "x"}, (200, "error_param", "Wrong parameters, detail: cursor is invalid.")),
        ({"order_status": "NEW"}, (200, "error_param", "Wrong parameters, detail: order_status is invalid.")),
    ],
)
def test_a_bad_list_call(client: Client, changed: Any, expected: Any) -> None:
    query = {"time_range_field": "update_time", "time_from": START - 15 * DAY, "time_to": START, "page_size": 100}
    assert client.get("order/get_order_list", **query)["order_list"] == []
    assert client.refused("GET", "order/get_order_list", **(query | changed)) == expected


def test_a_detail_tells_only_its_default_fields(shopee: Market, client: Client) -> None:
    order = shopee.buy()
    assert detail(client, order.id) == {
        "order_sn": order.id,
        "region": "VN",
        "currency": "VND",
        "cod": False,
        "order_status": "UNPAID",
        "message_to_seller": "",
        "create_time": START,
        "update_time": START,
        "days_to_ship": 2,
        "ship_by_date": 0,
        "booking_sn": "",
    }
    assert shopee.context.read == [order.id]


def test_a_detail_tells_what_is_asked(shopee: Market, client: Client) -> None:
    order = shopee.buy(quantity=3, fits=lambda item: item.has_models)
    (line,) = order.lines
    found = detail(
        client, order.id, "item_list", "total_amount", "pay_time", "package_list", "buyer_user_id", "nonsense"
    )
    assert found["item_list"] == [
        {
            "item_id": int(line.item_id),
            "item_name": line.name,
            "item_sku": "",
            "model_id": int(line.variation_id),
            "model_name": line.option,
            "model_sku": line.seller_sku,
            "model_quantity_purchased": 3,
            "model_original_price": line.price,
            "model_discounted_price": line.price,
            "order_item_id": int(line.item_id),
            "weight": shopee.shop.items[line.item_id].grams / 1000,
            "wholesale": False,
            "add_on_deal": False,
            "add_on_deal_id": 0,
            "main_item": False,
            "promotion_type": found["item_list"][0]["promotion_type"],
            "promotion_id": found["item_list"][0]["promotion_id"],
            "promotion_group_id": 0,
            "is_b2c_owned_item": False,
            "is_prescription_item": False,
            "image_info": {"image_url": ""},
            "product_location_id": ["VNZ"],
        }
    ]
    assert found["package_list"] == []
    assert found["pay_time"] is None
    assert found["buyer_user_id"] == 77_001
    assert "total_amount" not in found
    assert "nonsense" not in found
    shopee.context.pass_time(60)
    shopee.context.step(order, "paid")
    found = detail(client, order.id, "total_amount", "pay_time", "package_list", "estimated_shipping_fee")
    assert found["total_amount"] == 3 * line.price + found["estimated_shipping_fee"]
    assert (found["pay_time"], found["update_time"], found["ship_by_date"]) == (
        START + 60,
        START + 60,
        START + 60 + 2 * DAY,
    )
    assert found["package_list"][0]["logistics_status"] == "LOGISTICS_READY"


def test_an_item_without_models_has_model_0_and_the_sku_on_the_item(shopee: Market, client: Client) -> None:
    order = shopee.buy(fits=lambda item: not item.has_models)
    (line,) = detail(client, order.id, "item_list")["item_list"]
    assert (line["model_id"], line["model_sku"], line["item_sku"]) == (0, "", order.lines[0].seller_sku)


def test_details_in_batches_and_in_every_spelling(shopee: Market, client: Client) -> None:
    numbers = [shopee.buy().id for _ in range(3)]
    for given in ([",".join(numbers)], numbers, [f"[{','.join(numbers)}]"]):
        rows = client.get("order/get_order_detail", order_sn_list=given)["order_list"]
        assert [row["order_sn"] for row in rows] == numbers
    rows = client.get("order/get_order_detail", order_sn_list=f"{numbers[0]},NOT,{numbers[0]}")["order_list"]
    assert [row["order_sn"] for row in rows] == [numbers[0]]
    missing = (404, "error_not_found", "Wrong parameters, detail: the order is not found.")
    assert client.refused("GET", "order/get_order_detail", order_sn_list="NOT") == missing
    assert shopee.other.refused("GET", "order/get_order_detail", order_sn_list=numbers[0]) == missing
    assert client.refused("GET", "order/get_order_detail", order_sn_list=",".join(map(str, range(51))))[1:] == (
        "error_param",
        "Wrong parameters, detail: order_sn_list must contain at most 50 items.",
    )
    assert client.refused("GET", "order/get_order_detail")[2].endswith("order_sn_list is a required field.")


def test_the_life_of_an_order(shopee: Market, client: Client) -> None:
    order = shopee.buy()
    seen = []

    def look() -> None:
        found = detail(client, order.id, "package_list")
        package = found["package_list"][0]["logistics_status"] if found["package_list"] else None
        seen.append((found["order_status"], package))

    look()
    for step in ("paid", "arranged"):
        shopee.context.step(order, step)
        look()
    shopee.context.pass_time(2)
    look()
    for step in ("pickup_failed", "shipped", "delivered", "completed"):
        shopee.context.step(order, step)
        look()
    assert seen == [
        ("UNPAID", None),
        ("READY_TO_SHIP", "LOGISTICS_READY"),
        ("READY_TO_SHIP", "LOGISTICS_READY"),
        ("PROCESSED", "LOGISTICS_REQUEST_CREATED"),
        ("RETRY_SHIP", "LOGISTICS_PICKUP_RETRY"),
        ("SHIPPED", "LOGISTICS_PICKUP_DONE"),
        ("TO_CONFIRM_RECEIVE", "LOGISTICS_DELIVERY_DONE"),
        ("COMPLETED", "LOGISTICS_DELIVERY_DONE"),
    ]


def test_update_time_never_falls(shopee: Market, client: Client) -> None:
    order = shopee.buy()
    shopee.context.skew = -100
    shopee.context.step(order, "paid")
    assert detail(client, order.id)["update_time"] == START
    shopee.context.skew = 100
    shopee.context.step(order, "arranged")
    assert detail(client, order.id)["update_time"] == START + 100


# calling off


def cancel(client: Client, order_sn: str, reason: str = "CUSTOMER_REQUEST", **more: Any) -> tuple[int, Any]:
    return client.call("POST", "order/cancel_order", {"order_sn": order_sn, "cancel_reason": reason, **more})


def test_a_seller_cancels_and_the_stock_comes_back(shopee: Market, client: Client) -> None:
    order = shopee.buy(cod=True)
    (line,) = order.lines
    variation = shopee.shop.variation(line.item_id, line.variation_id)
    assert variation is not None
    assert (variation.stock, variation.open) == (39, 1)
    shopee.context.pass_time(5)
    items = [{"item_id": int(line.item_id), "model_id": int(line.variation_id)}]
    status, body = cancel(client, order.id, "OUT_OF_STOCK", item_list=items)
    assert (status, body["error"], body["response"]) == (200, "", {"update_time": START + 5})
    assert (variation.stock, variation.open) == (40, 0)
    found = detail(client, order.id, "cancel_by", "cancel_reason", "package_list")
    assert (found["order_status"], found["cancel_by"], found["cancel_reason"]) == (
        "CANCELLED",
        "seller",
        "Out of Stock",
    )
    assert found["package_list"][0]["logistics_status"] == "LOGISTICS_REQUEST_CANCELED"
    assert cancel(client, order.id)[1]["error"] == "order.order_status_invalid"


@pytest.mark.parametrize(
    ("reason", "items", "message"),
    [
        ("BORED", None, "Wrong parameters, detail: cancel_reason BORED is not supported in this region."),
        (
            "UNDELIVERABLE_AREA",
            None,
            "Wrong parameters, detail: cancel_reason UNDELIVERABLE_AREA is not supported in this region.",
        ),
        ("OUT_OF_STOCK", None, "Wrong parameters, detail: item_list is a required field."),
        ("OUT_OF_STOCK", [{"item_id": 1}], "Wrong parameters, detail: item_list is invalid."),
    ],
)
def test_a_cancellation_that_makes_no_sense_changes_nothing(
    shopee: Market, client: Client, reason: str, items: Any, message: str
) -> None:
    order = shopee.buy(cod=True)
    assert cancel(client, order.id, reason, item_list=items)[1]["message"] == message
    assert detail(client, order.id)["order_status"] == "READY_TO_SHIP"


def test_a_shipped_order_is_not_cancelled(shopee: Market, client: Client) -> None:
    order = shopee.buy(cod=True)
    shopee.context.step(order, "shipped")
    assert cancel(client, order.id)[1]["error"] == "order.order_status_invalid"


@pytest.mark.parametrize(
    ("operation", "arranged", "wait", "status"),
    [
        ("ACCEPT", False, 0, "CANCELLED"),
        ("REJECT", False, 0, "READY_TO_SHIP"),
        ("REJECT", True, 0, "PROCESSED"),
        ("REJECT", True, 5, "PROCESSED"),  # the carrier took the parcel while the buyer waited
    ],
)
def test_a_buyers_request_is_answered(
    shopee: Market, client: Client, operation: str, arranged: bool, wait: int, status: str
) -> None:
    order = shopee.buy(cod=True)
    body = {"order_sn": order.id, "operation": operation}
    assert client.call("POST", "order/handle_buyer_cancellation", body)[1]["error"] == "order.order_status_invalid"
    if arranged:
        shopee.context.step(order, "arranged")
    shopee.context.step(order, "asked_cancel")
    found = detail(client, order.id, "buyer_cancel_reason")
    assert (found["order_status"], found["buyer_cancel_reason"]) == ("IN_CANCEL", "Change of mind")
    assert cancel(client, order.id)[1]["error"] == "order.order_status_invalid"
    assert (
        client.call("POST", "order/handle_buyer_cancellation", body | {"operation": "MAYBE"})[1]["error"]
        == "error_param"
    )
    shopee.context.pass_time(wait)
    assert client.post("order/handle_buyer_cancellation", body) == {"update_time": START + wait}
    shopee.context.pass_time(10)
    assert detail(client, order.id)["order_status"] == status


# packages


def test_packages_to_ship(shopee: Market, client: Client) -> None:
    orders = [shopee.buy(cod=True) for _ in range(3)]
    shopee.buy()
    shopee.context.step(orders[0], "arranged")
    shopee.context.step(shopee.buy(cod=True), "shipped")

    def numbers(status: int) -> list[str]:
        body = {"filter": {"package_status": status}, "pagination": {"page_size": 100}, "sort": {"is_asc": True}}
        return [row["order_sn"] for row in client.post("order/search_package_list", body)["packages_list"]]

    ids = sorted(order.id for order in orders)
    assert numbers(0) == ids
    assert numbers(1) == []
    assert numbers(2) == sorted(order.id for order in orders[1:])
    assert numbers(3) == [orders[0].id]
    page = client.post("order/search_package_list", {"pagination": {"page_size": 2}})
    assert [row["order_sn"] for row in page["packages_list"]] == ids[:0:-1]
    assert (page["pagination"]["total_count"], page["pagination"]["more"]) == (3, True)
    rest = client.post(
        "order/search_package_list", {"pagination": {"page_size": 2, "cursor": page["pagination"]["next_cursor"]}}
    )
    assert [row["order_sn"] for row in rest["packages_list"]] == ids[:1]
    assert rest["pagination"] == {"total_count": 3, "next_cursor": "", "more": False}
    for body in ({}, {"pagination": {"page_size": 101}}, {"pagination": {"page_size": 1, "cursor": "1,2"}}):
        assert client.call("POST", "order/search_package_list", body)[1]["error"] == "error_param"


def test_package_detail(shopee: Market, client: Client) -> None:
    order = shopee.buy(cod=True)
    number = detail(client, order.id, "package_list")["package_list"][0]["package_number"]
    (found,) = client.get("order/get_package_detail", package_number_list=number)["package_list"]
    assert (
        found["order_sn"],
        found["fulfillment_status"],
        found["is_shipment_arranged"],
        found["tracking_number"],
    ) == (
        order.id,
        "LOGISTICS_READY",
        False,
        "",
    )
    assert client.refused("GET", "order/get_package_detail", package_number_list="OFG0")[:2] == (404, "error_not_found")
