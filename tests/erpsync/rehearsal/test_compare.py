"""Every kind of breach is found and named; a clean day has none."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from erpsync.rehearsal.compare import compare
from erpsync.rehearsal.report import as_object, as_text
from erpsync.rehearsal.shapes import Books, Order, Oversale, Verdict, WorldState

A, B = ("shopee", "900", "A1"), ("shopee", "900", "B2")
LISTING = ("shopee", "900", "1", "")
SHELF = ("AO-01", "Kho chính")
NOON = datetime(2026, 11, 11, 5, tzinfo=UTC)
LATENCY = {"webhook_to_order": {"p50": 120.0, "p95": 480.0, "p99": 900.0}}

TRUTH = WorldState(
    orders={A: Order("shipped", {"AO-01": Decimal(2)}), B: Order("cancelled", {"AO-01": Decimal(1)})},
    stock={SHELF: Decimal(7)},
    sold=3,
    calls=40,
    minimum_calls=32,
    setup_calls=7,
    calls_by_route={"shopee GET /orders": 40},
    shown={LISTING: 7},
    oddities={"silent": 3, "codes": 0},
)
EVENTS = {"received": 9, "processed": 5, "duplicate": 3, "ignored": 1, "pending": 0, "dead_letter": 0}
BOOKS = Books(
    orders={A: Order("shipped", {"AO-01": Decimal(2)}), B: Order("cancelled", {"AO-01": Decimal(1)})},
    stock={SHELF: Decimal(7)},
    events=EVENTS,
    waiting={"events": 0},
    shown={LISTING: 7},
)


def verdict(state: WorldState = TRUTH, books: Books = BOOKS) -> Verdict:
    return compare(state, books, latency_ms=LATENCY)


def test_a_clean_day_is_ok_and_its_report_has_every_key() -> None:
    found = verdict()
    assert found.ok
    assert json.loads(json.dumps(as_object(found))) == {
        "verdict": "ok",
        "breaches": [],
        "orders": {"truth": 2, "hub": 2, "missing": 0, "extra": 0, "wrong_status": 0},
        "units": {"sold": 3, "oversold": 0, "oversold_unavoidable": 0},
        "stock": {"drift": 0},
        "effects": {"duplicate": 0},
        "events": EVENTS,
        "oddities": {"silent": 3, "codes": 0},
        "calls": {
            "made": 40,
            "minimum": 32,
            "ratio": 1.25,
            "per_order": 20.0,
            "setup": 7,
            "by_route": {"shopee GET /orders": 40},
        },
        "latency_ms": LATENCY,
        "rows": {
            "orders": [
                {"channel": "shopee", "shop": "900", "id": "A1", "truth": "shipped", "hub": "shipped"},
                {"channel": "shopee", "shop": "900", "id": "B2", "truth": "cancelled", "hub": "cancelled"},
            ],
            "stock": [{"sku": "AO-01", "truth": 7, "hub": 7}],
        },
    }
    assert as_text(found).endswith("\n\nverdict ok")


def test_an_oddity_that_never_happened_is_named() -> None:
    [line] = [line for line in as_text(verdict()).splitlines() if line.startswith("oddities")]
    assert line.split(maxsplit=1)[1] == "silent 3; never codes"


def test_a_cancelled_order_may_have_a_line_that_was_cancelled_before() -> None:
    before = {**(BOOKS.orders[B].lines or {}), "AO-02": Decimal(1)}
    found = compare(TRUTH, replace(BOOKS, orders={**BOOKS.orders, B: Order("cancelled", before)}), latency_ms=LATENCY)
    assert found.breaches == ()


def events(**changed: int) -> dict[str, int]:
    return EVENTS | changed


def sale(*, unavoidable: bool) -> tuple[Oversale, ...]:
    return (Oversale(A, "AO-01", "Kho chính", 1, NOON, unavoidable=unavoidable),)


BREACHES: dict[str, tuple[WorldState, Books, str, dict[str, dict[str, int]]]] = {
    "an order was lost": (
        TRUTH,
        replace(BOOKS, orders={A: BOOKS.orders[A]}),
        "1 orders missing in the hub: shopee 900 B2",
        {"orders": {"missing": 1, "hub": 1}},
    ),
    "an order out of nowhere": (
        replace(TRUTH, orders={A: TRUTH.orders[A]}),
        BOOKS,
        "1 orders in the hub that nobody placed: shopee 900 B2",
        {"orders": {"extra": 1, "truth": 1}},
    ),
    "a wrong status": (
        TRUTH,
        replace(BOOKS, orders={**BOOKS.orders, A: Order("to_ship", {"AO-01": Decimal(2)})}),
        "1 orders with a wrong status: shopee 900 A1 is shipped, the hub says to_ship",
        {"orders": {"wrong_status": 1}},
    ),
    "a status nobody could read": (
        TRUTH,
        replace(BOOKS, orders={**BOOKS.orders, A: Order("", {"AO-01": Decimal(2)})}),
        "1 orders with a wrong status: shopee 900 A1 is shipped, the hub says nothing",
        {"orders": {"wrong_status": 1}},
    ),
    "a line doubled": (
        TRUTH,
        replace(BOOKS, orders={**BOOKS.orders, A: Order("shipped", {"AO-01": Decimal(4)})}),
        "1 orders with wrong lines: shopee 900 A1",
        {},
    ),
    "a cancelled order without a line that was cancelled with it": (
        TRUTH,
        replace(BOOKS, orders={**BOOKS.orders, B: Order("cancelled", {})}),
        "1 orders with wrong lines: shopee 900 B2",
        {},
    ),
    "wrong stock": (
        TRUTH,
        replace(BOOKS, stock={SHELF: Decimal(6)}),
        "1 stock levels that drifted: AO-01 at Kho chính is 7, the hub says 6",
        {"stock": {"drift": 1}},
    ),
    "stock in the wrong warehouse": (
        replace(TRUTH, stock={SHELF: Decimal(7), ("AO-01", "Kho Q7"): Decimal(0)}),
        replace(BOOKS, stock={SHELF: Decimal(0), ("AO-01", "Kho Q7"): Decimal(7)}),
        "2 stock levels that drifted: AO-01 at Kho Q7 is 0, the hub says 7; AO-01 at Kho chính is 7, the hub says 0",
        {"stock": {"drift": 2}},
    ),
    "a level the hub never heard of": (
        TRUTH,
        replace(BOOKS, stock={}),
        "1 stock levels that drifted: AO-01 at Kho chính is 7, the hub says None",
        {"stock": {"drift": 1}},
    ),
    "two invoices for one order at the POS": (
        replace(TRUTH, doubled=("2 invoices of A1 at the POS",)),
        BOOKS,
        "1 effects that happened twice: 2 invoices of A1 at the POS",
        {"effects": {"duplicate": 1}},
    ),
    "a deduction posted twice": (
        TRUTH,
        replace(BOOKS, doubled=("deduction of A1 2 times",)),
        "1 effects that happened twice: deduction of A1 2 times",
        {"effects": {"duplicate": 1}},
    ),
    "books that do not add up": (
        TRUTH,
        replace(BOOKS, unsound=("on hand is not the sum of movements (AO-01: 7 and 6)",)),
        "1 books that do not add up: on hand is not the sum of movements (AO-01: 7 and 6)",
        {},
    ),
    "a listing that shows what nobody ordered it to": (
        replace(TRUTH, shown={LISTING: 9}),
        BOOKS,
        "1 listings that show another number than the hub believes: shopee 900 1  shows 9, the hub says 7",
        {},
    ),
    "a listing of which the hub knows nothing": (
        TRUTH,
        replace(BOOKS, shown={LISTING: None}),
        "1 listings that show another number than the hub believes: shopee 900 1  shows 7, the hub says None",
        {},
    ),
    "an oversale that could have been prevented": (
        replace(TRUTH, oversales=sale(unavoidable=False)),
        BOOKS,
        "1 sales of units that the hub could have prevented: 1 x AO-01 in shopee 900 A1",
        {"units": {"oversold": 1, "oversold_unavoidable": 0}},
    ),
    "an acknowledged event that has no end": (
        TRUTH,
        replace(BOOKS, events=events(received=10)),
        "events out of balance: 10 received, 9 accounted for",
        {"events": {"received": 10}},
    ),
    "a dead letter": (
        TRUTH,
        replace(BOOKS, events=events(processed=4, dead_letter=1)),
        "1 dead letters",
        {"events": {"dead_letter": 1}},
    ),
    "an event still pending": (
        TRUTH,
        replace(BOOKS, events=events(processed=4, pending=1)),
        "1 events still pending",
        {"events": {"pending": 1}},
    ),
    "stuck work": (
        TRUTH,
        replace(BOOKS, waiting={"events": 0, "commands without an outcome": 3}),
        "left undone: 3 commands without an outcome",
        {},
    ),
}


@pytest.mark.parametrize("case", BREACHES)
def test_each_breach_is_seen_and_named(case: str) -> None:
    state, books, sentence, figures = BREACHES[case]
    found = verdict(state, books)
    assert found.breaches == (sentence,)
    assert not found.ok
    clean: dict[str, Any] = dict(verdict().figures)
    changed = {name for name in figures if found.figures[name] != clean[name]}
    assert changed == set(figures)
    for name, numbers in figures.items():
        assert {key: found.figures[name][key] for key in numbers} == numbers
    text = as_text(found)
    assert f"BREACH  {sentence}" in text
    assert text.endswith("verdict breach")


def test_an_oversale_nobody_could_prevent_is_counted_and_forgiven() -> None:
    found = verdict(replace(TRUTH, oversales=sale(unavoidable=True)))
    assert found.ok
    assert found.figures["units"] == {"sold": 3, "oversold": 0, "oversold_unavoidable": 1}


def test_lines_that_nobody_mapped_are_not_held_against_the_hub() -> None:
    assert verdict(books=replace(BOOKS, orders={**BOOKS.orders, A: Order("shipped", None)})).ok


def test_many_examples_are_counted_and_only_some_are_named() -> None:
    state = WorldState(orders={("shopee", "900", f"N{n}"): Order("to_ship", {}) for n in range(8)}, stock={})
    found = compare(state, Books({}, {}, EVENTS), latency_ms={})
    assert found.breaches == (
        "8 orders missing in the hub: shopee 900 N0; shopee 900 N1; shopee 900 N2; shopee 900 N3; shopee 900 N4; and 3 more",
    )
