"""Orders, packages, cancellations, returns, goods, money and webhooks of the simulated platform."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
import requests

from integrations.connectors.tiktok_shop.simulator import facts
from integrations.simulator.money_errors import MISSING_PAYOUT, NO_ERROR, MoneyError
from tests.integrations.connectors.tiktok_shop.simulator.still_world import Client, Market

SEARCH, DETAIL = "/order/202309/orders/search", "/order/202309/orders"
RETURNS, CANCELS = "/return_refund/202309/returns", "/return_refund/202309/cancellations"
PRODUCTS = "/product/202309/products"


def test_two_pieces_are_two_line_items_and_an_order_waits_on_hold_first(place: Market, client: Client) -> None:
    order = place.buy(quantity=2, released=False)
    [told] = client.good("GET", DETAIL, ids=order.id)["orders"]
    assert (told["status"], told["is_on_hold_order"], told["packages"]) == ("ON_HOLD", True, [])
    place.context.pass_time(facts.HOLD)
    [told] = client.good("GET", DETAIL, ids=f"{order.id},5769")["orders"]
    assert (told["status"], told["is_cod"], len(told["packages"])) == ("AWAITING_SHIPMENT", True, 1)
    assert len({line["id"] for line in told["line_items"]}) == 2
    assert {line["sku_id"] for line in told["line_items"]} == {order.lines[0].variation_id}
    assert {line["package_status"] for line in told["line_items"]} == {"TO_FULFILL"}
    assert place.context.read == [order.id, order.id]


def test_search_pages_by_opaque_tokens_and_filters(place: Market, client: Client) -> None:
    orders = [place.buy() for _ in range(5)]
    first = client.good("POST", SEARCH, {"order_status": "AWAITING_SHIPMENT"}, page_size=2, sort_order="ASC")
    assert [row["id"] for row in first["orders"]] == [order.id for order in orders[:2]]
    assert "+" in first["next_page_token"]
    assert first["total_count"] == 5
    token = first["next_page_token"]
    second = client.good(
        "POST", SEARCH, {"order_status": "AWAITING_SHIPMENT"}, page_size=3, sort_order="ASC", page_token=token
    )
    assert ([row["id"] for row in second["orders"]], second["next_page_token"]) == ([o.id for o in orders[2:]], "")
    newest = client.good("POST", SEARCH, {"create_time_ge": 5}, page_size=1)
    assert newest["orders"][0]["id"] == orders[-1].id
    since = int(place.context.now())
    place.context.step(orders[1], "shipped")
    changed = client.good("POST", SEARCH, {"update_time_ge": since}, sort_field="update_time", sort_order="ASC")
    assert orders[1].id in [row["id"] for row in changed["orders"]]
    for bad in ({"page_size": 101}, {"sort_field": "id"}, {"page_token": "x"}, {"sort_order": "UP"}):
        assert client.refused("POST", SEARCH, {"order_status": "UNPAID"}, **bad) == (400, 98001004)  # type: ignore[arg-type]
    assert client.refused("POST", SEARCH, {"order_status": "SHIPPED"}) == (400, 98001004)
    assert client.refused("GET", DETAIL, ids=",".join(map(str, range(51)))) == (400, 98001004)


def test_a_package_is_shipped_once_then_has_a_number_a_label_and_a_story(place: Market, client: Client) -> None:
    order = place.buy()
    [told] = client.good("GET", DETAIL, ids=order.id)["orders"]
    path = f"/fulfillment/202309/packages/{told['packages'][0]['id']}"
    assert client.refused("GET", f"{path}/shipping_documents", document_type="SHIPPING_LABEL") == (200, 21011001)
    slots = client.good("GET", f"{path}/handover_time_slots")["pickup_slots"]
    assert [slot["avaliable"] for slot in slots] == [False, True, True]
    pickup = {name: slots[1][name] for name in ("start_time", "end_time")}
    assert (
        client.refused("POST", f"{path}/ship", {"handover_method": "PICKUP", "pickup_slot": {"start_time": 5}})[0]
        == 400
    )
    assert client.good("POST", f"{path}/ship", {"handover_method": "PICKUP", "pickup_slot": pickup}) == {}
    assert client.refused("POST", f"{path}/ship", {"handover_method": "PICKUP"}) == (400, 21011002)
    package = client.good("GET", path)
    assert (package["package_status"], package["handover_method"]) == ("PROCESSING", "PICKUP")
    document = client.good("GET", f"{path}/shipping_documents", document_type="SHIPPING_LABEL")
    assert document["tracking_number"] == package["tracking_number"] != ""
    label = requests.get(document["doc_url"], timeout=5)
    assert (label.headers["Content-Type"], label.content[:5]) == ("application/pdf", b"%PDF-")
    place.context.pass_time(facts.LABEL_LIFE)
    assert requests.get(document["doc_url"], timeout=5).status_code == 403
    place.context.step(order, "shipped")
    story = client.good("GET", f"/fulfillment/202309/orders/{order.id}/tracking")["tracking"]
    assert story[0]["description"] == "Đơn vị vận chuyển đã lấy hàng"
    assert story[0]["update_time_millis"] > 10**12
    assert client.good("GET", DETAIL, ids=order.id)["orders"][0]["status"] == "IN_TRANSIT"


def test_a_batch_of_packages_fails_row_by_row_at_code_0(place: Market, client: Client) -> None:
    orders = [place.buy(), place.buy()]
    ids = [row["packages"][0]["id"] for row in client.good("GET", DETAIL, ids=",".join(o.id for o in orders))["orders"]]
    answer = client.good(
        "POST", "/fulfillment/202309/packages/ship", {"packages": [{"id": one} for one in (*ids, "777")]}
    )
    assert [(row["code"], row["detail"]) for row in answer["errors"]] == [(98001004, {"package_id": "777"})]
    assert {order.status for order in orders} == {"packed"}
    assert (
        client.good("POST", "/fulfillment/202309/packages/search", {"package_status": "PROCESSING"})["total_count"] == 2
    )


def test_what_is_on_hold_cannot_be_shipped_and_what_is_shipped_cannot_be_cancelled(
    place: Market, client: Client
) -> None:
    order = place.buy()
    body = {"order_id": order.id, "cancel_reason": "seller_cancel_reason_out_of_stock"}
    place.context.step(order, "shipped")
    assert client.refused("POST", CANCELS, body) == (400, 25011001)
    other = place.buy()
    answer = client.good("POST", CANCELS, body | {"order_id": other.id})
    assert answer["cancel_status"] == "CANCELLATION_REQUEST_SUCCESS"
    [told] = client.good("GET", DETAIL, ids=other.id)["orders"]
    assert (told["status"], told["cancel_reason"]) == ("CANCELLED", "seller_cancel_reason_out_of_stock")
    assert other.cancelled_by == "seller"


@pytest.mark.parametrize(
    ("verb", "status", "end"), [("approve", "cancelled", "SUCCESS"), ("reject", "to_ship", "CANCEL")]
)
def test_a_buyer_who_wants_out_is_answered_once(
    place: Market, client: Client, verb: str, status: str, end: str
) -> None:
    order = place.buy()
    place.context.step(order, "asked_cancel")
    [told] = client.good("GET", DETAIL, ids=order.id)["orders"]
    assert (told["status"], told["is_buyer_request_cancel"]) == ("AWAITING_SHIPMENT", True)
    [asked] = client.good("POST", f"{CANCELS}/search", {"order_ids": [order.id]})["cancellations"]
    assert (asked["role"], asked["cancel_status"]) == ("BUYER", "CANCELLATION_REQUEST_PENDING")
    path, body = (
        f"{CANCELS}/{asked['cancel_id']}/{verb}",
        {"reject_reason": "seller_reject_apply_product_has_been_packed"},
    )
    assert client.good("POST", path, body, idempotency_key="k1") == {}
    assert client.good("POST", path, body, idempotency_key="k1") == {}
    assert client.refused("POST", path, body, idempotency_key="k2") == (400, 25011001)
    assert order.status == status
    [asked] = client.good("POST", f"{CANCELS}/search", {"cancel_ids": [asked["cancel_id"]]})["cancellations"]
    assert asked["cancel_status"] == f"CANCELLATION_REQUEST_{end}"


def test_a_return_goes_its_way_with_or_without_the_seller(place: Market, client: Client) -> None:
    backend = place.platform.backend
    orders = []
    while {found.kind for found in backend.book.returns.values()} != {"REFUND", "RETURN_AND_REFUND"}:
        order = place.buy()
        for step in ("arranged", "shipped", "delivered"):
            place.context.step(order, step)  # type: ignore[arg-type]
        orders.append(order)
        place.context.pass_time(facts.RETURN_AFTER)
    told = client.good("POST", f"{RETURNS}/search", {"create_time_ge": 1}, page_size=50)["return_orders"]
    rows = {row["return_type"]: row for row in told}
    goods, refund = rows["RETURN_AND_REFUND"], rows["REFUND"]
    assert {row["return_status"] for row in rows.values()} == {"RETURN_OR_REFUND_REQUEST_PENDING"}
    path = f"{RETURNS}/{goods['return_id']}"
    assert client.refused("POST", f"{path}/approve", {"decision": "APPROVE_REFUND"}) == (400, 25011001)
    assert client.good("POST", f"{path}/approve", {"decision": "APPROVE_RETURN"}) == {}
    place.context.pass_time(facts.RETURN_STEP)
    [told] = client.good("POST", f"{RETURNS}/search", {"return_ids": [goods["return_id"]]})["return_orders"]
    assert (told["return_status"], bool(told["return_tracking_number"])) == ("BUYER_SHIPPED_ITEM", True)
    reject = f"{RETURNS}/{refund['return_id']}/reject"
    assert client.refused("POST", reject, {"decision": "REJECT_REFUND"}) == (400, 98001004)
    assert client.good("POST", reject, {"decision": "REJECT_REFUND", "reject_reason": "x"}) == {}
    place.context.pass_time(facts.RETURN_LIFE + facts.RETURN_STEP)
    statuses = {found.kind: found.status for found in backend.book.returns.values()}
    assert statuses == {
        "RETURN_AND_REFUND": "RETURN_OR_REFUND_REQUEST_COMPLETE",
        "REFUND": "REFUND_OR_RETURN_REQUEST_REJECT",
    }
    assert client.refused("POST", f"{RETURNS}/search", {"create_time_ge": 1}, page_size=9) == (400, 98001004)


def test_an_order_whose_payout_is_missing_is_not_sent_back(place: Market) -> None:
    """Refunded in full it would bring nothing, and nothing would be missing."""
    draws, backend = place.context.draws, place.platform.backend

    def sold(error: MoneyError) -> str:
        while not draws.chance(facts.RETURNED_SHARE, "tiktok_shop", "sent back", (order := place.buy()).id):
            pass
        place.context.money_errors[order.id] = error
        for step in ("arranged", "shipped", "delivered"):
            place.context.step(order, step)  # type: ignore[arg-type]
        place.context.pass_time(facts.RETURN_AFTER)
        return order.id

    sold(MoneyError(MISSING_PAYOUT, "tiktok_shop", "", "", ""))
    assert backend.book.returns == {}
    returned = sold(NO_ERROR)
    assert [found.order_id for found in backend.book.returns.values()] == [returned]


def test_stock_and_price_of_a_product(place: Market, client: Client) -> None:
    item = place.item(lambda item: item.has_models and all(not one.held for one in item.variations))
    sku = item.variations[0]
    body = {"skus": [{"id": one, "inventory": [{"quantity": 3}]} for one in (sku.id, "888")]}
    [error] = client.good("POST", f"{PRODUCTS}/{item.id}/inventory/update", body)["errors"]
    assert (error["code"], error["detail"]["sku_id"], sku.stock) == (12052990, "888", 3)
    prices = {"skus": [{"id": sku.id, "price": {"amount": "99000", "currency": "VND"}}]}
    assert client.good("POST", f"{PRODUCTS}/{item.id}/prices/update", prices) == {}
    told = client.good("GET", f"{PRODUCTS}/{item.id}")["skus"][0]
    assert (told["price"]["sale_price"], told["inventory"][0]["quantity"]) == ("99000", 3)
    assert told["sales_attributes"][0]["value_name"] == sku.option
    [stock] = client.good("POST", "/product/202309/inventory/search", {"sku_ids": [sku.id]})["inventory"]
    assert stock["skus"][0]["total_available_quantity"] == 3
    both = {"sku_ids": [sku.id], "product_ids": [item.id]}
    assert client.refused("POST", "/product/202309/inventory/search", both) == (400, 98001004)
    for wrong in (
        {"amount": 5, "currency": "VND"},
        {"amount": "5.5", "currency": "VND"},
        {"amount": "5", "currency": "USD"},
    ):
        assert (
            client.refused("POST", f"{PRODUCTS}/{item.id}/prices/update", {"skus": [{"id": sku.id, "price": wrong}]})[0]
            == 400
        )
    client.good("POST", f"{PRODUCTS}/deactivate", {"product_ids": [item.id]})
    assert client.good("POST", "/product/202502/products/search", {"status": "SELLER_DEACTIVATED"})["total_count"] == 1
    [error] = client.good("POST", f"{PRODUCTS}/{item.id}/inventory/update", {"skus": body["skus"][:1]})["errors"]
    assert error["detail"]["extra_errors"][0]["code"] == 12052003


def test_a_campaign_holds_its_units(place: Market, client: Client) -> None:
    item = place.item(lambda item: any(one.held for one in item.variations))
    sku = next(one for one in item.variations if one.held)
    body = {"skus": [{"id": sku.id, "inventory": [{"quantity": sku.held - 1}]}]}
    assert client.good("POST", f"{PRODUCTS}/{item.id}/inventory/update", body)["errors"]
    [stock] = client.good("POST", "/product/202309/inventory/search", {"product_ids": [item.id]})["inventory"]
    told = next(row for row in stock["skus"] if row["id"] == sku.id)["total_available_inventory_distribution"]
    assert sum(row["quantity"] for row in told["campaign_inventory"]) == sku.held


def test_a_finished_order_is_settled_and_its_parts_add_up(place: Market, client: Client) -> None:
    order = place.buy(quantity=2)
    for step in ("arranged", "shipped", "delivered", "completed"):
        place.context.step(order, step)  # type: ignore[arg-type]
    path = "/finance/202309/statements"
    assert client.good("GET", path, sort_field="statement_time")["statements"] == []
    place.context.pass_time(facts.STATEMENT_SPAN)
    [statement] = client.good("GET", path, sort_field="statement_time")["statements"]
    assert statement["payment_status"] == "PROCESSING"
    place.context.pass_time(facts.PAYING_SPAN)
    [statement] = client.good("GET", path, sort_field="statement_time", payment_status="PAID")["statements"]
    told = client.good(
        "GET", f"/finance/202501/statements/{statement['id']}/statement_transactions", sort_field="order_create_time"
    )
    [row] = told["transactions"]
    goods = order.total
    assert (row["order_id"], row["revenue_amount"]) == (order.id, str(goods))
    parts = [int(amount) for part in row["fee_tax_breakdown"].values() for amount in part.values()]
    assert sum(parts) == int(row["fee_tax_amount"]) < 0
    assert goods + sum(parts) == int(row["settlement_amount"]) == int(statement["settlement_amount"])
    assert row["fee_tax_breakdown"]["fee"]["vn_fix_infrastructure_fee"] == "-3000"


def test_webhooks_are_signed_and_come_again_until_they_are_taken(place: Market, client: Client) -> None:
    hooks = "/event/202309/webhooks"
    for bad in ("http://shop.test/", "https://1.2.3.4/", "https://shop.test:8443/", "https://shop/"):
        body = {"address": bad, "event_type": "ORDER_STATUS_CHANGE"}
        assert client.refused("PUT", hooks, body) == (400, 36009004)
    client.good("PUT", hooks, {"address": place.hub_url, "event_type": "ORDER_STATUS_CHANGE"})
    assert client.good("GET", hooks)["webhooks"][0]["address"] == place.hub_url
    place.replies[:] = [500]
    order = place.buy(released=False)
    assert place.deliver() == [
        (
            1,
            {
                "order_id": order.id,
                "order_status": "ON_HOLD",
                "is_on_hold_order": True,
                "update_time": int(place.context.now()),
            },
        )
    ]
    place.context.pass_time(facts.WEBHOOK_RETRIES[0])
    assert [data["order_status"] for _, data in place.deliver()] == ["AWAITING_SHIPMENT", "ON_HOLD"]
    place.context.cancel(order, "seller", "out_of_stock")
    delivery = place.context.outbox[0][0]
    body = json.loads(delivery.body)
    assert (body["data"]["order_status"], body["shop_id"]) == ("CANCEL", client.shop_id)
    text = client.app["app_key"].encode() + delivery.body
    expected = hmac.new(client.app["app_secret"].encode(), text, hashlib.sha256).hexdigest()
    assert delivery.headers["Authorization"] == expected
    client.good("DELETE", hooks, {"event_type": "ORDER_STATUS_CHANGE"})
    place.context.outbox.clear()
    place.buy()
    assert place.deliver() == []
