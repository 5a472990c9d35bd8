"""The numbers shown: what plenty and scarcity mean, and that scarce stock is never promised twice."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from inventory.allocation import Claim, wanted_stock

ONE = Decimal(1)


def claim(
    listing: int, *, warehouses: tuple[int, ...] = (1,), parts: dict[int, int] | None = None, **rules: int
) -> Claim:
    units = {product: Decimal(count) for product, count in (parts or {1: 1}).items()}
    return Claim(listing, units, frozenset(warehouses), **rules)


def test_plenty_is_shown_everywhere() -> None:
    assert wanted_stock([claim(1), claim(2)], {(1, 1): Decimal(30)}) == {1: 30, 2: 30}


def test_safety_stock_share_and_units_lower_the_number() -> None:
    claims = [claim(1, safety_stock=5), claim(2, share_percent=50), claim(3, parts={1: 6})]
    assert wanted_stock(claims, {(1, 1): Decimal(30)}) == {1: 25, 2: 15, 3: 5}


def test_the_last_units_go_to_the_first_priority() -> None:
    assert wanted_stock([claim(1, priority=2), claim(2, priority=1)], {(1, 1): Decimal(5)}) == {1: 2, 2: 3}
    assert wanted_stock([claim(1, priority=2), claim(2, priority=1)], {(1, 1): ONE}) == {1: 0, 2: 1}


def test_nothing_is_shown_of_stock_below_zero() -> None:
    assert wanted_stock([claim(1)], {(1, 1): Decimal(-2)}) == {1: 0}


def test_what_a_campaign_holds_comes_before_all_turns() -> None:
    claims = [claim(1, priority=1), claim(2, priority=2, held=4), claim(3, priority=3)]
    assert wanted_stock(claims, {(1, 1): Decimal(6)}) == {1: 1, 2: 4, 3: 1}
    assert wanted_stock(claims, {(1, 1): Decimal(3)}) == {1: 0, 2: 3, 3: 0}
    assert wanted_stock(claims, {(1, 1): Decimal(30)}) == {1: 30, 2: 30, 3: 30}


def test_a_bundle_shares_its_scarce_part_with_the_single_listing() -> None:
    claims = [claim(1), claim(2, parts={1: 2, 2: 1})]
    assert wanted_stock(claims, {(1, 1): Decimal(4), (2, 1): Decimal(50)}) == {1: 2, 2: 1}


def test_two_shops_on_one_branch_do_not_eat_the_other_branch() -> None:
    claims = [claim(1, warehouses=(1,)), claim(2, warehouses=(1,)), claim(3, warehouses=(2,))]
    shown = wanted_stock(claims, {(1, 1): Decimal(2), (1, 2): Decimal(5)})
    assert shown == {1: 1, 2: 1, 3: 5}


@st.composite
def markets(draw: st.DrawFn) -> tuple[list[Claim], dict[tuple[int, int], Decimal]]:
    claims = [
        Claim(
            number,
            draw(st.dictionaries(st.integers(1, 3), st.integers(1, 3).map(Decimal), min_size=1)),
            draw(st.frozensets(st.integers(1, 2), min_size=1)),
            priority=draw(st.integers(1, 3)),
            safety_stock=draw(st.integers(0, 2)),
            held=draw(st.integers(0, 4)),
        )
        for number in range(draw(st.integers(1, 6)))
    ]
    stock = {(p, w): Decimal(draw(st.integers(-2, 9))) for p in (1, 2, 3) for w in (1, 2)}
    return claims, stock


@given(markets())
def test_scarce_stock_is_never_promised_twice(market: tuple[list[Claim], dict[tuple[int, int], Decimal]]) -> None:
    claims, stock = market
    shown = wanted_stock(claims, stock)
    assert min(shown.values()) >= 0
    for product in (1, 2, 3):
        takers = [c for c in claims if product in c.parts]
        everywhere = frozenset().union(*(c.warehouses for c in takers))
        total = sum(stock[product, w] for w in everywhere)
        if takers and total < 10:
            for pool in {c.warehouses for c in takers} | {everywhere}:
                promised = sum(shown[c.listing_id] * c.parts[product] for c in takers if c.warehouses <= pool)
                assert promised <= max(0, sum(stock[product, w] for w in pool))
