"""Returns and escrow of the simulated Shopee."""

from __future__ import annotations

import pytest

from integrations.simulator.order import Order, Step
from tests.integrations.connectors.shopee.simulator.still_world import START, Client, Market


def live(shopee: Market, *steps: Step) -> Order:
    order = shopee.buy(cod=True, quantity=2)
    for step in ("shipped", "delivered", *steps):
        shopee.context.step(order, step)
    return order


def half_up(amount: int, percent: int) -> int:
    """So many thousandths of an amount, rounded half up."""
    return (amount * percent * 2 + 1000) // 2000


def test_the_parts_of_an_escrow_close(shopee: Market, client: Client) -> None:
    # 1 % of two pieces ends in half a dong
    shopee.item().variations[0].price = 10_025
    order = live(shopee, "completed")
    (line,) = order.lines
    goods = 2 * line.price
    detail = client.get("payment/get_escrow_detail", order_sn=order.id)
    found = detail["order_income"]
    assert (found["original_price"], found["commission_fee"]) == (goods, half_up(goods, 120))
    assert found["seller_transaction_fee"] == half_up(goods + found["buyer_paid_shipping_fee"], 60)
    assert (found["withholding_vat_tax"], found["withholding_pit_tax"]) == (201, 100)
    fees = ("commission_fee", "seller_transaction_fee", "seller_order_processing_fee")
    taxes = ("withholding_vat_tax", "withholding_pit_tax")
    assert found["escrow_amount"] == goods - sum(found[name] for name in (*fees, *taxes))
    assert found["buyer_total_amount"] == goods + found["buyer_paid_shipping_fee"]
    assert [(item["quantity_purchased"], item["discounted_price"]) for item in found["items"]] == [(2, goods)]
    batch = [{"escrow_detail": detail}]
    assert client.get("payment/get_escrow_detail_batch", order_sn_list=order.id) == batch
    assert client.post("payment/get_escrow_detail_batch", {"order_sn_list": [order.id]}) == batch


def test_an_unpaid_order_has_no_escrow_and_a_cancelled_one_brings_nothing(shopee: Market, client: Client) -> None:
    order = shopee.buy()
    assert client.refused("GET", "payment/get_escrow_detail", order_sn=order.id)[:2] == (404, "error_not_found")
    shopee.context.cancel(order, "buyer", "changed_mind")
    found = client.get("payment/get_escrow_detail", order_sn=order.id)["order_income"]
    assert (found["escrow_amount"], found["buyer_total_amount"], found["commission_fee"]) == (0, 0, 0)


def test_released_orders_in_pages(shopee: Market, client: Client) -> None:
    numbers = []
    for _ in range(3):
        numbers.append(live(shopee, "completed").id)
        shopee.context.pass_time(10)
    live(shopee)
    window = {"release_time_from": START, "release_time_to": START + 100}
    page = client.get("payment/get_escrow_list", **window, page_size=2)
    assert page["more"] is True
    assert [row["order_sn"] for row in page["escrow_list"]] == numbers[:0:-1]
    assert page["escrow_list"][0]["escrow_release_time"] == START + 20
    income = client.get("payment/get_escrow_detail", order_sn=numbers[2])["order_income"]
    assert page["escrow_list"][0]["payout_amount"] == income["escrow_amount"]
    page = client.get("payment/get_escrow_list", **window, page_size=2, page_no=2)
    assert (page["more"], [row["order_sn"] for row in page["escrow_list"]]) == (False, numbers[:1])
    wrong = {"release_time_from": START, "release_time_to": "soon"}
    assert client.refused("GET", "payment/get_escrow_list", **wrong) == (
        200,
        "error_param",
        "release_time_to: Invalid type. Expected: integer, given: string",
    )


def test_a_return_is_listed_and_confirmed(shopee: Market, client: Client) -> None:
    order = live(shopee, "returning")
    answer = client.get("returns/get_return_list", page_no=0, page_size=10)
    (row,) = answer["return"]
    assert answer["more"] is False
    assert (row["order_sn"], row["status"], row["refund_amount"]) == (order.id, "REQUESTED", order.total)
    assert [(item["amount"], item["item_price"]) for item in row["item"]] == [(2, order.lines[0].price)]
    number = row["return_sn"]
    detail = client.get("returns/get_return_detail", return_sn=number)
    assert {name: detail[name] for name in row} == row
    assert detail["negotiation"]["negotiation_status"] == "PENDING_RESPOND"
    shopee.listen()
    shopee.context.pass_time(60)
    client.post("returns/confirm", {"return_sn": number})
    shopee.deliver()
    change = {
        "update_field": "return_status",
        "old_value": "REQUESTED",
        "new_value": "ACCEPTED",
        "update_time": START + 60,
    }
    assert shopee.hub.take() == [
        (29, {"order_sn": order.id, "return_sn": number, "updated_values": [change]}),
    ]
    assert client.call("POST", "returns/confirm", {"return_sn": number})[1]["error"] == "returns.error_status"
    found = client.get("payment/get_escrow_detail", order_sn=order.id)
    assert found["return_order_sn_list"] == [number]
    assert found["order_income"]["seller_return_refund"] == -order.total
    assert found["order_income"]["escrow_amount"] == 0
    assert shopee.other.refused("GET", "returns/get_return_detail", return_sn=number)[0] == 404


def test_a_return_that_nobody_answers_is_accepted_after_two_days(shopee: Market, client: Client) -> None:
    live(shopee, "returning")
    shopee.context.pass_time(2 * 86_400)
    client.access_token = shopee.platform.accounts()["shops"][0]["access_token"]
    window = {"update_time_from": START + 1, "update_time_to": START + 2 * 86_400}
    (row,) = client.get("returns/get_return_list", page_no=0, page_size=10, **window)["return"]
    assert (row["status"], row["update_time"]) == ("ACCEPTED", START + 2 * 86_400)
    assert client.get("returns/get_return_list", page_no=1, page_size=1)["return"] == []
    assert client.get("returns/get_return_list", page_no=0, page_size=1, status="REQUESTED")["return"] == []


def test_a_disputed_return_is_not_accepted_by_itself(shopee: Market, client: Client) -> None:
    live(shopee, "returning")
    (row,) = client.get("returns/get_return_list", page_no=0, page_size=10)["return"]
    client.post("returns/dispute", {"return_sn": row["return_sn"], "email": "shop@example.test"})
    shopee.context.pass_time(2 * 86_400)
    client.access_token = shopee.platform.accounts()["shops"][0]["access_token"]
    assert client.get("returns/get_return_detail", return_sn=row["return_sn"])["status"] == "SELLER_DISPUTE"


@pytest.mark.parametrize(
    "query",
    [
        {"page_no": -1},
        {"page_size": 101},
        {"status": "LOST"},
        {"create_time_from": START - 16 * 86_400, "create_time_to": START},
        {"create_time_from": START},
    ],
)
def test_a_bad_return_list_call(client: Client, query: dict[str, int]) -> None:
    given = {"page_no": 0, "page_size": 10} | query
    assert client.refused("GET", "returns/get_return_list", **given)[:2] == (200, "error_param")
