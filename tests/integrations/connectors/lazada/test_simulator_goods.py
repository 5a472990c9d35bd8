"""Products, returns and money of the simulated Lazada."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from integrations.connectors.lazada.simulator import facts, steps
from tests.integrations.connectors.lazada.still_world import Client, Market

from .simulated_shop import items


def stock(client: Client, *skus: str, path: str = "/product/stock/sellable/update") -> Any:
    return client.call("POST", path, payload=f"<Request><Product><Skus>{''.join(skus)}</Skus></Product></Request>")


def test_sellable_is_absolute_and_a_total_counts_what_orders_hold(place: Market, client: Client) -> None:
    sold = place.sold()
    place.buy((sold, 2))
    assert stock(client, sku(sold, SellableQuantity="7"))["code"] == "0"
    assert sold.stock == 7
    assert stock(client, sku(sold, SellableQuantity="-3"), path="/product/stock/sellable/adjust")["code"] == "0"
    assert sold.stock == 4
    assert stock(client, sku(sold, Quantity="9", Price="45000"), path="/product/price_quantity/update")["code"] == "0"
    assert (sold.stock, sold.price) == (7, 45_000)
    shown = client.good("GET", "/product/item/get", item_id=sold.item_id)
    [row] = [row for row in shown["skus"] if row["SkuId"] == int(sold.id)]
    [place_row] = row["multiWarehouseInventories"]
    assert (row["quantity"], place_row["totalQuantity"], place_row["occupyQuantity"]) == (7, 9, 2)


def sku(sold: Any, **texts: str) -> str:
    named = {"ItemId": sold.item_id, "SkuId": sold.id, **texts}
    return "<Sku>" + "".join(f"<{name}>{text}</{name}>" for name, text in named.items() if text) + "</Sku>"


def test_rows_fail_while_the_code_is_zero_until_all_of_them_do(place: Market, client: Client) -> None:
    good, held = place.sold(), place.sold(held=True)
    told = stock(client, sku(good, SellableQuantity="3"), sku(held, SellableQuantity="0"))
    assert (told["code"], [(row["code"], row["sku_id"]) for row in told["detail"]]) == ("0", [("4170", int(held.id))])
    for row, code in (
        (sku(held, SellableQuantity="0"), "4170"),
        (sku(good, SellableQuantity="-1"), "212"),
        (sku(good, SkuId="", SellableQuantity="1"), "4193"),
        (sku(good, SkuId="77", SellableQuantity="1"), "4216"),
        (sku(good, SellableQuantity="many"), "4152"),
        (sku(good).replace("</Sku>", "<MultiWarehouseInventories><a/></MultiWarehouseInventories></Sku>"), "501"),
    ):
        told = stock(client, row)
        assert (told["code"], told["detail"][0]["code"]) == ("501", code)
    assert good.stock == 3
    assert stock(client, *[sku(good, SellableQuantity="1")] * 51)["code"] == "4171"
    assert client.refused("POST", "/product/stock/sellable/update", payload="<Request>") == "201"


def test_lists_of_products(place: Market, client: Client) -> None:
    everything = client.good("GET", "/products/get", filter="all", limit="50")
    assert everything["total_products"] == len(place.shops[0].items)
    item = next(iter(place.shops[0].items.values()))
    found = client.good("GET", "/products/get", sku_seller_list=json.dumps([item.variations[0].seller_sku]))
    assert int(item.id) in [row["item_id"] for row in found["products"]]
    payload = f"<Request><Product><ItemId>{item.id}</ItemId></Product></Request>"
    assert client.call("POST", "/product/deactivate", apiRequestBody=payload)["code"] == "0"
    inactive = client.good("GET", "/products/get", filter="inactive")["products"]
    assert [row["item_id"] for row in inactive] == [int(item.id)]
    assert client.refused("GET", "/products/get", limit="51") == "19"
    assert client.refused("GET", "/products/get", filter="odd") == "36"
    assert client.refused("GET", "/product/item/get", item_id="5") == "ITEM_NOT_FOUND"


def test_money_is_told_by_row_and_day(place: Market, client: Client) -> None:
    order = place.buy((place.sold(), 2))
    place.step(order, "arranged", "shipped", "delivered")
    today = datetime.now(facts.ZONE).date().isoformat()
    rows = client.good("GET", "/finance/transaction/details/get", start_time=today, end_time=today)
    assert [row["fee_name"] for row in rows] == ["Item Price Credit", "Commission", "Payment Fee"] * 2
    assert sum(float(row["amount"]) for row in rows if float(row["amount"]) > 0) == order.total
    assert client.good("GET", "/finance/payout/status/get", created_after="2026-01-01") == []
    assert client.refused(
        "GET", "/finance/transaction/details/get", start_time="2026-01-01", end_time="2026-06-30"
    ) == "1000012"  # fmt: skip


def test_a_return_goes_its_way_or_is_refused(place: Market, client: Client) -> None:
    order = place.buy()
    place.step(order, "arranged", "shipped", "delivered", "returning")
    [row] = client.good("GET", "/reverse/getreverseordersforseller", page_no="1", page_size="10")["items"]
    number, line = str(row["reverse_order_id"]), row["reverse_order_lines"][0]["reverse_order_line_id"]
    act = {"reverse_order_id": number, "reverse_order_item_ids": json.dumps([line])}
    path = "/order/reverse/return/update"
    assert client.refused("GET", path, action="refuseReturn", **act) == "108"
    assert client.refused("GET", path, action="refuseReturn", reason_id="90100001", **act) == "109"
    assert client.refused("GET", path, action="agreeRefund", **act) == "114"
    assert client.refused("GET", path, action="dance", **act) == "107"
    assert (
        client.refused("GET", path, action="agreeReturn", reverse_order_id="5", reverse_order_item_ids="[1]") == "112"
    )
    client.good("GET", path, action="agreeReturn", **act)
    with place.simulation.world.lock:
        for _ in range(2):
            steps.go_on(place.backend, order.shop, int(number))
    detail = client.good("GET", "/order/reverse/return/detail/list", reverse_order_id=number)
    assert detail["reverseOrderLineDTOList"][0]["reverse_status"] == "RTM_RECEIVE_ITEM"
    client.good("GET", path, action="agreeRefund", **act)
    assert items(client, order)[0]["status"] == "returned"
