"""Escrow -> lines that close to the payout, and the list of releases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.snapshots import FEE_KINDS, PayoutSnapshot
from integrations.connectors.shopee.connector import CONNECTOR
from integrations.connectors.shopee.mapping import income
from integrations.connectors.shopee.mapping.settled_amounts import settled_amounts
from integrations.contract.access import Access, AppAccess
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.reads import Change
from orders.snapshots import SettledAmountsSnapshot
from tests.integrations.connectors.bound import Bound, lines_of

from .conftest import NOW, SHOP, Shopee, Tokens, bad, good
from .samples import expected, raw, short

LIST, BATCH = "payment/get_escrow_list", "payment/get_escrow_detail_batch"
RELEASED = datetime(2026, 11, 20, tzinfo=UTC)
STAMP = int(RELEASED.timestamp())


def lines(released_at: datetime | None = None, order: str = "A1", **given: Any) -> Any:
    return income.lines({"order_sn": order, "order_income": given}, NOW, currency="VND", released_at=released_at)


def amounts(**given: Any) -> dict[str, Decimal]:
    return {line.fee: line.amount for line in lines(**given)}


@pytest.mark.parametrize(
    ("name", "payout"), [("settlement__partly_returned", 37719), ("settlement__tax_withheld", 267260)]
)
def test_a_settlement(name: str, payout: int) -> None:
    [row] = raw(name)["response"]
    found = income.lines(row["escrow_detail"], NOW, currency="VND")
    assert short(found) == expected(name)
    assert sum(line.amount for line in found) == payout


def test_the_whole_answer_is_kept_with_the_sale() -> None:
    [row] = raw("settlement__tax_withheld")["response"]
    sale, *others = income.lines(row["escrow_detail"], NOW, currency="VND")
    assert (sale.kind, sale.raw["items"][0]["quantity_purchased"], sale.raw["coins"]) == ("sale", 2, 1200)
    assert {line.fee: line.raw for line in others if line.raw} == {
        "Bù phí vận chuyển": row["escrow_detail"]["order_income"]["order_adjustment"][0]
    }


def test_the_table_holds_our_words_and_no_name_twice() -> None:
    assert {kind for kind, _ in income.PARTS.values()} <= set(FEE_KINDS)
    assert {sign for _, sign in income.PARTS.values()} == {1, -1}
    assert not income.PARTS.keys() & income.NOT_LINES


@pytest.mark.parametrize(("name", "part"), income.PARTS.items(), ids=income.PARTS)
def test_every_fee_of_the_formula(name: str, part: tuple[str, int]) -> None:
    kind, sign = part
    goods = {} if name == "original_cost_of_goods_sold" else {"original_cost_of_goods_sold": 0}
    [line] = lines(escrow_amount=sign * 500, **goods, **{name: 500})
    assert (line.external_id, line.kind, line.fee, line.amount) == (f"A1:{name}", kind, name, sign * 500)


@pytest.mark.parametrize("name", sorted(income.NOT_LINES - {"escrow_amount", "seller_discount", "original_price"}))
def test_sums_and_prices_are_no_lines(name: str) -> None:
    assert amounts(escrow_amount=90, original_cost_of_goods_sold=100, commission_fee=10, **{name: 10}) == {
        "original_cost_of_goods_sold": 100,
        "commission_fee": -10,
    }


def test_where_the_goods_are_not_named_the_prices_tell() -> None:
    assert amounts(escrow_amount=80, original_price=100, seller_discount=20) == {"original_cost_of_goods_sold": 80}


@pytest.mark.parametrize(
    ("unknown", "escrow", "others"),
    [
        ({"new_fee": 7}, 93, {"new_fee": -7}),
        ({"new_subsidy": 7}, 107, {"new_subsidy": 7}),
        ({"one_fee": 3, "other_fee": 4}, 93, {"one_fee": -3, "other_fee": -4}),
        ({"some_statistic": 7}, 100, {}),
        ({"some_statistic": 7}, 95, {"unexplained": -5}),
        ({}, 95, {"unexplained": -5}),
        ({"commission_fee_pri": 5, "a_text": "5", "a_flag": True, "a_list": [5]}, 95, {"unexplained": -5}),
    ],
)
def test_an_unknown_name_is_a_line_when_it_explains_the_sum(unknown: Any, escrow: int, others: Any) -> None:
    found = lines(escrow_amount=escrow, original_cost_of_goods_sold=100, **unknown)
    assert {line.fee: line.amount for line in found if line.kind == "other"} == others
    assert sum(line.amount for line in found) == escrow


@given(
    st.dictionaries(st.sampled_from([*income.PARTS, "new_fee", "newer_fee"]), st.integers(-(10**9), 10**9)),
    st.integers(-(10**9), 10**9),
    st.lists(st.integers(-(10**6), 10**6), max_size=3),
)
def test_the_lines_always_close_and_have_ids_of_their_own(given: Any, escrow: int, adjustments: list[int]) -> None:
    rows = [{"amount": amount, "adjustment_reason": "same"} for amount in adjustments]
    found = lines(**given, escrow_amount=escrow, order_adjustment=rows)
    assert sum(line.amount for line in found) == escrow + sum(adjustments)
    assert len({line.external_id for line in found}) == len(found)
    assert all(line.amount for line in found)


def test_only_what_was_released_is_paid() -> None:
    [owed] = lines(escrow_amount=5, original_cost_of_goods_sold=5)
    assert (owed.is_paid, owed.paid_at, owed.happened_at) == (False, None, None)
    [paid] = lines(RELEASED, escrow_amount=5, original_cost_of_goods_sold=5)
    assert (paid.is_paid, paid.paid_at, paid.happened_at) == (True, RELEASED, RELEASED)


@pytest.mark.parametrize(
    ("order", "given"), [("", {"escrow_amount": 1}), ("A1", {}), ("A1", {"escrow_amount": 1, "commission_fee": "much"})]
)
def test_a_malformed_escrow_is_refused(order: str, given: Any) -> None:
    with pytest.raises(ValueError, match=r"escrow_amount|order_sn|number"):
        lines(order=order, **given)


# --- reading ---


def detail(number: str, **given: Any) -> dict[str, Any]:
    income = {"escrow_amount": 5, "original_cost_of_goods_sold": 5} | given
    return {"escrow_detail": {"order_sn": number, "order_income": income}}


def answering(shopee: Shopee, **rows: Any) -> None:
    """Escrows by order; what is not there is refused, a batch of several as a whole."""

    def answer(asked: Any) -> Any:
        numbers = asked.query["order_sn_list"].split(",") if asked.method == "GET" else asked.json()["order_sn_list"]
        if not set(numbers) <= rows.keys():
            return bad("error_not_found", "not found", status=404)
        return good([rows[number] for number in numbers if rows[number]])

    shopee.on(BATCH, answer)


def read(ports: Bound, *ids: str) -> Any:
    return ports.read("settlement", ids, since=NOW, asked_at=NOW)


def test_fifty_are_asked_for_at_once(shopee: Shopee, ports: Bound) -> None:
    numbers = [f"A{number}" for number in range(50)]
    answering(shopee, **{number: detail(number) for number in numbers})
    answer = read(ports, *numbers, "A1")
    assert sorted(lines_of(answer)) == sorted(numbers)
    assert [(asked.method, asked.query) for asked in shopee.asked] == [("GET", {"order_sn_list": ",".join(numbers)})]


def test_a_setting_asks_by_post_and_an_answer_that_never_came_is_asked_for_again(
    shopee: Shopee, app: AppAccess, tokens: Tokens
) -> None:
    app = replace(app, settings={"escrow_method": "POST"})
    ports = Bound(CONNECTOR, Access(app, SHOP, tokens))
    answering(shopee, A1=detail("A1"))
    assert list(lines_of(read(ports, "A1"))) == ["A1"]
    assert [(asked.method, asked.json()) for asked in shopee.asked] == [("POST", {"order_sn_list": ["A1"]})]
    shopee.on(BATCH, None)
    with pytest.raises(TryLater) as caught:
        read(ports, "A1")
    assert caught.value.maybe_done is False


def test_one_without_escrow_is_gone_and_a_malformed_one_is_unreadable_alone(shopee: Shopee, ports: Bound) -> None:
    answering(shopee, A1=detail("A1"), A2=detail("A2", commission_fee="x"), A3=detail("A9"))
    assert read(ports, "A0").gone == ("A0",)
    answer = read(ports, "A1", "A2", "A3")
    assert (list(lines_of(answer)), list(answer.unreadable), answer.gone) == (["A1"], ["A2"], ())
    with pytest.raises(Rejected):
        read(ports, "A1", "A0")


def changed(ports: Bound, since: datetime = NOW - timedelta(days=1), until: datetime = NOW) -> list[Any]:
    return list(ports.changed("settlement", since=since, until=until))


def listing(shopee: Shopee, *numbers: str, **released: Any) -> None:
    """The list of released escrows; `released`: what else a row says, by order."""

    def answer(asked: Any) -> Any:
        page, size = int(asked.query["page_no"]), int(asked.query["page_size"])
        rows = [{"order_sn": number, "escrow_release_time": STAMP, **released.get(number, {})} for number in numbers]
        return good({"more": len(rows) > page * size, "escrow_list": rows[(page - 1) * size : page * size]})

    shopee.on(LIST, answer)


def test_what_was_released_comes_with_its_lines(shopee: Shopee, ports: Bound) -> None:
    numbers = [f"A{number}" for number in range(120)]
    listing(shopee, *numbers)
    answering(shopee, **{number: detail(number) for number in numbers})
    pages = changed(ports)
    assert [change for page in pages for change in page.changes] == [Change(number, RELEASED) for number in numbers]
    found = [line for page in pages for rows in lines_of(page.answer).values() for line in rows]
    assert {(line.paid_at, line.is_paid, line.asked_at) for line in found} == {(RELEASED, True, NOW)}
    assert {line.order_number for line in found} == set(numbers)
    assert [name for name in shopee.calls() if "detail" in name] == [f"GET {BATCH}"] * 3
    assert [a.query["page_no"] for a in shopee.asked if a.path.endswith("list")] == ["1", "2"]


def test_what_went_into_the_wallet_is_a_payout_of_its_order(shopee: Shopee, ports: Bound) -> None:
    listing(shopee, "A1", "A2", "A3", A1={"payout_amount": 5}, A2={"payout_amount": 4.5}, A3={"payout_amount": "soon"})
    answering(shopee, A1=detail("A1"), A2=detail("A2"), A3=detail("A3"))
    [page] = changed(ports)
    found = page.answer.of(PayoutSnapshot)
    assert [(payout.external_id, payout.order_number, payout.amount) for payout in found] == [
        ("A1", "A1", Decimal(5)), ("A2", "A2", Decimal("4.5")),
    ]  # fmt: skip
    assert {(payout.kind, payout.currency, payout.paid_at, payout.asked_at) for payout in found} == {
        ("wallet", "VND", RELEASED, NOW)
    }
    assert sorted(lines_of(page.answer)) == ["A1", "A2", "A3"]


def test_one_that_is_refused_costs_the_others_nothing(shopee: Shopee, ports: Bound) -> None:
    listing(shopee, "A1", "A2", "A3", "A4", "A5")
    answering(shopee, A1=detail("A1"), A3=detail("A3", commission_fee="x"), A4=detail("A4"), A5=None)
    [page] = changed(ports)
    assert sorted(lines_of(page.answer)) == ["A1", "A4"]
    assert (page.answer.gone, sorted(page.answer.unreadable)) == (("A2",), ["A3", "A5"])


def test_the_present_is_listed_until_it_stands_still_and_returned_once(shopee: Shopee, ports: Bound) -> None:
    numbers = [f"A{number}" for number in range(101)]
    listing(shopee, *numbers)
    answering(shopee, **{number: detail(number) for number in numbers})
    now = datetime.now(UTC)
    pages = changed(ports, now - timedelta(hours=1), now)
    assert [change.external_id for page in pages for change in page.changes] == numbers
    assert [a.query["page_no"] for a in shopee.asked if a.path.endswith("list")] == ["1", "2"] * 2
    assert len([name for name in shopee.calls() if "detail" in name]) == 3


def test_the_shops_currency_counts(shopee: Shopee, app: AppAccess, tokens: Tokens) -> None:
    answering(shopee, A1=detail("A1"))
    ports = Bound(CONNECTOR, Access(app, SHOP, tokens, currency="SGD"))
    assert [line.currency for line in lines_of(read(ports, "A1"))["A1"]] == ["SGD"]


def test_an_escrow_tells_its_order_s_discounts_and_shipping() -> None:
    [row] = raw("settlement__tax_withheld")["response"]
    found = settled_amounts(row["escrow_detail"], NOW)
    assert (found.number, found.shipping_fee, found.seller_shipping) == ("261119FAKE0001", 22_000, 0)
    assert (found.seller_discount, found.seller_voucher) == (72_000, 20_000)
    assert (found.platform_discount, found.platform_voucher, found.coins) == (6_200, 5_000, 1_200)
    [line] = found.lines
    assert (line.item_id, line.variation_id, line.seller_discount) == ("28853978572", "", None)


def test_what_an_escrow_leaves_out_is_not_told() -> None:
    item = {
        "item_id": 5,
        "model_id": 6,
        "seller_discount": 10,
        "discount_from_voucher_seller": 3,
        "discount_from_coin": 1,
    }
    found = settled_amounts({"order_sn": "A1", "order_income": {"actual_shipping_fee": 35, "items": [item]}}, NOW)
    assert (found.shipping_fee, found.seller_discount, found.platform_discount, found.coins) == (None,) * 4
    assert found.seller_shipping == 35
    [line] = found.lines
    assert (line.variation_id, line.seller_discount, line.platform_discount, line.coins) == ("6", 13, 1, 1)


def test_the_amounts_of_an_order_come_with_its_lines(shopee: Shopee, ports: Bound) -> None:
    listing(shopee, "A1")
    answering(shopee, A1=detail("A1"))
    [page] = changed(ports)
    assert [one.number for one in page.answer.of(SettledAmountsSnapshot)] == ["A1"]
