"""Returns follow their channel; goods go back on sale by a person's word only, and once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.outbox import OutboxEvent
from core.results import ReadRequest, Stored
from inventory.models import Product, Shop, StockLevel, StockMovement, Warehouse
from orders.models import Order, OrderLine, Return, ReturnChange, ReturnLine
from orders.services.receiving import NotReceivable, Pieces, all_in, receive
from orders.services.returns import adopt_returns, store_returns
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot, ReturnLineSnapshot, ReturnSnapshot

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Gian hàng", channel="shopee")


def order(shop: Shop) -> Order:
    made = Order.objects.create(shop=shop, number="A1", status="delivered", placed_at=NOW, asked_at=NOW)
    product = Product.objects.create(sku="AO-01", name="Áo thun")
    OrderLine.objects.create(
        order=made, key="77", item_id="1", variation_id="2", quantity=3, product=product, parts={str(product.pk): "2"}
    )
    return made


def snapshot(status: str, minutes: int = 0, **more: object) -> ReturnSnapshot:
    lines = (ReturnLineSnapshot("1", "2", 2, sku="AO", refund=Decimal(100_000)),)
    return ReturnSnapshot(
        "R1", "A1", status, status.upper(), NOW + timedelta(minutes=minutes), lines, **more  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_return_is_stored_with_its_line_and_history(shop: Shop) -> None:
    placed = order(shop)
    assert store_returns(shop, [snapshot("requested")], source="webhook") == Stored()
    assert store_returns(shop, [snapshot("approved", 1)], source="sweep") == Stored()
    store_returns(shop, [snapshot("approved", 1)], source="sweep")
    kept = Return.objects.get()
    assert (kept.order, kept.status, kept.channel_status) == (placed, "approved", "APPROVED")
    assert kept.lines.get().order_line == placed.lines.get()
    assert list(ReturnChange.objects.values_list("before", "after", "source")) == [
        ("", "requested", "webhook"),
        ("requested", "approved", "sweep"),
    ]


def test_older_truth_changes_nothing_and_an_unknown_word_is_flagged(shop: Shop) -> None:
    store_returns(shop, [snapshot("refunded", 5)], source="webhook")
    assert store_returns(shop, [snapshot("requested")], source="webhook") == Stored(stale=frozenset({"R1"}))
    assert Return.objects.get().status == "refunded"
    store_returns(shop, [snapshot("", 9)], source="webhook")
    assert (Return.objects.get().status, Return.objects.get().problems) == ("", ["unknown_status"])


def test_a_return_before_its_order_names_it_and_is_joined_later(shop: Shop) -> None:
    stored = store_returns(shop, [snapshot("requested")], source="webhook")
    assert stored == Stored(wanted=frozenset({ReadRequest("order", "A1", "R1")}))
    placed = order(shop)
    adopt_returns([placed.pk])
    assert Return.objects.get().order == placed
    assert ReturnLine.objects.get().order_line == placed.lines.get()


def returned(shop: Shop) -> tuple[Return, ReturnLine]:
    order(shop)
    store_returns(shop, [snapshot("in_transit")], source="webhook")
    return Return.objects.get(), ReturnLine.objects.get()


def test_no_status_puts_goods_back(shop: Shop) -> None:
    returned(shop)
    store_returns(shop, [snapshot("received", 1), snapshot("refunded", 2)], source="webhook")
    assert StockMovement.objects.count() == 0


def test_sellable_goods_go_back_once_when_a_person_says_so(shop: Shop) -> None:
    kept, line = returned(shop)
    warehouse = Warehouse.objects.create(name="Kho")
    assert (
        receive(kept.pk, {line.pk: Pieces(sellable=2)}, warehouse_id=warehouse.pk, put_back=True, actor_id=None)
        == "here"
    )
    level = StockLevel.objects.get()
    assert level.on_hand == 4, "two pieces of two units each"
    assert list(StockMovement.objects.values_list("kind", "quantity", "order_number", "note")) == [
        ("receipt", 4, "A1", "return R1")
    ]
    with pytest.raises(NotReceivable, match="already"):
        receive(kept.pk, {line.pk: Pieces(sellable=2)}, warehouse_id=warehouse.pk, put_back=True, actor_id=None)
    store_returns(shop, [snapshot("refunded", 9)], source="webhook")
    line.refresh_from_db()
    assert (line.condition, line.restock) == ("sellable", "here"), "the channel's news keeps what a person found"


@pytest.mark.parametrize(("condition", "put_back"), [("damaged", True), ("missing", True), ("sellable", False)])
def test_nothing_else_goes_back(shop: Shop, condition: str, put_back: bool) -> None:
    kept, line = returned(shop)
    warehouse = Warehouse.objects.create(name="Kho")
    receive(kept.pk, {line.pk: all_in(condition, 2)}, warehouse_id=warehouse.pk, put_back=put_back, actor_id=None)
    assert StockMovement.objects.count() == 0
    line.refresh_from_db()
    assert (line.condition, line.restock) == (condition, "no")


def test_of_two_pieces_one_may_be_good_and_one_damaged(shop: Shop) -> None:
    kept, line = returned(shop)
    warehouse = Warehouse.objects.create(name="Kho")
    for wrong in (Pieces(1, 0), Pieces(2, 1), Pieces(3, -1), Pieces()):
        with pytest.raises(NotReceivable, match="other_quantity"):
            receive(kept.pk, {line.pk: wrong}, warehouse_id=warehouse.pk, put_back=True, actor_id=None)
    assert receive(kept.pk, {line.pk: Pieces(1, 1)}, warehouse_id=warehouse.pk, put_back=True, actor_id=None) == "here"
    assert StockLevel.objects.get().on_hand == 2, "one piece of two units"
    line.refresh_from_db()
    found = (line.condition, line.sellable_quantity, line.damaged_quantity, line.missing_quantity, line.restock)
    assert found == ("mixed", 1, 1, 0, "here")
    [told] = OutboxEvent.objects.filter(type="return.received")
    [sent] = told.data["lines"]
    assert (sent["condition"], sent["sellable"], sent["damaged"], sent["missing"]) == ("mixed", 1, 1, 0)


def test_the_missing_one_of_two_may_come_with_another_return(shop: Shop) -> None:
    order(shop)
    ends = []
    for number, pieces in (("R1", Pieces(1, 1, 1)), ("R2", Pieces(2)), ("R3", Pieces(1))):
        line = ReturnLineSnapshot("1", "2", sum(pieces))
        store_returns(shop, [replace(snapshot("received"), number=number, lines=(line,))], source="webhook")
        ret, place = Return.objects.get(number=number), Warehouse.objects.get_or_create(name="Kho")[0]
        found = {ret.lines.get().pk: pieces}
        try:
            ends.append(receive(ret.pk, found, warehouse_id=place.pk, put_back=True, actor_id=None))
        except NotReceivable as refused:
            ends.append(refused.code)
    assert ends == ["here", "more_than_sold", "here"]


@pytest.mark.parametrize(("pieces", "told"), [(Pieces(1, 1), 1), (Pieces(1, 0, 2), 1), (Pieces(2), 1), (Pieces(2), 4)])
def test_what_was_found_counts_whatever_the_channel_tells_later(shop: Shop, pieces: Pieces, told: int) -> None:
    order(shop)
    place = Warehouse.objects.create(name="Kho")
    came = pieces.sellable + pieces.damaged

    def stored(number: str, quantity: int, minutes: int) -> ReturnLine:
        line = ReturnLineSnapshot("1", "2", quantity)
        store_returns(shop, [replace(snapshot("received", minutes), number=number, lines=(line,))], source="webhook")
        return ReturnLine.objects.get(ret__number=number)

    line = stored("R1", sum(pieces), 0)
    receive(line.ret_id, {line.pk: pieces}, warehouse_id=place.pk, put_back=False, actor_id=None)
    line = stored("R1", told, 5)
    assert (line.quantity, line.pieces_to_sell) == (told, pieces.sellable)
    too_many, rest = (stored(number, quantity, 0) for number, quantity in (("R2", 4 - came), ("R3", 3 - came)))
    with pytest.raises(NotReceivable, match="more_than_sold"):
        receive(too_many.ret_id, {too_many.pk: Pieces(4 - came)}, warehouse_id=place.pk, put_back=False, actor_id=None)
    receive(rest.ret_id, {rest.pk: Pieces(3 - came)}, warehouse_id=place.pk, put_back=False, actor_id=None)


def test_at_a_pos_it_becomes_work_for_people(shop: Shop) -> None:
    kept, line = returned(shop)
    pos = Shop.objects.create(name="Quầy", channel="kiotviet", keeps_stock=True)
    branch = Warehouse.objects.create(name="Quận 1", shop=pos, external_id="1")
    assert (
        receive(kept.pk, {line.pk: Pieces(sellable=2)}, warehouse_id=branch.pk, put_back=True, actor_id=None)
        == "at_pos"
    )
    assert StockMovement.objects.count() == 0
    line.refresh_from_db()
    assert line.restock == "at_pos"


def test_what_cannot_be_received_says_why(shop: Shop) -> None:
    kept, line = returned(shop)
    warehouse = Warehouse.objects.create(name="Kho")
    with pytest.raises(NotReceivable, match="other_lines"):
        receive(kept.pk, {}, warehouse_id=warehouse.pk, put_back=True, actor_id=None)
    Return.objects.update(goods_come_back=False)
    with pytest.raises(NotReceivable, match="no_goods"):
        receive(kept.pk, {line.pk: Pieces(sellable=2)}, warehouse_id=warehouse.pk, put_back=True, actor_id=None)


def test_an_order_joins_its_returns_and_locks_them_before_its_own_row(shop: Shop) -> None:
    store_returns(shop, [snapshot("requested")], source="webhook")
    order = OrderSnapshot("A1", "delivered", "D", "VND", NOW, NOW, (LineSnapshot("77", "1", "2", 2),))
    with CaptureQueriesContext(connection) as queries:
        upsert_orders(shop, [order], source="webhook")
    locked = [query["sql"].split("FROM ")[1].split()[0] for query in queries if query["sql"].endswith("UPDATE")]
    assert locked[:1] == ["orders_return"]
    assert Return.objects.get().order == Order.objects.get()
    late = ReturnSnapshot("R2", "A1", "requested", "REQUESTED", NOW, ())
    store_returns(shop, [late], source="webhook")
    # as when the return was stored while the order's transaction was still open
    Return.objects.filter(number="R2").update(order=None)
    upsert_orders(shop, [replace(order, asked_at=NOW + timedelta(minutes=1))], source="webhook")
    assert set(Return.objects.values_list("order", flat=True)) == {Order.objects.get().pk}


# --- at most what went out comes back ---


def received(shop: Shop, number: str, quantity: int, condition: str = "sellable", **differs: object) -> str:
    """Store a return of so many pieces and receive it; how it ended, or the code of the refusal."""
    line = ReturnLineSnapshot("1", "2", quantity)
    store_returns(shop, [replace(snapshot("received"), number=number, lines=(line,))], source="webhook")
    ret, place = Return.objects.get(number=number), Warehouse.objects.get_or_create(name="Kho")[0]
    pieces = {one.pk: all_in(condition, one.quantity) for one in ret.lines.all()}
    options: dict[str, Any] = {"actor_id": None} | differs
    try:
        return receive(ret.pk, pieces, warehouse_id=place.pk, put_back=True, **options)
    except NotReceivable as refused:
        return refused.code


def test_no_more_comes_back_than_was_sold(shop: Shop) -> None:
    order(shop)
    assert received(shop, "R1", 5) == "more_than_sold"
    assert received(shop, "R2", 2) == "here"
    assert received(shop, "R3", 2) == "more_than_sold"
    assert StockLevel.objects.get().on_hand == 4
    assert Return.objects.filter(received_at=None).count() == 2


def test_a_piece_that_is_named_comes_back_once(shop: Shop) -> None:
    order(shop)
    second = OrderLine.objects.create(order=Order.objects.get(), key="78", item_id="1", variation_id="2", quantity=1)
    named = ReturnLineSnapshot("1", "2", 1, line_key=second.key)
    place = Warehouse.objects.create(name="Kho")
    ends = []
    for number in ("R1", "R2"):
        store_returns(shop, [replace(snapshot("received"), number=number, lines=(named,))], source="webhook")
        ret = Return.objects.get(number=number)
        pieces = {line.pk: Pieces(damaged=line.quantity) for line in ret.lines.all()}
        try:
            ends.append(receive(ret.pk, pieces, warehouse_id=place.pk, put_back=False, actor_id=None))
        except NotReceivable as refused:
            ends.append(refused.code)
    assert ends == ["no", "more_than_sold"]


def test_what_did_not_come_is_not_counted(shop: Shop) -> None:
    order(shop)
    assert received(shop, "R1", 3, "missing") == "here"
    assert received(shop, "R2", 3) == "here"


def test_more_needs_a_reason_and_a_person(shop: Shop, django_user_model: type[Any]) -> None:
    order(shop)
    person = django_user_model.objects.create_user("lan")
    assert received(shop, "R1", 4, reason="hàng tặng kèm") == "more_than_sold"
    assert received(shop, "R2", 4, actor_id=person.pk, reason=" ") == "more_than_sold"
    assert received(shop, "R3", 4, actor_id=person.pk, reason="hàng tặng kèm") == "here"
    assert StockMovement.objects.get().note == "return R3: hàng tặng kèm"
