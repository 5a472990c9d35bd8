"""Pushes and commands at the simulated Sendo, over real HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from integrations.contract.errors import Rejected
from integrations.contract.publisher import PricePush, StockPush
from integrations.contract.writes import WriteRequest
from inventory.snapshots import ListingSnapshot
from orders.snapshots import OrderSnapshot

from .simulated import Place, listing, read, shown
from .simulated import all_checked as all_checked  # noqa: PLC0414
from .simulated import hooked as hooked  # noqa: PLC0414
from .simulated import place as place  # noqa: PLC0414


def test_stock_of_several_products_goes_in_one_call(place: Place) -> None:
    account = place.account()
    plain, variant = listing(place, with_variants=False), listing(place, with_variants=True)
    others = [row for row in place.truth("listings", item=variant["item"]) if row["variation"] != variant["variation"]]
    before = place.ask("GET", "/calls")["made"]
    outcomes = account.publish_stock(
        [StockPush(plain["item"], "", 0), StockPush(variant["item"], variant["variation"], 2)]
    )
    assert [outcome.accepted for outcome in outcomes] == [True, True]
    assert place.ask("GET", "/calls")["made"] - before == 2
    assert (shown(place, plain), shown(place, variant)) == (0, 2)
    assert others
    assert [shown(place, row) for row in others] == [row["stock"] for row in others]
    account.publish_stock([StockPush(plain["item"], "", 4)])
    assert shown(place, plain) == 4


def test_a_product_sold_out_in_all_variants_is_not_available(place: Place) -> None:
    account, variant = place.account(), listing(place, with_variants=True)
    every = place.truth("listings", item=variant["item"])
    outcomes = account.publish_stock([StockPush(row["item"], row["variation"], 0) for row in every])
    assert all(outcome.accepted for outcome in outcomes)
    assert {one.stock[0].sellable for one in read(account, "listing", variant["item"]).of(ListingSnapshot)} == {0}


def test_a_price_leaves_stock_and_other_variants_alone(place: Place) -> None:
    account, variant = place.account(), listing(place, with_variants=True)
    before = {one.variation_id: one for one in read(account, "listing", variant["item"]).of(ListingSnapshot)}
    [outcome] = account.publish_price([PricePush(variant["item"], variant["variation"], Decimal(99_000))])
    assert outcome.accepted
    after = {one.variation_id: one for one in read(account, "listing", variant["item"]).of(ListingSnapshot)}
    assert after[variant["variation"]].price == 99_000
    assert {k: (v.price, v.stock) for k, v in after.items() if k != variant["variation"]} == {
        k: (v.price, v.stock) for k, v in before.items() if k != variant["variation"]
    }
    assert after[variant["variation"]].stock == before[variant["variation"]].stock


def test_a_variant_that_is_gone_stops_no_other(place: Place) -> None:
    account, variant = place.account(), listing(place, with_variants=True)
    outcomes = account.publish_stock(
        [
            StockPush(variant["item"], "602_1", 5),
            StockPush(variant["item"], variant["variation"], 3),
            StockPush("77", "602_1", 5),
        ]
    )
    assert [(outcome.accepted, outcome.code) for outcome in outcomes] == [
        (False, "no_variant"), (True, ""), (False, "not_found"),
    ]  # fmt: skip
    assert shown(place, variant) == 3


def test_a_refused_row_makes_the_call_a_refusal_and_each_goes_alone(place: Place) -> None:
    account, plain = place.account(), listing(place, with_variants=False)
    with pytest.raises(Rejected, match="Sản phẩm không tồn tại"):
        account.publish_stock([StockPush("77", "", 5), StockPush(plain["item"], "", 5)])
    assert account.publish_stock([StockPush(plain["item"], "", 5)])[0].accepted
    assert shown(place, plain) == 5


def test_an_order_is_accepted_once(place: Place) -> None:
    number, account = place.free_order(), place.account(allow_check="1")
    assert account.outcome_of(WriteRequest("ship", number, "r1")) is None
    assert account.perform(WriteRequest("ship", number, "r1")).external_id == number
    assert place.order_row(number)["status"] == "packed"
    again = account.perform(WriteRequest("ship", number, "r1"))
    assert again.raw["order_status"] == 3
    assert account.outcome_of(WriteRequest("ship", number, "r1")) is not None
    [order] = read(account, "order", number).of(OrderSnapshot)
    assert [parcel.tracking_number for parcel in order.parcels] == [f"SE{number}"]


def test_an_order_is_cancelled_with_a_reason_sendo_knows(place: Place) -> None:
    number, account = place.free_order(), place.account()
    with pytest.raises(Rejected, match="Lý do hủy không hợp lệ"):
        account.perform(WriteRequest("cancel", number, "r1", options={"reason": "because"}))
    account.perform(WriteRequest("cancel", number, "r2", options={"reason": "out_of_stock"}))
    [order] = read(account, "order", number).of(OrderSnapshot)
    assert (order.status, order.cancel_reason) == ("cancelled", "Hết hàng")
    assert account.outcome_of(WriteRequest("cancel", number, "r2")) is not None
    with pytest.raises(Rejected, match="status"):
        account.perform(WriteRequest("ship", number, "r3"))


def test_reasons_and_the_look_into_the_parcel_may_be_chosen(place: Place) -> None:
    number, account = place.free_order(), place.account()
    [reason] = account.fields(WriteRequest("cancel", number, "r1"))
    assert {"CBS1": "Hủy bởi người bán", "CBS100": "Hết hàng"}.items() <= dict(reason.choices).items()
    assert reason.default == reason.choices[0][0]
    [check] = account.fields(WriteRequest("ship", number, "r2"))
    assert (check.name, [value for value, _words in check.choices]) == ("allow_check", ["", "1", "0"])
    assert account.fields(WriteRequest("deliver", number, "r3")) == ()
    account.perform(WriteRequest("cancel", number, "r4", options={"reason": "CBS100"}))
    [order] = read(account, "order", number).of(OrderSnapshot)
    assert (order.status, order.cancel_reason) == ("cancelled", "Hết hàng")


def test_a_shop_without_couriers_cannot_say_delivered(place: Place) -> None:
    number, account = place.free_order(), place.account()
    account.perform(WriteRequest("ship", number, "r1"))
    with pytest.raises(Rejected, match="Shop không tự vận chuyển"):
        account.perform(WriteRequest("deliver", number, "r2"))


def test_a_command_that_was_not_taken_has_no_outcome(place: Place) -> None:
    number, account = place.free_order(), place.account()
    assert account.outcome_of(WriteRequest("ship", number, "r1", sent_at=datetime.now(UTC))) is None
