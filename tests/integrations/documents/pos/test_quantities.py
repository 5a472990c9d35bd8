"""The order document at the POS says what is held: it follows until the invoice is on its way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from integrations.documents.commands.perform import perform_due
from integrations.documents.difference import Document, Existing, Situation, difference
from integrations.documents.pos.desired import CORRECTION, INVOICE, KINDS, ORDER, VOID, desired
from integrations.documents.quantities import units_in
from integrations.models import Command
from inventory.models import Reservation, Warehouse
from inventory.services.readings import record_readings
from inventory.snapshots import StockReading
from orders.models import Order
from orders.snapshots import PLATFORM
from tests.integrations.toy import install

from ..commands.conftest import House, Toy, house  # noqa: F401  (a fixture)

CORRECTS, REWRITES = KINDS, KINDS - {CORRECTION}


def held(units: int) -> Mapping[int, Decimal]:
    return {7: Decimal(units)}


def said(units: int) -> Mapping[str, Any]:
    return {"units": {"7": str(units)}}


class Pos:
    """Commands as rows, and a POS that carries them out in order."""

    def __init__(self, takes: frozenset[str] = CORRECTS) -> None:
        self.takes = takes
        self.rows: list[Existing] = []
        self.order: int | None = None
        self.invoiced: list[int | None] = []
        self.references: set[tuple[str, int]] = set()

    def follow(self, status: str, units: int) -> None:
        situation = Situation(status, units=held(units), takes=self.takes)
        wanted, dropped = difference(desired(situation, self.rows), self.rows)
        for command in dropped:
            self._set(command, "dropped")
        for document in wanted:
            assert (document.kind, document.round) not in self.references, "a reference is used once"
            self.references.add((document.kind, document.round))
            self.rows.append(Existing(len(self.rows), document.kind, "wanted", document.options))

    def _set(self, command: Existing, state: str) -> None:
        self.rows[command.id] = Existing(command.id, command.kind, state, command.options)

    def send(self) -> None:
        waiting = next((row for row in self.rows if row.state in ("wanted", "sent")), None)
        if waiting is not None and waiting.state == "wanted":
            self._set(waiting, "sent")

    def answer(self) -> None:
        sent = next((row for row in self.rows if row.state in ("wanted", "sent")), None)
        if sent is None or sent.state != "sent":
            return
        self._set(sent, "done")
        if sent.kind in (ORDER, CORRECTION):
            assert (self.order is None) == (sent.kind == ORDER), "one order document, corrected while it is open"
            units = units_in(sent.options)
            assert units is not None
            self.order = int(units[7])
        elif sent.kind == VOID:
            self.order = None
        else:
            self.invoiced.append(self.order)
            self.order = None

    def drain(self) -> None:
        for _ in range(2 * len(self.rows) + 2):
            self.send()
            self.answer()


def kinds(documents: Sequence[Document]) -> list[str]:
    return [document.kind for document in documents]


@pytest.mark.parametrize(
    ("takes", "expected"),
    [(CORRECTS, [CORRECTION]), (REWRITES, [VOID, ORDER]), (frozenset({ORDER}), [CORRECTION])],
)
def test_an_open_order_is_corrected_or_written_again_or_told(takes: frozenset[str], expected: list[str]) -> None:
    existing = [Existing(1, ORDER, "done", said(2))]
    wanted, dropped = difference(desired(Situation("to_ship", units=held(1), takes=takes), existing), existing)
    assert (kinds(wanted), dropped) == (expected, ())
    assert units_in(wanted[-1].options) == held(1)


def test_the_invoice_waits_for_the_correction() -> None:
    existing = [Existing(1, ORDER, "done", said(2)), Existing(2, INVOICE, "wanted")]
    wanted, dropped = difference(desired(Situation("shipped", units=held(1), takes=CORRECTS), existing), existing)
    assert (kinds(wanted), [command.kind for command in dropped]) == ([CORRECTION, INVOICE], [INVOICE])


@pytest.mark.parametrize("invoice", ["sent", "done", "refused"])
def test_an_invoice_on_its_way_is_too_late_for_a_correction(invoice: str) -> None:
    existing = [Existing(1, ORDER, "done", said(2)), Existing(2, INVOICE, invoice)]
    assert desired(Situation("shipped", units=held(1), takes=CORRECTS), existing) == existing


def test_an_order_written_before_documents_said_their_units_is_left_alone() -> None:
    existing = [Existing(1, ORDER, "done")]
    assert desired(Situation("to_ship", units=held(1), takes=CORRECTS), existing) == existing


STEP = st.one_of(
    st.tuples(st.sampled_from(["to_ship", "cancelled"]), st.integers(1, 4)), st.sampled_from(["send", "answer"])
)


@given(st.lists(STEP, max_size=25), st.integers(1, 4), st.sampled_from([CORRECTS, REWRITES]), st.booleans())
def test_whatever_happened_the_pos_ends_with_what_is_held(
    history: list[Any], units: int, takes: frozenset[str], is_sold: bool
) -> None:
    pos = Pos(takes)
    for step in history:
        if isinstance(step, str):
            getattr(pos, step)()
        else:
            pos.follow(*step)
    pos.follow("shipped" if is_sold else "to_ship", units)
    pos.drain()
    assert (pos.order, pos.invoiced) == ((None, [units]) if is_sold else (units, []))
    pos.follow("shipped" if is_sold else "to_ship", units)
    assert all(row.state in ("done", "dropped") for row in pos.rows)


# --- in the hub ---


Taking = Callable[..., House]


@pytest.fixture
def taking(house: House, monkeypatch: pytest.MonkeyPatch) -> Taking:  # noqa: F811
    """The house with a POS that takes these kinds."""

    def build(*kinds: str) -> House:
        house.toy = Toy(*kinds)
        install(monkeypatch, house.toy.connector)
        return house

    return build


def test_a_unit_cancelled_after_the_order_was_written_is_corrected_there(taking: Taking) -> None:
    shop = taking(*KINDS)
    shop.receive("to_ship", pieces=2)
    perform_due(shop.pos.pk)
    shop.receive("to_ship", pieces=1)
    assert shop.commands() == [("pos_order", "done"), ("pos_correction", "wanted")]
    perform_due(shop.pos.pk)
    order, correction = shop.toy.performed
    assert [line.quantity for line in (*order.lines, *correction.lines)] == [2, 1]
    assert (correction.external_id, correction.reference) == (f"id-{order.reference}", order.reference)
    assert Reservation.objects.get().pos_quantity == 1
    shop.receive("shipped", pieces=1)
    perform_due(shop.pos.pk)
    assert [(c.kind, [line.quantity for line in c.lines]) for c in shop.toy.performed[2:]] == [("pos_invoice", [1])]


def test_where_it_cannot_be_corrected_it_is_voided_and_written_again(house: House) -> None:  # noqa: F811
    house.receive("to_ship", pieces=2)
    perform_due(house.pos.pk)
    house.receive("to_ship", pieces=3)
    perform_due(house.pos.pk)
    assert [command.kind for command in house.toy.performed] == ["pos_order", "pos_void", "pos_order"]
    assert [line.quantity for line in house.toy.performed[-1].lines] == [3]
    row = Reservation.objects.get()
    assert (row.pos_quantity, row.pos_closed_at) == (3, None)


def test_where_it_can_be_neither_people_are_told(taking: Taking) -> None:
    shop = taking("pos_order", "pos_invoice")
    shop.receive("to_ship", pieces=2)
    perform_due(shop.pos.pk)
    shop.receive("to_ship", pieces=1)
    perform_due(shop.pos.pk)
    assert shop.commands() == [("pos_order", "done"), ("pos_correction", "refused")]


def test_what_the_corrected_order_reserves_at_the_pos_is_our_own(taking: Taking) -> None:
    shop = taking(*KINDS)
    shop.receive("to_ship", pieces=2)
    perform_due(shop.pos.pk)
    shop.receive("to_ship", pieces=1)
    perform_due(shop.pos.pk)
    later = datetime.now(UTC) + timedelta(minutes=1)
    with transaction.atomic():
        record_readings(shop.pos.own_shop.pk, [StockReading("501", "77", Decimal(10), Decimal(1), later)])
    shop.level.refresh_from_db()
    assert (shop.level.pos_own, shop.level.reserved, shop.level.available) == (1, 1, 9)


def test_an_order_that_waits_says_what_is_held_when_it_leaves(house: House) -> None:  # noqa: F811
    house.receive("to_ship", pieces=2)
    house.receive("to_ship", pieces=1)
    assert house.commands() == [("pos_order", "dropped"), ("pos_order", "wanted")]
    assert Command.objects.latest("id").options == {"units": {str(house.product.pk): "1.000"}}
    perform_due(house.pos.pk)
    assert [line.quantity for line in house.toy.performed[0].lines] == [1]


def test_what_the_platform_sends_is_written_only_where_a_branch_stands_for_its_stock(house: House) -> None:  # noqa: F811
    for status in ("to_ship", "shipped"):
        house.receive(status, number="A1", by=PLATFORM)
    assert house.commands() == []
    shop = house.market.own_shop
    shop.platform_warehouse = Warehouse.objects.create(name="Kho của sàn", shop=house.pos.shop, external_id="88")
    shop.save()
    house.receive("to_ship", number="A2", by=PLATFORM)
    perform_due(house.pos.pk, budget_seconds=30)
    house.receive("shipped", number="A2", by=PLATFORM)
    perform_due(house.pos.pk, budget_seconds=30)
    assert [(done.kind, done.warehouse, [line.quantity for line in done.lines]) for done in house.toy.performed] == [
        ("pos_order", "88", [2]), ("pos_invoice", "88", [2]),
    ]  # fmt: skip
    assert Order.objects.get(number="A1").commands.count() == 0


def test_an_order_that_the_platform_sends_after_all_is_taken_back(house: House) -> None:  # noqa: F811
    house.receive("to_ship")
    perform_due(house.pos.pk, budget_seconds=30)
    house.receive("packed", by=PLATFORM)
    perform_due(house.pos.pk, budget_seconds=30)
    house.receive("shipped", by=PLATFORM)
    assert house.commands() == [("pos_order", "done"), ("pos_void", "done")]
    held = Reservation.objects.get()
    assert (held.quantity, held.pos_closed_at is not None) == (0, True)


def test_an_order_that_the_platform_sends_before_it_was_written_is_not(house: House) -> None:  # noqa: F811
    house.receive("to_ship")
    house.receive("to_ship", by=PLATFORM)
    assert house.commands() == [("pos_order", "dropped")]
    house.receive("to_ship")
    assert house.commands() == [("pos_order", "dropped"), ("pos_order", "wanted")]


def test_what_was_invoiced_stands_though_nothing_is_held_any_more(house: House) -> None:  # noqa: F811
    house.receive("shipped")
    for _ in range(2):
        perform_due(house.pos.pk, budget_seconds=30)
    Reservation.objects.update(quantity=0, released=True)
    house.receive("completed")
    assert house.commands() == [("pos_order", "done"), ("pos_invoice", "done")]
