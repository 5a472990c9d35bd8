"""Rule 4: only what the hub knew five seconds before counts against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from erpsync.rehearsal.judge import PUSH_LATENCY, HubKnowledge, PutBack, Sale, judge
from erpsync.rehearsal.shapes import OrderKey, Oversale

NOON = datetime(2026, 11, 11, 5, tzinfo=UTC)
SHELF = ("AO-01", "Kho chính")


def key(number: str) -> OrderKey:
    return ("shopee", "900", number)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def sale(number: str, seconds: float, available: int, units: int = 1) -> Sale:
    return Sale(key(number), SHELF, units, at(seconds), available)


def unavoidable(first_known: float | None, second_at: float) -> bool:
    """Sell the last unit at noon and again later, with the first sale known to the hub after so many seconds."""
    known = {} if first_known is None else {key("A"): at(first_known)}
    [found] = judge([sale("B", second_at, 0), sale("A", 0, 1)], HubKnowledge(known))
    assert (found.order, found.sku, found.warehouse, found.units) == (key("B"), *SHELF, 1)
    return found.unavoidable


def test_two_buyers_inside_one_push_latency_are_nobodys_fault() -> None:
    assert unavoidable(first_known=0.1, second_at=3)


def test_a_hub_that_knew_for_longer_than_a_push_takes_is_at_fault() -> None:
    assert not unavoidable(first_known=0.1, second_at=5.2)
    assert not unavoidable(first_known=0.1, second_at=600)


def test_the_limit_is_exact() -> None:
    assert not unavoidable(first_known=1, second_at=1 + PUSH_LATENCY.total_seconds())
    assert unavoidable(first_known=1.001, second_at=1 + PUSH_LATENCY.total_seconds())


def test_a_sale_the_hub_heard_of_late_or_never_counts_as_still_on_the_shelf() -> None:
    assert unavoidable(first_known=595, second_at=599)
    assert unavoidable(first_known=None, second_at=600)


def test_what_was_heard_of_is_not_excused_by_something_else_unheard() -> None:
    """Two units were oversold before the hub could know; the third is avoidable: it knew that the shelf was empty."""
    sales = [sale("A", 0, 1), sale("B", 1, 0), sale("C", 2, -1), sale("D", 60, -2)]
    known = {key("A"): at(0.1), key("B"): at(1.1), key("C"): at(59)}
    assert [(s.order[2], s.unavoidable) for s in judge(sales, HubKnowledge(known))] == [
        ("B", True),
        ("C", True),
        ("D", False),
    ]


def test_time_without_a_database_does_not_count() -> None:
    def excused(known: float, sold: float, *outages: tuple[float, float]) -> bool:
        outages = [(at(since), at(until)) for since, until in outages]
        [found] = judge([sale("A", 0, 1), sale("B", sold, 0)], HubKnowledge({key("A"): at(known)}), outages)
        return found.unavoidable

    assert excused(1, 15, (2, 14)), "known for 1 s before the outage and 1 s after it"
    assert not excused(1, 18, (2, 14)), "1 s before and 4 s after are five"
    assert excused(1.5, 18, (2, 14))
    assert not excused(1, 30, (2, 14)), "long over"
    assert excused(1, 10, (2, 14)), "still away"
    assert excused(1, 17, (2, 7), (8, 16)), "two outages, one second of work between them"
    assert not excused(1, 40, (2, 7), (8, 16))
    assert not excused(1, 9, (10, 20)), "the outage came later"


def put_back(buyer: str, second_at: float, off_known: float | None, *more: Sale) -> bool:
    """Sell the last unit twice at noon; cancel A after 60 s, whose shop sells it again. Return whether that is excused."""
    shop = ("shopee", buyer, "C")
    sold = {key("A"): at(0.1), key("B"): at(0.2)}
    sales = [replace(sale("A", 0, 1), off_at=at(60)), sale("B", 0.1, 0), *more]
    knowledge = HubKnowledge(sold, {} if off_known is None else {key("A"): at(off_known)})
    found = judge([*sales, Sale(shop, SHELF, 1, at(second_at), 0)], knowledge)
    return found[-1].unavoidable


def test_what_a_channel_puts_on_its_own_shelf_is_nobodys_fault_for_as_long_as_a_push_takes() -> None:
    assert put_back("900", 60.7, 60.2)
    assert put_back("900", 65.1, 60.2)
    assert not put_back("900", 65.3, 60.2), "the hub knew for five seconds"
    assert put_back("900", 90, 86), "heard of late: the webhook was lost"
    assert put_back("900", 90, None)
    assert not put_back("900", 59, None), "before it was called off"
    assert not put_back("901", 60.7, 60.2), "another shop's shelf is the hub's matter"


def test_what_was_oversold_before_makes_no_difference_to_what_a_channel_puts_back() -> None:
    sold = {key(name): at(0.1) for name in "ABCD"}
    sales = [replace(sale("A", 0, 1), off_at=at(60)), sale("B", 0, 0), sale("C", 0, -1), sale("D", 60.5, -1)]
    [_, _, found] = judge(sales, HubKnowledge(sold, {key("A"): at(61)}))
    assert (found.order[2], found.unavoidable) == ("D", True)


def test_a_unit_that_was_put_back_excuses_one_sale() -> None:
    known = {key(name): at(0.1) for name in "AB"} | {key("C"): at(61), key("D"): at(61.5)}
    sales = [replace(sale("A", 0, 1), off_at=at(60)), sale("B", 0, 0), sale("C", 60.5, 0), sale("D", 66.6, -1)]
    knowledge = HubKnowledge(known, {key("A"): at(62)})
    assert [(s.order[2], s.unavoidable) for s in judge(sales, knowledge)] == [("B", True), ("C", True), ("D", False)]


def test_a_unit_cancelled_of_an_open_order_is_put_back_as_well() -> None:
    def excused(second_at: float, *changed: float, shop: str = "900") -> bool:
        """Sell two units twice at noon; after 60 s one of A is cancelled, whose shop sells it again."""
        sold = {key("A"): at(0.1), key("B"): at(0.2)}
        part = PutBack(key("A"), SHELF, 1, at(60))
        knowledge = HubKnowledge(sold, changed={key("A"): [at(0.1), *map(at, changed)]})
        late = Sale(("shopee", shop, "C"), SHELF, 1, at(second_at), 0)
        return judge([sale("A", 0, 2, units=2), sale("B", 0.1, 0), late], knowledge, put_back=[part])[-1].unavoidable

    assert excused(60.7, 60.2)
    assert not excused(65.3, 60.2), "the hub knew for five seconds"
    assert excused(90), "no change was stored since: it does not know"
    assert not excused(59), "before it was cancelled"
    assert not excused(60.7, shop="901"), "another shop's shelf is the hub's matter"


def test_other_shelves_and_enough_stock_are_no_matter() -> None:
    other = Sale(key("X"), ("AO-01", "Kho Q7"), 5, at(1), 5)
    assert judge([sale("A", 0, 3, units=3), other], HubKnowledge({})) == ()


def test_only_the_units_that_were_not_there_are_oversold() -> None:
    [found] = judge([sale("A", 0, 2, units=5)], HubKnowledge({}))
    assert (found.units, found.unavoidable) == (3, False)


@given(
    st.lists(st.tuples(st.floats(0, 60), st.integers(1, 3), st.one_of(st.none(), st.floats(0, 30))), max_size=12),
    st.integers(0, 6),
)
def test_a_hub_that_knows_at_once_is_never_judged_milder_than_one_that_knows_later(
    buyers: list[tuple[float, int, float | None]], stock: int
) -> None:
    sales, prompt, late, left = [], {}, {}, stock
    for number, (moment, units, delay) in enumerate(sorted(buyers, key=lambda buyer: buyer[0])):
        sales.append(sale(str(number), moment, left, units))
        left -= units
        prompt[key(str(number))] = at(moment)
        if delay is not None:
            late[key(str(number))] = at(moment + delay)
    at_once, later = judge(sales, HubKnowledge(prompt)), judge(sales, HubKnowledge(late))
    assert [told(s) for s in at_once] == [told(s) for s in later]
    assert all(b.unavoidable for a, b in zip(at_once, later, strict=True) if a.unavoidable)
    assert sum(s.units for s in at_once) == max(0, sum(s.units for s in sales) - stock)


def told(found: Oversale) -> tuple[object, ...]:
    return found.order, found.sku, found.warehouse, found.units, found.sold_at
