"""Payloads of the documentation -> snapshots, written by hand beside them; tables against the page."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.tiktok_shop import signing, webhooks
from integrations.connectors.tiktok_shop.mapping import errors, orders, payouts, products, returns, shipping, statements
from integrations.contract.access import AppAccess
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.webhooks import Delivery
from tests.integrations.connectors.tiktok_shop.samples import FOLDER, expected, raw, short

NOW = datetime(2025, 12, 9, tzinfo=UTC)
WEBHOOKS = sorted(path.stem for path in FOLDER.glob("webhook_*.json") if ".expected" not in path.name)


@pytest.mark.parametrize("name", ["order__vn_two_pieces", "order__documented"])
def test_an_order_reads_as_written_beside_it(name: str) -> None:
    [row] = raw(name)["data"]["orders"]
    found = orders.order(row, NOW)
    assert short(found) == expected(name)
    assert (found.asked_at, found.raw["id"]) == (NOW, row["id"])


def test_a_product_a_return_and_a_transaction_read_as_written_beside_them() -> None:
    product = raw("product__documented")["data"]
    assert short(products.listings(product, {}, NOW)) == expected("product__documented")
    [row] = raw("return__refund_pending")["data"]["return_orders"]
    assert short(returns.returned(row, NOW)) == expected("return__refund_pending")
    [statement] = raw("statement__documented")["data"]["statements"]
    [transaction] = raw("transaction__documented_202309")["data"]["statement_transactions"]
    assert short(statements.lines(transaction, statement, NOW)) == expected("transaction__documented_202309")


def order_row(status: str = "AWAITING_SHIPMENT", *words: str, **change: Any) -> dict[str, Any]:
    units = [
        {"id": str(place), "product_id": "1", "sku_id": "2", "original_price": "5000", "display_status": word}
        for place, word in enumerate(words or (status,), start=1)
    ]
    return {"id": "57", "status": status, "create_time": 1765000000, "line_items": units} | change


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("UNPAID", "unpaid"), ("ON_HOLD", "on_hold"), ("AWAITING_SHIPMENT", "to_ship"), ("AWAITING_COLLECTION", "packed"),
        ("IN_TRANSIT", "shipped"), ("DELIVERED", "delivered"), ("COMPLETED", "completed"), ("CANCELLED", "cancelled"),
        ("CANCEL", "cancelled"), ("TELEPORTED", ""),
    ],
)  # fmt: skip
def test_each_status_of_the_page_is_one_of_ours_and_an_unknown_one_is_kept(word: str, ours: str) -> None:
    found = orders.order(order_row(word), NOW)
    assert (found.status, found.channel_status, found.lines[0].status) == (ours, word, ours)


@pytest.mark.parametrize(
    ("lines", "ours"),
    [
        (("IN_TRANSIT", "AWAITING_SHIPMENT"), "to_ship"),
        (("IN_TRANSIT", "AWAITING_COLLECTION"), "packed"),
        (("IN_TRANSIT", "CANCELLED"), "shipped"),
        (("TELEPORTED",), "to_ship"),
    ],
)
def test_an_order_that_left_in_part_is_where_its_last_line_is(lines: tuple[str, ...], ours: str) -> None:
    assert orders.order(order_row("PARTIALLY_SHIPPING", *lines), NOW).status == ours


def test_a_buyer_who_wants_out_counts_only_while_it_can_be_stopped() -> None:
    waiting = orders.order(order_row("AWAITING_COLLECTION", is_buyer_request_cancel=True), NOW)
    assert (waiting.status, waiting.lines[0].status) == ("cancelling", "cancelling")
    gone = orders.order(order_row("IN_TRANSIT", is_buyer_request_cancel=True), NOW)
    assert (gone.status, gone.lines[0].status) == ("shipped", "shipped")


def test_odd_orders_have_problems_and_one_without_a_number_is_refused() -> None:
    assert orders.order(order_row(line_items=[]), NOW).problems == ("no_lines",)
    assert orders.order(order_row(payment={"total_amount": "10.5", "currency": "VND"}), NOW).problems == (
        "fractional_money",
    )
    for change, field in (
        ({"create_time": 10**14}, "create_time"),
        ({"payment": {"total_amount": "much"}}, "total_amount"),
    ):
        assert orders.order(order_row(**change), NOW).problems == (f"odd_field:{field}",)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no id"):
        orders.order(order_row(id=""), NOW)


@pytest.mark.parametrize(
    ("word", "who", "problems"),
    [
        ("FULFILLMENT_BY_SELLER", "seller", ()),
        ("FULFILLMENT_BY_TIKTOK", "platform", ()),
        ("", "seller", ()),
        ("FULFILLMENT_BY_MARTIANS", "seller", ("unknown_fulfilment",)),
    ],
)
def test_who_fulfils_an_order(word: str, who: str, problems: tuple[str, ...]) -> None:
    found = orders.order(order_row(fulfillment_type=word), NOW)
    assert ({line.fulfilled_by for line in found.lines}, found.problems) == ({who}, problems)


def test_a_combined_listing_counts_the_pieces_of_its_skus() -> None:
    [unit] = order_row()["line_items"][:1]
    three = {"product_id": "5", "sku_id": "6", "seller_sku": "AO-01", "sku_count": 3}
    [line] = orders.order(order_row(line_items=[unit | {"combined_listing_skus": [three, three]}]), NOW).lines
    assert (line.key, line.item_id, line.variation_id, line.sku, line.quantity) == (unit["id"], "5", "6", "AO-01", 3)
    [alone] = orders.order(order_row(line_items=[unit]), NOW).lines
    assert round(line.paid_price * 3) == alone.paid_price
    one = three | {"sku_id": "7", "seller_sku": "QUAN-01", "sku_count": 1}
    lines = orders.order(order_row(line_items=[unit | {"combined_listing_skus": [three, one]}]), NOW).lines
    assert [(line.key, line.quantity) for line in lines] == [(f"{unit['id']}:6", 3), (f"{unit['id']}:7", 1)]


def test_what_a_campaign_and_a_creator_hold_is_reserved() -> None:
    rows = products.by_sku(raw("inventory__campaign_and_creator")["data"])
    [found] = products.inventory_stock(rows["1729388324987897824"])
    assert (found.sellable, found.promotion_reserved) == (100, 50)
    assert products.inventory_stock(rows["1729388324987897824"], "other")[0].sellable == 0


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("DRAFT", "inactive"), ("PENDING", "inactive"), ("FAILED", "inactive"), ("ACTIVATE", "active"),
        ("SELLER_DEACTIVATED", "inactive"), ("PLATFORM_DEACTIVATED", "banned"), ("FREEZE", "banned"),
        ("DELETED", "deleted"), ("NEW", "inactive"),
    ],
)  # fmt: skip
def test_each_status_of_a_product(word: str, ours: str) -> None:
    row = {"id": "1", "status": word, "skus": [{"id": "2"}]}
    assert products.listings(row, {}, NOW)[0].status == ours


def test_each_status_of_a_return_is_one_of_ours() -> None:
    ours = {"requested", "approved", "in_transit", "received", "refunded", "refused", "withdrawn"}
    assert set(returns.STATUS.values()) == ours
    row = raw("return__refund_pending")["data"]["return_orders"][0]
    assert returns.returned({**row, "return_status": "NEW"}, NOW).status == ""
    assert returns.decision(row) == "REFUND"
    assert returns.decision({**row, "return_type": "RETURN_AND_REFUND"}) == "RETURN"
    assert returns.decision({**row, "return_type": "RETURN_AND_REFUND", "return_status": "BUYER_SHIPPED_ITEM"}) == (
        "RECEIVED_PACKAGE"
    )
    assert returns.decision({**row, "return_type": "REPLACEMENT"}) == ""


@pytest.mark.parametrize("sign", [1, -1])
def test_fees_are_costs_whichever_way_they_are_written(sign: int) -> None:
    row = {
        "id": "9", "type": "ORDER", "order_id": "57", "currency": "VND", "revenue_amount": "300000",
        "shipping_cost_amount": str(-1000 * sign), "fee_tax_amount": str(-64500 * sign), "adjustment_amount": "0",
        "settlement_amount": "234500",
        "fee_tax_breakdown": {
            "fee": {"platform_commission_amount": str(-37500 * sign), "transaction_fee_amount": str(-19500 * sign), "new_fee": "0"},
            "tax": {"local_vat_amount": str(-3000 * sign), "pit_amount": str(-4500 * sign)},
        },
    }  # fmt: skip
    lines = statements.lines(row, {"id": "7", "payment_status": "PROCESSING"}, NOW)
    assert {(line.kind, line.amount) for line in lines} == {
        ("sale", Decimal(300000)), ("shipping", Decimal(-1000)), ("commission", Decimal(-37500)),
        ("payment_fee", Decimal(-19500)), ("tax", Decimal(-3000)), ("tax", Decimal(-4500)),
    }  # fmt: skip
    assert sum(line.amount for line in lines) == Decimal(234500)
    assert not any(line.is_paid for line in lines)


def test_a_breakdown_of_less_than_the_whole_leaves_no_gap() -> None:
    row = {"id": "9", "revenue_amount": "100", "fee_tax_amount": "-30", "settlement_amount": "60"}
    lines = statements.lines(row, {}, NOW)
    assert [(line.fee, line.amount) for line in lines] == [
        ("revenue_amount", Decimal(100)), ("fee_tax_amount", Decimal(-30)), ("difference", Decimal(-10)),
    ]  # fmt: skip


KINDS = {
    "access token expired": NotAuthorised,
    "access token not valid": NotAuthorised,
    "token not tied to this shop, wrong user_type, or category cipher wrong": NotAuthorised,
    "signature wrong": TryLater,
    "signature missing": TryLater,
    "app_key wrong": TryLater,
    "caller IP not in the allow list": TryLater,
    "timestamp too old": TryLater,
    "timestamp too far ahead": TryLater,
    "too many requests": TryLater,
    "timeout": TryLater,
}


@pytest.mark.parametrize("case", raw("errors__all"), ids=lambda case: case["case"])
@pytest.mark.parametrize("status", [None, 200])
def test_each_error_of_the_page_has_its_meaning_at_any_status(case: dict[str, Any], status: int | None) -> None:
    found = errors.failure(status or case["http_status"], case["body"])
    if case["body"]["code"] == 0:
        assert found is None
        return
    assert type(found) is KINDS.get(case["case"], Rejected)
    assert found is not None
    assert str(found.reason).endswith(case["body"]["message"])
    assert found.code == str(case["body"]["code"])


def test_the_status_counts_first_where_it_says_broken_or_too_often() -> None:
    body = {"code": 36009004, "message": "Invalid credentials. The `x-tts-access-token` header is invalid."}
    assert type(errors.failure(500, body)) is TryLater
    assert type(errors.failure(429, body)) is TryLater
    assert type(errors.failure(401, body)) is NotAuthorised
    assert type(errors.failure(200, None)) is TryLater


def test_rows_that_fail_at_code_0_tell_why() -> None:
    [refused] = products.failures(raw("push__row_refused")["data"]).items()
    assert refused[0] == "1729592969712207013"
    code, reason = errors.of_row(refused[1])
    assert (code, str(reason).endswith("can not be actiavted")) == ("12052003", True)
    [row] = raw("ship__row_refused")["data"]["errors"]
    assert errors.of_row(row)[0] == "10007014"


def test_a_handover_is_chosen_from_what_is_offered() -> None:
    offered = raw("slots__documented")["data"]
    slot = {"start_time": 1623812664, "end_time": 1623812664}
    assert shipping.handover(offered, {}, prefers="PICKUP") == {"handover_method": "PICKUP", "pickup_slot": slot}
    assert shipping.handover(offered, {"method": "drop_off"}, prefers="PICKUP") == {"handover_method": "DROP_OFF"}
    assert shipping.handover({"can_drop_off": True}, {}, prefers="PICKUP") == {"handover_method": "DROP_OFF"}
    assert shipping.handover({}, {}, prefers="PICKUP") == {"handover_method": "PICKUP"}
    with pytest.raises(Rejected):
        shipping.self_shipment({"tracking_number": "X"})
    assert shipping.self_shipment({"tracking_number": "X", "shipping_provider_id": 7}) == {
        "self_shipment": {"tracking_number": "X", "shipping_provider_id": "7"}
    }


@pytest.mark.parametrize("name", [name for name in WEBHOOKS if (FOLDER / f"{name}.expected.json").exists()])
def test_a_webhook_has_the_expected_notices(name: str) -> None:
    assert short(notices(raw(name))) == expected(name)


@pytest.mark.parametrize(
    ("data", "kind", "thing"),
    [
        ({"type": 64, "data": {"return_id": "4", "order_id": "5"}}, "return", "4"),
        ({"type": 68, "data": {"product_id": 17}}, "listing", "17"),
        ({"type": 13, "data": {"order_id": "5"}}, "message", "13:n1"),
        ({"type": 99, "data": {}}, "message", "99:n1"),
    ],
)
def test_a_type_nobody_described_is_read_by_the_ids_it_carries(data: dict[str, Any], kind: str, thing: str) -> None:
    [found] = notices({"tts_notification_id": "n1", "shop_id": "7"} | data)
    assert (found.kind, found.external_id, found.shop_id) == (kind, thing, "7")


def notices(body: Any) -> list[Any]:
    content = json.dumps(body).encode()
    header = signing.webhook_signature("s", "k", content)
    app = AppAccess("key", {"app_key": "k", "app_secret": "s"})
    return webhooks.WEBHOOKS.open(app, Delivery(content, {"authorization": header}))


@pytest.mark.parametrize(
    ("word", "amount", "kind", "ours"),
    [
        ("WITHDRAW", "100", "bank", 100), ("WITHDRAW", "-100", "bank", 100), ("REVERSE", "100", "bank", -100),
        ("SETTLE", "100", "wallet", 100), ("TRANSFER", "-30", "wallet", -30),
    ],
)  # fmt: skip
def test_a_withdrawal_is_a_payout_once_it_is_done(word: str, amount: str, kind: str, ours: int) -> None:
    row = {"id": "9", "type": word, "amount": amount, "currency": "VND", "status": "SUCCESS", "create_time": 1765000000}
    found = payouts.payout(row, NOW)
    assert found is not None
    assert (found.external_id, found.kind, found.amount, found.reference) == ("9", kind, ours, word)
    assert (found.statement, found.paid_at) == ("", datetime.fromtimestamp(1765000000, UTC))
    for status in ("PROCESSING", "FAILED"):
        assert payouts.payout(row | {"status": status}, NOW) is None


@pytest.mark.parametrize("change", [{"id": ""}, {"type": "GIFT"}, {"amount": ""}, {"amount": "much"}])
def test_a_withdrawal_that_makes_no_sense_is_refused(change: dict[str, str]) -> None:
    row = {"id": "9", "type": "SETTLE", "amount": "1", "status": "SUCCESS", "create_time": 1765000000}
    with pytest.raises(ValueError, match=next(iter(change))):
        payouts.payout(row | change, NOW)
