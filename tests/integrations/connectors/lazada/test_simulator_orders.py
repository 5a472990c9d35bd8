"""Orders of the simulated Lazada: units, packages, and how they are called off."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

from integrations.connectors.lazada.simulator import facts
from integrations.simulator.order import Order
from tests.integrations.connectors.lazada.still_world import Client, Market

from .simulated_shop import AGO, items, order_ids


def test_one_item_per_unit_and_no_status_but_theirs(place: Market, client: Client) -> None:
    order = place.buy((place.sold(), 2))
    header = client.good("GET", "/order/get", order_id=order.id)
    assert (header["items_count"], header["statuses"], header["order_id"]) == (2, ["pending"], int(order.id))
    assert header["price"] == f"{order.total}.00"
    units = items(client, order)
    assert len({unit["order_item_id"] for unit in units}) == 2
    assert {unit["status"] for unit in units} == {"pending"}
    assert datetime.strptime(header["created_at"], "%Y-%m-%d %H:%M:%S %z").utcoffset() == timedelta(hours=7)
    assert "*" in header["address_shipping"]["phone"]


def test_an_order_belongs_to_its_store_only(place: Market) -> None:
    order = place.buy(shop=1)
    assert place.clients[0].refused("GET", "/order/get", order_id=order.id) == "16"
    assert place.clients[1].good("GET", "/order/get", order_id=order.id)["order_id"] == int(order.id)
    assert order_ids(place.clients[0]) == []


def test_the_order_list_is_as_strict_as_documented(place: Market, client: Client) -> None:
    orders = [place.buy() for _ in range(3)]
    place.step(orders[0], "arranged")
    assert set(order_ids(client)) == {order.id for order in orders}
    assert order_ids(client, status="toship") == [orders[0].id]
    assert order_ids(client, limit="1", offset="1", sort_by="created_at", sort_direction="ASC") == [orders[1].id]
    told = client.good("GET", "/orders/get", created_after=AGO, limit="2")
    assert (told["count"], told["countTotal"]) == (2, 3)
    for params, code in (
        ({}, "MissingParameter"),
        ({"update_after": "2026-01-01"}, "17"),
        ({"update_after": AGO, "limit": "101"}, "19"),
        ({"update_after": AGO, "offset": "5001"}, "14"),
        ({"update_after": AGO, "status": "lost_in_space"}, "36"),
        ({"update_after": AGO, "sort_by": "price"}, "74"),
        ({"update_after": AGO, "sort_direction": "UP"}, "75"),
    ):
        assert client.refused("GET", "/orders/get", **params) == code


def test_items_of_many_orders(place: Market, client: Client) -> None:
    orders = [place.buy(), place.buy()]
    ids = json.dumps([int(order.id) for order in orders])
    rows = client.good("GET", "/orders/items/get", order_ids=ids)
    assert [row["order_id"] for row in rows] == [int(order.id) for order in orders]
    assert client.refused("GET", "/orders/items/get", order_ids="1,2") == "56"
    assert client.refused("GET", "/orders/items/get", order_ids="[]") == "39"
    assert client.refused("GET", "/orders/items/get", order_ids='["x"]') == "37"
    assert client.refused("GET", "/orders/items/get", order_ids=json.dumps([*range(51)])) == "38"


def pack(client: Client, order: Order, units: list[int]) -> list[dict[str, Any]]:
    wanted = {
        "pack_order_list": [{"order_id": int(order.id), "order_item_list": units}],
        "delivery_type": "dropship",
        "shipping_allocate_type": "TFS",
    }
    told = client.good("POST", "/order/fulfill/pack", packReq=json.dumps(wanted))
    rows: list[dict[str, Any]] = told["pack_order_list"][0]["order_item_list"]
    return rows


def rts(client: Client, package: str) -> str:
    wanted = {"packages": [{"package_id": package}]}
    told = client.good("POST", "/order/package/rts", readyToShipReq=json.dumps(wanted))
    code: str = told["packages"][0]["item_err_code"]
    return code


def test_units_are_packed_apart_and_the_courier_comes_when_all_are_ready(place: Market, client: Client) -> None:
    order = place.buy((place.sold(), 2))
    first, second = [unit["order_item_id"] for unit in items(client, order)]
    [row] = pack(client, order, [first])
    assert (row["item_err_code"], bool(row["tracking_number"])) == ("0", True)
    assert client.good("GET", "/order/get", order_id=order.id)["statuses"] == ["packed", "pending"]
    assert rts(client, row["package_id"]) == "0"
    assert (order.status, rts(client, row["package_id"])) == ("to_ship", "700000")
    assert [again["item_err_code"] for again in pack(client, order, [first, second])] == ["700026", "0"]
    package = items(client, order)[1]["package_id"]
    assert rts(client, package) == "0"
    assert (order.status, rts(client, "FP1")) == ("packed", "600001")
    assert {unit["status"] for unit in items(client, order)} == {"ready_to_ship"}


def test_a_package_is_taken_apart(place: Market, client: Client) -> None:
    order = place.buy()
    [unit] = items(client, order)
    [row] = pack(client, order, [unit["order_item_id"]])
    wanted = json.dumps({"packages": [{"package_id": row["package_id"]}]})
    assert client.good("POST", "/order/package/repack", rePackReq=wanted)["packages"][0]["item_err_code"] == "0"
    assert items(client, order)[0]["status"] == "repacked"
    assert pack(client, order, [unit["order_item_id"]])[0]["item_err_code"] == "0"


def test_a_label_is_html_in_base64(place: Market, client: Client) -> None:
    order = place.buy()
    [row] = pack(client, order, [items(client, order)[0]["order_item_id"]])
    for kind, part in (("HTML", row["tracking_number"]), ("PDF", "<iframe")):
        wanted = {"doc_type": kind, "packages": [{"package_id": row["package_id"]}]}
        told = client.good("GET", "/order/package/document/get", getDocumentReq=json.dumps(wanted))
        assert part in base64.b64decode(told["file"]).decode()
    assert client.refused("GET", "/order/package/document/get", getDocumentReq='{"doc_type":"PNG"}') == "700004"


def cancel(client: Client, order: Order, action: str, reason: str = "") -> Any:
    units = json.dumps([unit["order_item_id"] for unit in items(client, order)])
    extra = {"reason_id": reason} if reason else {}
    return client.good("GET", f"/order/reverse/cancel/{action}", order_id=order.id, order_item_id_list=units, **extra)


def test_cancel_is_validated_then_created_and_a_refusal_is_a_tip(place: Market, client: Client) -> None:
    sold = place.sold()
    before, order = sold.stock, place.buy((sold, 1))
    assert [row["reason_id"] for row in cancel(client, order, "validate")["reason_options"]] == list(facts.REASONS)
    assert cancel(client, order, "create", "10000019")["tip_type"] == "success"
    assert (order.status, order.cancelled_by, sold.stock) == ("cancelled", "seller", before)
    assert items(client, order)[0]["cancel_return_initiator"] == "cancellation-seller"
    assert cancel(client, order, "validate")["tip_type"] == "error"
    assert cancel(client, order, "create", "10000019")["tip_type"] == "error"
    shipped = place.buy()
    place.step(shipped, "arranged", "shipped")
    assert cancel(client, shipped, "create", "10000019")["tip_type"] == "error"


def test_out_of_stock_empties_the_sku(place: Market, client: Client) -> None:
    sold = place.sold()
    order = place.buy((sold, 1))
    assert cancel(client, order, "create", "10000021")["tip_type"] == "success"
    assert (sold.stock, order.reason) == (0, "out_of_stock")


def test_a_buyer_asks_and_is_answered(place: Market, client: Client) -> None:
    for agrees, status in (("false", "to_ship"), ("true", "cancelled")):
        order = place.buy()
        place.step(order, "asked_cancel")
        unit = items(client, order)[0]
        assert (unit["is_cancel_pending"], unit["status"]) == (True, "pending")
        number = unit["reverse_order_id"]
        client.good("GET", "/order/reverse/cancel/seller/decide", reverse_order_id=number, agree_cancel=agrees)
        assert order.status == status
        again = client.refused(
            "GET", "/order/reverse/cancel/seller/decide", reverse_order_id=number, agree_cancel=agrees
        )
        assert again == "131"
