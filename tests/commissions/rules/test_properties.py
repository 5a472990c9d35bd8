"""What holds of all rules and orders: monotone tiers, no negative sums, accrued plus reversed is nothing, no dong lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from commissions.rules import words
from commissions.rules.formula import Base
from commissions.rules.order import Back, Line, Order
from commissions.rules.reversals import given_back, reversals, sold
from commissions.rules.rounding import shares
from commissions.rules.rule import Rounding, Rule, Vat
from tests.commissions.rules.make import D, bound, charges, fixed, order, percent, rule, tiered

FEW = settings(max_examples=60, deadline=None)
amounts = st.integers(0, 10**9).map(Decimal)
rates = st.integers(0, 10_000).map(lambda number: D(number) / 100)
modes = st.sampled_from(sorted(words.ROUNDINGS))
levels = st.sampled_from(sorted(words.PER))
bases = st.builds(Base, kind=st.sampled_from(sorted(words.BASES)), shipping=st.booleans(), without_tax=st.booleans())
bounds = st.none() | st.builds(lambda amount, per: bound(str(amount), per), amounts, levels)


@st.composite
def tiers(draw: st.DrawFn, *, rising: bool = False, mode: str = "") -> Any:
    starts = sorted(draw(st.sets(st.integers(1, 10**9), max_size=3)))
    found = [draw(rates) for _ in range(len(starts) + 1)]
    made = list(zip(["0", *map(str, starts)], map(str, sorted(found) if rising else found), strict=True))
    return tiered(*made, mode=mode or draw(st.sampled_from(["marginal", "whole"])), base=draw(bases))


formulas = st.one_of(
    st.builds(
        lambda base, rate, floor, cap: percent(str(rate), base, floor=floor, cap=cap), bases, rates, bounds, bounds
    ),
    st.builds(lambda amount, per: fixed(str(amount), per), amounts, st.sampled_from(sorted(words.FIXED_PER))),
    tiers(),
)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    formula = draw(formulas)
    level = "order" if hasattr(formula, "tiers") else draw(levels)
    vat = draw(st.sampled_from([Vat(), Vat(mode="added", rate=D(8))]))
    given_back = draw(st.sampled_from(["full_return", "in_proportion"]))
    return rule(formula, vat=vat, given_back=given_back, rounding=Rounding(mode=draw(modes), level=level))


@st.composite
def sales(draw: st.DrawFn) -> Order:
    lines = [
        Line(
            str(key), draw(st.integers(1, 5)), draw(st.just(Decimal(0)) | amounts), seller_discount=draw(amounts),
            platform_voucher=draw(st.integers(0, 1000).map(Decimal)), tax=draw(st.integers(0, 1000).map(Decimal)),
        )
        for key in range(draw(st.integers(1, 4)))
    ]  # fmt: skip
    return order(*lines, shipping=draw(st.integers(0, 50_000).map(Decimal)), parcels=draw(st.integers(1, 3)))


def returned(draw: Any, what: Order) -> list[Back]:
    """Returns of one unit each, some lines more often than sold."""
    units = [line.key for line in what.lines for _ in range(line.quantity + 1)]
    return [Back("returned", {key: 1}) for key in draw(st.permutations(units))]


@FEW
@given(rules(), sales())
def test_no_fee_is_negative_and_all_are_whole_dong(one: Rule, what: Order) -> None:
    found = charges(one, what).entries
    assert [entry.line for entry in found] == [line.key for line in what.lines]
    assert all(entry.amount >= 0 and entry.amount == entry.amount.to_integral_value() for entry in found)


@FEW
@given(st.data())
def test_accrued_plus_reversed_is_nothing_whatever_the_order_of_returns(data: st.DataObject) -> None:
    one, what = data.draw(rules()), data.draw(sales())
    backs = returned(data.draw, what)
    entries, units = charges(one, what).entries, sold(what)
    found = [part for place, back in enumerate(backs) for part in reversals(entries, units, backs[:place], back)]
    assert all(part.amount < 0 for part in found)
    for entry in entries:
        assert entry.amount + sum(part.amount for part in found if part.entry is entry) == 0


@FEW
@given(st.data())
def test_sums_after_some_returns_do_not_depend_on_their_order(data: st.DataObject) -> None:
    one, what = data.draw(rules()), data.draw(sales())
    some = returned(data.draw, what)
    some = some[: data.draw(st.integers(0, len(some)))]
    some += [Back("refunded", {}, {"0": data.draw(amounts)})]
    mixed: Sequence[Back] = data.draw(st.permutations(some))
    for entry in charges(one, what).entries:
        assert given_back(entry, sold(what), some) == given_back(entry, sold(what), mixed)
        assert 0 <= given_back(entry, sold(what), some) <= entry.amount


@FEW
@given(st.data(), st.lists(amounts, min_size=2, max_size=8))
def test_tiers_are_monotone(data: st.DataObject, values: list[Decimal]) -> None:
    """Parts at their own rates are for all rates, the whole at one rate is where rates rise."""
    mode = data.draw(st.sampled_from(["marginal", "whole"]))
    one = rule(data.draw(tiers(rising=mode == "whole", mode=mode)))
    fees = [sum(entry.amount for entry in charges(one, order(Line("1", 1, value))).entries) for value in sorted(values)]
    assert fees == sorted(fees)


@FEW
@given(st.data())
def test_rounding_the_whole_order_loses_no_dong(data: st.DataObject) -> None:
    what, rate, mode = data.draw(sales()), data.draw(rates), data.draw(modes)
    one = rule(percent(str(rate)), rounding=Rounding(mode=mode, level="order"))
    found = charges(one, what).entries
    exact = sum((entry.base for entry in found), Decimal(0)) * rate / 100
    assert sum(entry.amount for entry in found) == exact.quantize(Decimal(1), words.ROUNDING_MODES[mode])


@FEW
@given(amounts, st.lists(amounts, min_size=1, max_size=6))
def test_shares_add_up_and_none_is_negative(whole: Decimal, weights: list[Decimal]) -> None:
    found = shares(whole, weights, Decimal(1))
    assert sum(found) == whole
    assert all(share >= 0 for share in found)
    assert all(not share for share, weight in zip(found, weights, strict=True) if not weight and any(weights))


def test_shares_of_twenty_digits_are_exact() -> None:
    """28 digits on the way would make the first share one less."""
    weights = [Decimal("2781130343219468316"), Decimal("45745228475848401511")]
    whole = sum(weights, Decimal(0))
    assert shares(whole, weights, Decimal(1)) == weights


@FEW
@given(st.dates(date(2026, 1, 2), date(2027, 12, 31)), st.integers(-12, 14))
def test_the_last_second_of_a_day_in_vietnam_is_still_the_old_version(day: date, hours: int) -> None:
    versions = [rule(percent("5")), rule(percent("6"), version=2, starts=day)]
    midnight = datetime.fromisoformat(f"{day}T00:00:00+07:00")
    zone = datetime.fromisoformat(f"2026-01-01T00:00:00{hours:+03d}:00").tzinfo
    for moment, rate in ((midnight - timedelta(seconds=1), 5), (midnight, 6)):
        (entry,) = charges(versions, order(created_at=moment.astimezone(zone))).entries
        assert entry.rate == rate


@FEW
@given(rules(), sales())
def test_the_working_is_of_the_same_computation(one: Rule, what: Order) -> None:
    plain, worked = charges(one, what).entries, charges(one, what, with_working=True).entries
    assert [entry._replace(working=()) for entry in worked] == plain
    assert all(entry.working[-1].result == entry.amount for entry in worked)
