"""Documents add up to the dong, whatever quantities, prices and discounts they have."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.connectors.misa_crm.mapping.sales import DATES, sale_body
from integrations.contract.writes import WriteLine, WriteRequest
from integrations.documents.amounts import Amounts, whole_amounts
from integrations.documents.pos.build import unit_prices
from orders.queries import SoldPart

VND = "VND"
MONEY = st.decimals(0, 50_000_000, places=4)


def sum_of(units: list[int], amounts: Amounts) -> Decimal:
    prices = zip(units, amounts.prices, strict=True)
    return sum((count * price for count, price in prices), -amounts.discount)


def test_a_discount_that_does_not_divide() -> None:
    paid = (Decimal(3 * 150_000 - 100_000) / 3).quantize(Decimal("0.0001"))
    amounts = whole_amounts([(3, paid)], VND)
    assert amounts == Amounts((Decimal(116_667),), Decimal(1))
    assert sum_of([3], amounts) == 350_000


@given(st.lists(st.tuples(st.integers(1, 500), MONEY), min_size=1, max_size=8), st.sampled_from([VND, "USD"]))
def test_lines_less_discount_are_what_was_paid(rows: list[tuple[int, Decimal]], currency: str) -> None:
    step = Decimal(1) if currency == VND else Decimal("0.01")
    amounts = whole_amounts(rows, currency)
    paid = sum((units * price for units, price in rows), Decimal(0))
    assert sum_of([units for units, _ in rows], amounts) == paid.quantize(step, ROUND_HALF_UP)
    assert all(price % step == 0 for price in amounts.prices)
    assert 0 <= amounts.discount <= sum(units for units, _ in rows) * step


@st.composite
def sales(draw: st.DrawFn) -> tuple[list[SoldPart], Decimal]:
    """Lines, each with a discount on the whole line, of products and of bundles; and what was paid for all."""
    parts, total = [], Decimal(0)
    for line in range(1, draw(st.integers(1, 4)) + 1):
        pieces, price = draw(st.integers(1, 50)), draw(st.integers(1_000, 2_000_000))
        discount = draw(st.integers(0, pieces * price))
        total += pieces * price - discount
        paid = (Decimal(pieces * price - discount) / pieces).quantize(Decimal("0.0001"))
        for product in draw(st.lists(st.integers(1, 9), min_size=1, max_size=3, unique=True)):
            own, units = draw(st.integers(0, 900_000)), draw(st.integers(1, 6))
            parts.append(SoldPart(line, pieces, paid, product, Decimal(units), Decimal(own)))
    return parts, total


@given(sales())
def test_a_pos_document_adds_up_to_the_dong(sold: tuple[list[SoldPart], Decimal]) -> None:
    parts, total = sold
    units: dict[int, int] = {}
    for part in parts:
        units[part.product_id] = units.get(part.product_id, 0) + int(part.pieces * part.units)
    prices = unit_prices(parts)
    amounts = whole_amounts([(count, prices[product]) for product, count in units.items()], VND)
    assert sum_of(list(units.values()), amounts) == total


@given(st.lists(st.tuples(st.integers(1, 50), MONEY), min_size=1, max_size=5))
def test_the_lines_of_a_crm_order_add_up_to_its_sum(rows: list[tuple[int, Decimal]]) -> None:
    amounts = whole_amounts(rows, VND)
    lines = tuple(
        WriteLine("AO", "", "AO", units, price) for (units, _), price in zip(rows, amounts.prices, strict=True)
    )
    options = {"code": "1-A", "title": "Gian hàng", "customer": "KH", "placed_at": "2026-11-20T18:30:00+00:00"}
    request = WriteRequest("crm_order", "A", "r", lines, options, discount=amounts.discount)
    body = sale_body(request, layout="x", label="", date_form=next(iter(DATES)))
    total = sum_of([units for units, _ in rows], amounts)
    written = body["sale_order_product_mappings"]
    assert sum(line["total"] for line in written) == body["sale_order_amount"] == total
    assert all(line["total"] == line["to_currency"] - line["discount"] >= 0 for line in written)


@pytest.mark.parametrize("rows", [[], [(2, Decimal(0))]])
def test_nothing_paid_is_nothing(rows: list[tuple[int, Decimal]]) -> None:
    assert whole_amounts(rows, VND).discount == 0
