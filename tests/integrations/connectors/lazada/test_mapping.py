"""Samples -> snapshots, by hand-written expectations; every status, fee and code; every oddity of the wire."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.snapshots import FEE_KINDS
from integrations.connectors.lazada import signing, webhooks
from integrations.connectors.lazada.mapping import errors, fields, orders, products, returns, statements
from integrations.contract.access import AppAccess
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.webhooks import Delivery, Refused, Unreadable
from integrations.wire.failures import UNREADABLE
from integrations.wire.oddities import Oddities
from orders.models import Return, Status
from orders.snapshots import LineSnapshot

from .samples import expected, names, raw, raw_text, short

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
APP = AppAccess("key", {"app_key": "115527", "app_secret": "secret-0001"})
BATCH = {str(row["order_id"]): row["order_items"] for row in raw("items__batch")["data"]}
HEADERS = {str(row["order_id"]): row for row in raw("orders__page")["data"]["orders"]}
ITEM: dict[str, Any] = {"order_item_id": 2, "product_id": "5", "sku_id": "6", "status": "pending", "item_price": 10}


def line(**changes: Any) -> LineSnapshot:
    return orders.line(Oddities(), ITEM | changes, "VND")


# --- orders ---


@pytest.mark.parametrize(
    ("name", "header", "items"),
    [
        ("items__batch", HEADERS["288480920119609"], BATCH["288480920119609"]),
        ("orders__page", HEADERS["291000110119609"], BATCH["291000110119609"]),
        ("order__recorded_my", raw("order__recorded_my")["data"], raw("items__recorded_my")["data"]),
    ],
)
def test_an_order(name: str, header: Any, items: Any) -> None:
    found = orders.order(header, items, NOW)
    assert short(found) == expected(name)
    assert found.raw["order_items"][0]["order_item_id"] == items[0]["order_item_id"]
    json.dumps(found.raw)


def test_the_codes_of_vouchers_are_campaigns() -> None:
    both = line(voucher_code_seller="SHOP10", voucher_code_platform="LZ50", voucher_code="LZ50")
    assert both.campaigns == ("SHOP10", "LZ50")


def test_a_recorded_item_without_sku_id_is_known_by_its_shop_sku() -> None:
    found = orders.line(Oddities(), raw("items__recorded_vn")["data"][0], "VND")
    assert (found.item_id, found.variation_id, found.key) == ("1306535254", "5058631360", "288480920219609")


def test_every_status_is_one_of_ours() -> None:
    assert set(orders.STATUS.values()) <= set(Status.values)
    assert set(returns.STATUS.values()) <= set(Return.Status.values)
    assert set(statements.FEES.values()) <= set(FEE_KINDS)
    documented = (
        "unpaid pending packed repacked ready_to_ship_pending ready_to_ship shipped delivered confirmed canceled failed failed_delivery"
        " shipped_back shipped_back_success shipped_back_failed returned lost_by_3pl damaged_by_3pl package_scrapped topack toship"
        " shipping lost"
    )
    assert set(documented.split()) == set(orders.STATUS)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["pending", "shipped"], "to_ship"),
        (["canceled", "delivered", "shipped"], "shipped"),
        (["canceled", "canceled"], "cancelled"),
        (["confirmed", "returned"], "completed"),
        (["packed", "ready_to_ship"], "packed"),
        (["pending", "a_new_word"], ""),
        ([], ""),
    ],
)
def test_an_order_is_where_its_least_advanced_unit_is(words: list[str], status: str) -> None:
    assert orders.status_of([line(status=word) for word in words]) == status
    assert orders.status_of([line(status=word) for word in reversed(words)]) == status


@given(st.lists(st.sampled_from(sorted(orders.STATUS)), min_size=1, max_size=6))
def test_cancelled_only_when_all_are_and_no_order_of_units_matters(words: list[str]) -> None:
    found = orders.status_of([line(status=word) for word in words])
    assert (found == "cancelled") == (set(words) == {"canceled"})
    live = [word for word in words if word != "canceled"]
    assert not live or found == orders.status_of([line(status=word) for word in sorted(live)])


@pytest.mark.parametrize("flag", [True, "true", 1, "1"])
def test_a_buyer_who_asks_to_cancel(flag: Any) -> None:
    assert line(is_cancel_pending=flag).status == "cancelling"
    assert line(need_cancel_confirm=flag, reverse_order_id="7", status="packed").status == "cancelling"
    assert line(need_cancel_confirm=flag).status == "to_ship"
    assert line(is_cancel_pending=flag, status="shipped").status == "shipped"
    assert line(is_cancel_pending=False, need_cancel_confirm="false").status == "to_ship"
    header = {"order_id": 1, "created_at": "2026-01-10 14:02:38 +0700", "is_cancel_pending": flag}
    assert orders.order(header, [ITEM], NOW).status == "cancelling"
    assert orders.order(header, [ITEM | {"is_cancel_pending": "false"}], NOW).status == "to_ship"


def test_an_open_return_shows_on_what_was_delivered() -> None:
    assert line(status="delivered", return_status="REQUEST_INITIATE").status == "returning"
    assert line(status="confirmed", return_status="RTM_SHIPPING_BACK").status == "returning"
    assert line(status="delivered", return_status="REQUEST_REJECT").status == "delivered"
    assert line(status="delivered", return_status="a_new_word").status == "delivered"
    assert line(status="shipped", return_status="REQUEST_INITIATE").status == "shipped"


def test_what_makes_no_sense_is_said() -> None:
    header = {"order_id": 1, "created_at": "2026-01-10 14:02:38"}
    nameless = ITEM | {"order_item_id": None, "product_id": "", "sku_id": "", "shop_sku": ""}
    found = orders.order(header, [nameless, nameless], NOW)
    assert [(line.key, line.item_id) for line in found.lines] == [("::1", ""), ("::2", "")]
    assert found.problems == ("line_without_product", "line_without_id")
    # without an offset it is the shop's own time
    assert found.placed_at == datetime(2026, 1, 10, 7, 2, 38, tzinfo=UTC)
    assert orders.order({"order_id": 1}, [ITEM], NOW).problems == ("odd_field:created_at",)
    with pytest.raises(ValueError, match="order_id"):
        orders.order({}, [], NOW)
    odd = orders.order({"order_id": 1, "created_at": "2026-01-10 14:02:38 +0700", "price": "10.50"}, [], NOW)
    assert (set(odd.problems), odd.status) == ({"no_lines", "fractional_money"}, "")


# --- goods, returns, money ---


def test_a_product_is_one_listing_per_sku() -> None:
    assert short(products.listings(raw("product__two_skus")["data"], NOW)) == expected("product__two_skus")
    [row] = raw("products__page")["data"]["products"]
    assert short(products.listings(row, NOW, warehouse="dropshipping")) == expected("product__two_skus")
    assert products.listings(row | {"status": "Deleted"}, NOW)[0].status == "deleted"
    assert products.listings(row | {"status": "Some new word"}, NOW)[0].status == "inactive"
    with pytest.raises(ValueError, match="without skus"):
        products.listings(row | {"skus": []}, NOW)


def test_a_warehouse_of_several() -> None:
    places = [{"warehouseCode": "A", "sellableQuantity": 3}, {"warehouseCode": "B", "sellableQuantity": 4}]
    sku = {"quantity": 7, "multiWarehouseInventories": places}
    assert [products.sellable(sku, code) for code in ("", "A", "B")] == [7, 3, 4]
    assert products.sellable({"Available": 2}) == 2
    assert products.sellable({"quantity": -1}) == 0


def test_payloads_are_xml_that_says_no_more_than_it_must() -> None:
    found = products.request([{"ItemId": "1", "SkuId": "2", "SellableQuantity": "0"}])
    assert found.endswith(
        "<Request><Product><Skus><Sku><ItemId>1</ItemId><SkuId>2</SkuId><SellableQuantity>0</SellableQuantity></Sku></Skus>"
        "</Product></Request>"
    )
    payload = products.content_request("1", ["2"], {"name": 'Áo <"A&B">'}, ["https://i/1.jpg?a=1&b=2"])
    assert '<name>Áo &lt;"A&amp;B"&gt;</name>' in payload
    assert "<Images><Image>https://i/1.jpg?a=1&amp;b=2</Image></Images>" in payload


@pytest.mark.parametrize("name", ["return__detail", "returns__page"])
def test_a_return_by_either_shape(name: str) -> None:
    body = raw(name)
    row = body["data"] if "data" in body else body["result"]["items"][0]
    assert short(returns.returned(row, NOW)) == expected(name)


def test_a_return_without_goods_or_with_a_new_word() -> None:
    row = raw("return__detail")["data"]
    assert returns.returned(row | {"request_type": "ONLY_REFUND"}, NOW).goods_come_back is False
    [first] = row["reverseOrderLineDTOList"]
    odd = row | {
        "reverseOrderLineDTOList": [first, first, first | {"reverse_order_line_id": 2, "reverse_status": "A_NEW_WORD"}]
    }
    found = returns.returned(odd, NOW)
    assert (found.status, found.channel_status, found.refund) == ("", "REQUEST_INITIATE, A_NEW_WORD", Decimal(318_000))


def test_transactions_become_statement_lines() -> None:
    rows = raw("settlement__transactions")["data"]
    found = statements.lines(rows, NOW, time_zone="Asia/Ho_Chi_Minh", currency="VND")
    assert short(found) == expected("settlement__transactions")
    twice = statements.lines([*rows, *rows], NOW, time_zone="Asia/Ho_Chi_Minh", currency="VND")
    assert [one.external_id[-2:] for one in twice] == [":1", ":2"]
    [odd] = statements.lines(
        [rows[0] | {"fee_name": "Phí mới", "paid_status": "Paid"}], NOW, time_zone="UTC", currency="VND"
    )
    assert (odd.kind, odd.fee, odd.is_paid) == ("other", "Phí mới", True)
    with pytest.raises(ValueError, match="transaction_date"):
        statements.lines([{"transaction_date": "2016-05-17"}], NOW, time_zone="UTC", currency="VND")


# --- errors ---


@pytest.mark.parametrize(
    ("name", "kind", "maybe_done"),
    [
        ("901_throttled", TryLater, False),
        ("998_campaign_downgrade", TryLater, False),
        ("api_call_limit", TryLater, False),
        ("illegal_access_token", NotAuthorised, None),
        ("illegal_refresh_token", NotAuthorised, None),
        ("incomplete_signature", TryLater, False),
        ("invalid_code", Rejected, None),
        ("invalid_date", Rejected, None),
        ("invalid_order_id", Rejected, None),
        ("missing_parameter", Rejected, None),
        ("seller_not_active", TryLater, False),
    ],
)
def test_codes(name: str, kind: type[Exception], maybe_done: bool | None) -> None:
    body = raw("errors__all")[name]
    found = errors.failure(200, body)
    assert type(found) is kind
    assert found.code == body["code"]
    assert str(found.reason).endswith(body["message"])
    assert getattr(found, "maybe_done", None) is maybe_done


def test_every_code_of_the_page_is_in_the_table() -> None:
    page = (
        "IllegalAccessToken IllegalRefreshToken InvalidCode IncompleteSignature MissingParameter ApiCallLimit 901 998 ServiceTimeout"
        " SellerNotVerified SellerNotActive Mp3SellerApiLimit 17 19 14 36 6 74 75 16 37 38 39 56 1000 40011 IopSystemFlowlimit"
        " ServiceCurrentlimit AUTH_TYPE_UNSUPPORTED 700000 700004 700022 700024 700025 700026 700027 700029 700031 600001 600002"
        " 30012 1003 501 4171 4152 4170 212 4193 4216 4225 513 1000012"
    )
    assert set(page.split()) <= set(errors.ERRORS.codes)


def test_what_is_no_success_inside() -> None:
    inner = {"code": "0", "result": {"success": False, "error_code": "700024", "error_msg": "lock"}}
    assert type(errors.failure(200, inner)) is TryLater
    other = {"code": "0", "success": False, "errorCode": "9", "errorMsg": "no such thing exists: not found"}
    assert type(errors.failure(200, other)) is Rejected
    assert errors.failure(200, {"code": "0", "data": None}) is None
    assert errors.failure(200, raw("push__failed")) is None
    assert type(errors.failure(200, {"code": "501", "message": "E501"})) is Rejected
    gateway = errors.failure(502, None)
    assert (type(gateway), gateway.code if gateway else "") == (TryLater, UNREADABLE)


def test_rows_that_failed() -> None:
    assert products.failures(raw("push__ok")) == {}
    assert products.failures(raw("push__partial")) == {"9042744108": ("501", "negative sellable on channel inventory")}
    assert products.failures(raw("push__failed"))["9042744108"][0] == "4152"
    assert str(errors.of_row("4170", "locked")[1]).endswith("locked")


# --- pushes ---


def opened(body: str, **headers: str) -> Any:
    signed = signing.push_signature("115527", "secret-0001", body.encode())
    return webhooks.WEBHOOKS.open(APP, Delivery(body.encode(), {"authorization": signed} | headers))


@pytest.mark.parametrize("name", names("notice_"))
def test_a_push(name: str) -> None:
    assert short(opened(raw_text(name))) == expected(name)


@pytest.mark.parametrize(
    "name", ["notice_06__shallow_stock", "notice_12__category_tree", "notice_13__seller_status", "notice_21__review"]
)
def test_other_pushes_are_messages_kept_whole(name: str) -> None:
    [found] = opened(raw_text(name))
    assert (found.kind, found.external_id.split(":")[0]) == ("message", str(raw(name)["message_type"]))
    assert found.delivery_id
    assert set(raw(name)["data"]) <= set(found.body)


def test_pushes_that_make_no_sense_or_have_no_envelope() -> None:
    [promotion] = opened('{"promotionId": 5, "sellerId": 7}')
    assert (promotion.kind, promotion.shop_id, promotion.external_id[:3]) == ("message", "7", "11:")
    for body in ("[]", "{", '{"message_type": "x"}', '{"message_type": 0, "data": {}}', '{"message_type": 8}'):
        with pytest.raises(Unreadable):
            opened(body)
    [cancel] = opened('{"message_type": 10, "data": {"reverse_status": "CANCEL_INIT", "trade_order_id": 5}}')
    assert (cancel.kind, cancel.external_id) == ("order", "5")


def test_the_documented_signature_of_a_push() -> None:
    body = b'{"seller_id":"1234567", "message_type":0, "data":{...}..}'
    wanted = "f3d2ca947f16a50b577c036adecd18bec126ea19cadedd59816e255d3b6104ab"
    assert signing.push_signature("123456", "3412gyo124goi3124", body) == wanted
    with pytest.raises(Refused, match="bad_signature"):
        opened("{}", authorization=wanted)


def test_a_call_is_signed_as_documented() -> None:
    params = {
        "access_token": "test", "app_key": "123456", "order_id": "1234", "sign_method": "sha256", "timestamp": "1517820392000",
    }  # fmt: skip
    wanted = "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A"
    assert signing.call_signature("helloworld", "/order/get", params) == wanted
    assert signing.call_signature("helloworld", "/order/get", params | {"sign": "x"}) == wanted


# --- fields ---


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("159.00", "159"), (Decimal("66000.00"), "66000"), ("2,115.90 VND", "2115.9"), ("-0.62", "-0.62"), (None, "0"), ("", "0"),
    ],
)  # fmt: skip
def test_numbers_as_they_come(value: Any, number: str) -> None:
    assert fields.number({"x": value}, "x") == Decimal(number)


@pytest.mark.parametrize("value", ["VND", True, [], Decimal("1e30"), "--1"])
def test_what_is_no_number(value: Any) -> None:
    with pytest.raises(ValueError, match="x is"):
        fields.number({"x": value}, "x")


def test_times_as_they_come() -> None:
    assert fields.moment({"x": "2021-05-25 14:02:38 +0700"}, "x") == datetime(2021, 5, 25, 7, 2, 38, tzinfo=UTC)
    assert fields.moment({"x": "2021-05-27T23:59:59+07:00"}, "x") == datetime(2021, 5, 27, 16, 59, 59, tzinfo=UTC)
    assert fields.moment({"x": "1767834000000"}, "x") == fields.moment({"x": 1_767_834_000}, "x")
    assert fields.day({"x": "17 May 2016"}, "x") == date(2016, 5, 17)
    assert fields.text({"x": "null"}, "x") == ""
    assert fields.text({"x": "a\x00\ud800"}, "x") == "a?"
