"""Requests of public clients that the platform takes: empty bodies as PHP writes them, newer versions, the heads of money."""

from __future__ import annotations

import pytest

from integrations.connectors.tiktok_shop.simulator import facts
from tests.integrations.connectors.tiktok_shop.simulator.still_world import Client, Market

SEARCHES = (
    "/product/202309/products/search",
    "/order/202309/orders/search",
    "/fulfillment/202309/packages/search",
    "/return_refund/202309/returns/search",
    "/return_refund/202309/cancellations/search",
)
STATEMENTS, UNSETTLED = "/finance/202309/statements", "/finance/202507/orders/unsettled"
TRANSACTIONS = "/finance/202501/statements/{}/statement_transactions"
OF_ORDER = "/finance/202501/orders/{}/statement_transactions"


@pytest.mark.parametrize("path", SEARCHES)
def test_an_empty_array_is_an_empty_body(path: str, client: Client) -> None:
    assert client.good("POST", path, b"[]", page_size=10) == client.good("POST", path, {}, page_size=10)
    assert client.refused("POST", path, b"[1]", page_size=10) == (400, 36009022)


def test_an_empty_array_is_an_empty_object_inside_a_body(place: Market, client: Client) -> None:
    order = place.buy()
    package = place.platform.backend.book.orders[order.id].package_id
    body = {"handover_method": "PICKUP", "pickup_slot": [], "self_shipment": []}
    client.good("POST", f"/fulfillment/202309/packages/{package}/ship", body)
    assert order.status == "packed"


@pytest.mark.parametrize(
    ("path", "newest"),
    [
        ("/return_refund/{}/cancellations/search", "202602"),
        ("/return_refund/{}/returns/search", "202602"),
    ],
)
def test_newer_versions_answer_alike(path: str, newest: str, client: Client) -> None:
    old, new = (client.good("POST", path.format(version), {}, page_size=10) for version in ("202309", newest))
    assert old == new
    assert client.refused("POST", path.format("202601"), {}, page_size=10) == (400, 36009014)


def test_newer_versions_of_writes_are_known(place: Market, client: Client) -> None:
    item = place.item()
    client.good("POST", f"/product/202509/products/{item.id}/partial_edit", {"title": "Tên mới"})
    assert item.name == "Tên mới"
    for path in ("/return_refund/202602/cancellations", "/return_refund/202606/returns/1/reject"):
        assert client.refused("POST", path, {})[1] != 36009014, "the version is known; the body is not right"


def test_the_heads_of_money_are_those_of_the_newer_versions(place: Market, client: Client) -> None:
    order = place.buy()
    goods = place.platform.backend.book.orders[order.id].goods
    place.context.step(order, "arranged")
    place.context.step(order, "shipped")
    [row] = client.good("GET", UNSETTLED)["transactions"]
    assert (row["order_id"], row["type"], row["status"]) == (order.id, "ORDER", "UNSETTLED")
    assert int(row["est_settlement_amount"]) == goods + int(row["est_fee_tax_amount"])
    place.context.step(order, "delivered")
    place.context.step(order, "completed")
    place.context.pass_time(facts.STATEMENT_SPAN + 1)
    [statement] = client.good("GET", STATEMENTS, sort_field="statement_time")["statements"]
    head = client.good("GET", TRANSACTIONS.format(statement["id"]), sort_field="order_create_time")
    assert (head["id"], head["create_time"], head["status"]) == (
        statement["id"], statement["statement_time"], statement["payment_status"],
    )  # fmt: skip
    assert head["total_settlement_amount"] == head["payable_amount"] == statement["settlement_amount"]
    assert head["total_settlement_breakdown"]["fee_amount"] == statement["fee_amount"] == row["est_fee_tax_amount"]
    assert (head["total_reserve_amount"], head["total_count"]) == ("0", 1)
    found = client.good("GET", OF_ORDER.format(order.id))
    assert (found["total_count"], found["settlement_amount"]) == (1, statement["settlement_amount"])
    [sku] = found["sku_transactions"]
    unit = place.platform.backend.book.orders[order.id].units[0]
    assert (sku["statement_id"], sku["sku_id"], sku["product_name"], sku["quantity"]) == (
        statement["id"], unit.sku_id, unit.product_name, "1",
    )  # fmt: skip
