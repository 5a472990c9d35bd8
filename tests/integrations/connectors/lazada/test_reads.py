"""Reading the simulated Lazada over real HTTP: orders, listings and settlements, by id and by time of change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from hypothesis import example, given, settings
from hypothesis import strategies as st

from commissions.snapshots import PayoutSnapshot
from integrations.connectors.lazada import reads, shown
from integrations.connectors.lazada.simulator import facts
from integrations.contract.access import Access, AppAccess
from integrations.contract.errors import Rejected
from integrations.contract.publisher import ShownNumber
from integrations.simulator.shops import DELETED, UNLISTED
from inventory.snapshots import ListingSnapshot
from orders.snapshots import OrderSnapshot
from tests.integrations.connectors.bound import Bound, lines_of
from tests.integrations.connectors.lazada.still_world import AGO, LATER, Market, delivered, now
from tests.integrations.connectors.played import Pair

from .samples import raw
from .scripted import Scripted

Connect = Callable[..., Bound]
WAREHOUSES = ("/seller/warehouse/get", "/rc/warehouse/get")


def test_orders_are_read_by_list_or_one_by_one_and_alike(place: Market, account: Bound) -> None:
    orders = [place.buy((place.sold(), 2)) for _ in range(5)]
    ids = [order.id for order in orders]
    moment = now()
    many = account.read("order", ids, since=AGO, asked_at=moment)
    single = [account.read("order", [number], since=AGO, asked_at=moment).of(OrderSnapshot)[0] for number in ids]
    assert sorted(many.of(OrderSnapshot), key=lambda order: order.number) == sorted(
        single, key=lambda order: order.number
    )
    assert {order.status for order in single} == {"to_ship"}
    assert [len(order.lines) for order in single] == [2] * 5
    assert single[0].total == orders[0].total + facts.FREIGHT
    late = account.read("order", ids, since=LATER, asked_at=moment)
    assert {order.number for order in late.of(OrderSnapshot)} == set(ids)


def test_what_another_shop_sold_is_gone_here(place: Market, connect: Connect) -> None:
    order = place.buy(shop=1)
    assert connect().read("order", [order.id, "77"], since=AGO, asked_at=now()).gone == (order.id, "77")
    assert connect(1).read("order", [order.id], since=AGO, asked_at=now()).of(OrderSnapshot)[0].number == order.id


def test_lists_of_the_past_bring_whole_orders_and_of_now_only_their_times(place: Market, account: Bound) -> None:
    order = place.buy()
    [page] = account.changed("order", since=AGO, until=LATER)
    assert ([change.external_id for change in page.changes], page.answer) == ([order.id], None)
    place.simulation.world.book.faults.set({"lazada.clock_skew_seconds": 0})
    record = place.record(order)
    with place.simulation.world.lock:
        past = record.updated - 86_400
        place.backend.book.updated[order.shop].move(record.updated, past, record.id)
        record.updated = past
    [old] = account.changed("order", since=AGO - timedelta(days=3), until=AGO)
    assert old.answer is not None
    assert [one.number for one in old.answer.of(OrderSnapshot)] == [order.id]
    assert account.earliest("order") == old.answer.of(OrderSnapshot)[0].placed_at
    assert reads.LISTINGS.earliest is None


def test_a_shops_past_is_read_with_few_calls(place: Market, account: Bound) -> None:
    asked = {"channel": "lazada", "shop": place.shops[0].id, "orders": 450, "days": 3}
    ids = requests.post(f"{place.simulation.url}/history", json=asked, timeout=60).json()["ids"]
    calls_before = place.simulation.world.book.traffic.calls["lazada"]
    statuses: dict[str, str] = {}
    pages = 0
    for page in account.changed("order", since=now() - timedelta(days=12), until=now() - timedelta(hours=2)):
        assert page.answer is not None
        pages += 1
        statuses |= {order.number: order.status for order in page.answer.of(OrderSnapshot)}
        assert {order.number for order in page.answer.of(OrderSnapshot)} == {
            change.external_id for change in page.changes
        }
    assert statuses == dict.fromkeys(ids, "completed")
    assert place.simulation.world.book.traffic.calls["lazada"] - calls_before <= 5 + 10 + 2
    assert pages <= 6


def test_one_cart_with_two_sellers_has_one_order_id_in_both_stores(place: Market, connect: Connect) -> None:
    order = place.buy((place.sold(), 1))
    mine = place.record(order)
    other = place.sold(shop=1)
    unit = replace(mine.units[0], id=mine.units[0].id + 1, item_id=other.item_id, sku_id=other.id, status="shipped")
    with place.simulation.world.lock:
        place.backend.book.add(replace(mine, seller=place.shops[1].id, units=[unit]))
    first, second = (
        connect(shop).read("order", [order.id], since=AGO, asked_at=now()).of(OrderSnapshot)[0] for shop in (0, 1)
    )  # fmt: skip
    assert first.number == second.number == order.id
    assert (first.status, second.status) == ("to_ship", "shipped")
    assert first.lines[0].key != second.lines[0].key
    assert second.lines[0].item_id == other.item_id


@settings(max_examples=200, deadline=None)
@given(
    times=st.lists(st.integers(1_000, 1_012), min_size=1, max_size=40),
    moves=st.dictionaries(st.integers(0, 15), st.integers(0, 39), max_size=8),
    size=st.integers(2, 6),
)
@example(times=[1_000, 1_000], moves={1: 0}, size=2)
def test_walking_by_time_misses_no_row_however_rows_move_to_the_end(
    times: list[int], moves: dict[int, int], size: int
) -> None:
    """Between two pages rows are touched and move to the end, as a busy shop's orders do."""
    rows = {str(number + 1): at for number, at in enumerate(times)}
    clock, asked = 1_013, 0

    def page(client: Any, *, update_after: datetime, update_before: datetime, offset: int) -> list[dict[str, Any]]:
        nonlocal clock, asked
        if (touched := str(moves.get(asked, -1) + 1)) in rows:
            rows[touched] = clock
            clock += 1
        asked += 1
        found = sorted((at, number) for number, at in rows.items() if at >= update_after.timestamp())
        shown = [(datetime.fromtimestamp(at, UTC), number) for at, number in found[offset : offset + size]]
        return [{"order_id": number, "updated_at": f"{at:%Y-%m-%d %H:%M:%S %z}"} for at, number in shown]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reads, "orders_page", page)
        patch.setattr(reads, "ORDERS_PAGE", size)
        since = datetime.fromtimestamp(1_000, UTC)
        access = Access(AppAccess("key", {}), "7", Pair("token"))
        pages = list(reads.changed_orders(access, since=since, until=datetime.now(UTC)))
    seen = [(change.external_id, change.version) for one in pages for change in one.changes]
    assert {number for number, _ in seen} == set(rows)
    newest = {number: max(at for name, at in seen if name == number and at) for number in rows}
    assert {number: int(at.timestamp()) for number, at in newest.items()} == rows


def test_products_are_listed_whole_deleted_ones_too(place: Market, account: Bound) -> None:
    shop = place.shops[0]
    gone = next(iter(shop.items.values()))
    with place.simulation.world.lock:
        place.platform.context.set_listed(gone, DELETED)
    pages = list(account.changed("listing", since=None, until=now()))
    listed = [one for page in pages if page.answer for one in page.answer.of(ListingSnapshot)]
    assert {one.item_id for one in listed} == set(shop.items)
    assert {one.status for one in listed if one.item_id == gone.id} == {"deleted"}
    assert len(listed) == sum(len(item.variations) for item in shop.items.values())
    sold = place.sold()
    answer = account.read("listing", [sold.item_id, "5"], since=AGO, asked_at=now())
    assert answer.gone == ("5",)
    [found] = [one for one in answer.of(ListingSnapshot) if one.variation_id == sold.id]
    assert (found.stock[0].sellable, found.price, found.sku) == (sold.stock, Decimal(sold.price), sold.seller_sku)


def spread_over_days(place: Market) -> None:
    """Let the shop's products have changed on a day each."""
    with place.simulation.world.lock:
        for number, item in enumerate(place.shops[0].items.values()):
            item.updated_at = item.created_at = 1_700_000_000.0 + number * 86_400
            for sold in item.variations:
                sold.updated_at = item.updated_at


def test_a_span_with_more_products_than_an_offset_reaches_is_halved(
    place: Market, account: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "PRODUCTS_OFFSET", 5)
    spread_over_days(place)
    pages = list(account.changed("listing", since=None, until=now()))
    assert {change.external_id for page in pages for change in page.changes} == set(place.shops[0].items)


def test_numbers_of_what_is_sold_out_are_shown_and_none_of_what_is_off_sale(place: Market, account: Bound) -> None:
    sold_out, unlisted, *_ = place.shops[0].items.values()
    with place.simulation.world.lock:
        for variation in sold_out.variations:
            variation.stock = 0
        place.platform.context.set_listed(unlisted, UNLISTED)
    after, numbers = "", list[ShownNumber]()
    while True:
        page = shown.listed(account.access, after=after)
        numbers, after = [*numbers, *page.numbers], page.following
        if not after:
            break
    assert {number.sellable for number in numbers if number.item_id == sold_out.id} == {0}
    assert unlisted.id not in {number.item_id for number in numbers}


def test_numbers_beyond_the_reach_of_an_offset_are_shown(
    place: Market, account: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown, "PRODUCTS_OFFSET", 5)
    spread_over_days(place)
    after, seen, calls = "", set[str](), 0
    while after or not calls:
        page = shown.listed(account.access, after=after)
        seen |= {number.item_id for number in page.numbers}
        after, calls = page.following, calls + 1
        assert calls < 100, "the walk ends"
    assert seen == set(place.shops[0].items)
    assert len(seen) > 5


def test_a_place_of_a_former_version_begins_anew(place: Market, account: Bound) -> None:
    first, other = (shown.listed(account.access, after=after) for after in ("", "150"))
    assert first == other


def test_shop_and_warehouses(place: Market, account: Bound) -> None:
    health = account.check()
    assert (health.name, health.is_open, health.detail["status"]) == (place.shops[0].name, True, "ACTIVE")
    assert [one.external_id for one in account.warehouses()] == ["dropshipping"]


def test_settlements_are_days_and_orders(place: Market, account: Bound) -> None:
    order = delivered(place)
    today = datetime.now(facts.ZONE).date()
    [page] = account.changed("settlement", since=now() - timedelta(days=2), until=now())
    days = [change.external_id for change in page.changes]
    assert days == [(today - timedelta(days=back)).isoformat() for back in (2, 1, 0)]
    assert all(change.version and change.version <= now() for change in page.changes)
    answer = account.read("settlement", [*days, order.id, "soon"], since=AGO, asked_at=datetime.now(UTC))
    statements = lines_of(answer)
    lines = statements[days[-1]]
    assert statements[order.id] == lines
    assert (statements[days[0]], answer.gone) == ((), ("soon",))
    assert [line.kind for line in lines] == ["sale", "commission", "payment_fee"]
    assert {(line.order_number, line.line_key) for line in lines} == {(order.id, str(place.record(order).units[0].id))}
    assert (lines[0].amount, lines[0].is_paid) == (Decimal(order.total), False)


def test_a_payout_that_moved_makes_its_days_changes(scripted: Scripted, scripted_account: Bound) -> None:
    [row] = raw("settlement__payouts")["data"]
    row |= {"created_at": "2026-01-05 09:00:00", "updated_at": "2026-01-09 10:00:00"}
    scripted.answers["/finance/payout/status/get"] = {"code": "0", "data": [row]}
    until_day = datetime(2026, 1, 9, 12, tzinfo=UTC)
    [page] = scripted_account.changed("settlement", since=until_day - timedelta(days=1), until=until_day)
    versions = {change.external_id: change.version for change in page.changes}
    assert sorted(versions) == [f"2025-12-{day}" for day in (29, 30, 31)] + [
        f"2026-01-0{day}" for day in (1, 2, 3, 4, 5, 8, 9)
    ]
    assert versions["2026-01-01"] == datetime(2026, 1, 8, 17, tzinfo=UTC)


def test_a_payout_is_read_when_it_is_paid(scripted: Scripted, scripted_account: Bound) -> None:
    [row] = raw("settlement__payouts")["data"]
    row |= {"opening_balance": "-100.00", "payout": "2,015.90 VND", "updated_at": "2026-01-09 10:00:00"}
    scripted.answers["/finance/payout/status/get"] = {"code": "0", "data": [row]}
    span = {"since": datetime(2026, 1, 9, tzinfo=UTC), "until": datetime(2026, 1, 9, 12, tzinfo=UTC)}
    assert list(scripted_account.changed("payout", **span)) == []
    row["paid"] = "1"
    [page] = scripted_account.changed("payout", **span)
    assert page.answer is not None
    [payout] = page.answer.of(PayoutSnapshot)
    assert (payout.external_id, payout.reference, payout.statement) == (("VN0FAKE0X-2026-0105",) * 2 + ("",))
    assert (payout.amount, payout.carried) == (Decimal("2015.90"), -100)
    assert (payout.closed_at, payout.paid_at) == (
        # closed with the beginning of its day: the transactions of that day have no time, and are of the next statement
        datetime(2026, 1, 4, 17, tzinfo=UTC), datetime(2026, 1, 9, 3, tzinfo=UTC),
    )  # fmt: skip
    assert page.changes[0].version == payout.paid_at
    later = {name: at + timedelta(days=2) for name, at in span.items()}
    assert list(scripted_account.changed("payout", **later)) == []


@pytest.mark.parametrize(
    ("change", "gone", "unreadable"),
    [
        ({"paid": "0"}, True, False),
        ({"payout": "-5.00 VND"}, True, False),
        ({"payout": "soon"}, False, True),
        ({"created_at": ""}, False, True),
    ],
)
def test_a_statement_without_a_transfer_or_sense(
    change: dict[str, str], gone: bool, unreadable: bool, scripted: Scripted, scripted_account: Bound
) -> None:
    [row] = raw("settlement__payouts")["data"]
    scripted.answers["/finance/payout/status/get"] = {"code": "0", "data": [row | {"paid": "1"} | change]}
    name = row["statement_number"]
    found = scripted_account.read("payout", [name, "another"], since=AGO, asked_at=now())
    assert (found.gone, tuple(found.unreadable), found.snapshots) == ((name,) * gone, (name,) * unreadable, ())


def test_warehouses_are_asked_for_by_either_name(
    place: Market, account: Bound, scripted: Scripted, scripted_account: Bound
) -> None:
    both = [place.clients[0].call("GET", path, addressTypes="[]") for path in WAREHOUSES]
    assert both[0]["result"] == both[1]["result"]
    older, newer = WAREHOUSES
    gone = {"type": "ISV", "code": "InvalidApiPath", "message": "The specified API path is invalid", "request_id": "1"}
    scripted.answers |= {older: gone, newer: raw("seller__warehouses")}
    assert [one.external_id for one in scripted_account.warehouses()] == ["dropshipping", "VN0FAKE0X-WH-10002"]
    assert [path for _, path, _ in scripted.asked] == [older, newer]
    scripted.answers[newer] = gone
    with pytest.raises(Rejected):
        scripted_account.warehouses()
