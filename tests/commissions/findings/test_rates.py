"""Recognition of rates: exact whatever the orders, and nothing is made up of noise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissions.findings.rates import Observation, Part, deviations, simplest

AT = datetime(2026, 11, 1, tzinfo=UTC)
SLACK = Decimal(1)


def charged(n: int, base: int, rate: str, by: str = "10") -> Observation:
    fee = (Decimal(base) * Decimal(rate) / 100).quantize(Decimal(1), ROUND_HALF_UP)
    return Observation(n, 1, AT + timedelta(hours=n), (Part(Decimal(by), Decimal(base) / 100),), fee, SLACK)


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [("4.98", "5.03", "5"), ("4.96", "4.99", "4.98"), ("11.4", "11.6", "11.5"), ("0.1", "9.9", "5"), ("0.00000001", "0.00000002", None)],
)  # fmt: skip
def test_the_simplest_number(low: str, high: str, found: str | None) -> None:
    assert simplest(Decimal(low), Decimal(high)) == (None if found is None else Decimal(found))


@settings(max_examples=60, deadline=None)
@given(
    bases=st.lists(st.integers(200_000, 20_000_000), min_size=12, max_size=40, unique=True),
    rate=st.decimals("1", "30", places=2).filter(lambda rate: abs(rate - 10) >= Decimal("0.01")),
    noise=st.lists(st.tuples(st.integers(200_000, 20_000_000), st.decimals("31", "90", places=9)), max_size=4),
)
def test_the_rate_is_found_exactly(bases: list[int], rate: Decimal, noise: list[tuple[int, Decimal]]) -> None:
    orders = [charged(n, base, str(rate)) for n, base in enumerate(bases)]
    others = [charged(1000 + n, base, str(odd)) for n, (base, odd) in enumerate(noise)]
    [found] = [one for one in deviations([*others, *orders]) if one.after == rate]
    assert (found.before, found.ids, found.since, found.until) == (
        10, tuple(range(len(bases))), AT, AT + timedelta(hours=len(bases) - 1),
    )  # fmt: skip


def test_two_rates_one_after_the_other_are_two_deviations() -> None:
    orders = [charged(n, 150_000 + 7_001 * n, "11" if n < 20 else "12") for n in range(40)]
    assert [(one.after, len(one.ids)) for one in deviations(orders)] == [(11, 20), (12, 20)]


def test_orders_with_several_rates_join_those_that_explain_them() -> None:
    orders = [charged(n, 150_000 + 7_001 * n, "11") for n in range(20)]
    parts = (Part(Decimal(10), Decimal(2_000)), Part(Decimal(4), Decimal(1_000)))
    mixed = Observation(99, 1, AT, parts, Decimal(11 * 2_000 + 4 * 1_000), SLACK)
    [found] = deviations([*orders, mixed])
    assert 99 in found.ids
    [found] = deviations([*orders, mixed._replace(fee=Decimal(30_000))])
    assert 99 not in found.ids


def test_noise_is_no_rate() -> None:
    orders = [charged(n, 1_000_003 * (n + 1), f"{11 + n * Decimal('0.7310177')}") for n in range(40)]
    assert deviations(orders) == []
