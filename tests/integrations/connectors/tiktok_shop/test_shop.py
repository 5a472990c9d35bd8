"""Reading, pushing and commanding one shop of the simulated TikTok Shop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissions.snapshots import PayoutSnapshot
from integrations.connectors.tiktok_shop import paging, reads, webhooks
from integrations.connectors.tiktok_shop.client import shop_client
from integrations.connectors.tiktok_shop.connector import CONNECTOR
from integrations.connectors.tiktok_shop.consent import CONSENT
from integrations.connectors.tiktok_shop.simulator import facts
from integrations.connectors.tiktok_shop.webhooks import WEBHOOKS
from integrations.contract.consent import ConsentKind
from integrations.contract.errors import Rejected
from integrations.contract.publisher import ContentPush, PricePush, StockPush
from integrations.contract.reads import Page
from integrations.contract.webhooks import Delivery, Reply
from integrations.contract.writes import WriteOutcome, WriteRequest
from integrations.simulator.order import Order, Step
from integrations.simulator.shops import UNLISTED
from integrations.wire.answers import Row
from inventory.snapshots import ListingSnapshot
from orders.snapshots import OrderSnapshot, ReturnSnapshot
from tests.integrations.connectors.bound import Bound, lines_of
from tests.integrations.connectors.tiktok_shop.simulator.still_world import Market

NOW = datetime.now(UTC)
AGO = NOW - timedelta(days=2)
LATER = NOW + timedelta(days=400)


def command(kind: str, order: Order, *, sent: float | None = None, **options: str) -> WriteRequest:
    sent_at = None if sent is None else datetime.now(UTC) - timedelta(seconds=sent)
    return WriteRequest(kind, order.id, f"1-{order.id}-{kind}-1", options=options, sent_at=sent_at)


def steps(place: Market, order: Order, *names: Step) -> None:
    for name in names:
        place.context.step(order, name)


def ids(pages: list[Page]) -> list[str]:
    return [change.external_id for page in pages for change in page.changes]


# --- reading ---


def test_changed_orders_come_whole_and_are_read_alike(place: Market, ports: Bound) -> None:
    orders = [place.buy(quantity=2), place.buy(cod=False, released=False)]
    pages = list(ports.changed("order", since=AGO, until=LATER))
    assert ids(pages) == [
        order.id for order in sorted(orders, key=lambda order: place.platform.backend.book.orders[order.id].update_time)
    ]
    listed = {order.number: order for page in pages if page.answer for order in page.answer.of(OrderSnapshot)}
    answer = ports.read("order", [order.id for order in orders], since=AGO, asked_at=LATER)
    assert {order.number: order for order in answer.of(OrderSnapshot)} == listed
    first = listed[orders[0].id]
    assert (first.status, [line.quantity for line in first.lines], first.cash_on_delivery) == ("to_ship", [1, 1], True)
    assert (first.total, first.parcels[0].channel_status) == (orders[0].total + facts.FREIGHT, "TO_FULFILL")
    assert ports.read("order", ["5769"], since=AGO, asked_at=NOW).gone == ("5769",)
    assert ports.read("order", ["5769", orders[0].id], since=AGO, asked_at=NOW).gone == ()
    assert ports.earliest("order") == first.placed_at


@settings(max_examples=60, deadline=None)
@given(
    times=st.lists(st.integers(1_000, 1_012), min_size=1, max_size=40),
    moves=st.dictionaries(st.integers(0, 15), st.integers(0, 39), max_size=8),
    size=st.integers(1, 5),
)
def test_walking_by_time_misses_no_row_however_rows_move_to_the_end(
    times: list[int], moves: dict[int, int], size: int
) -> None:
    """Tokens are offsets; between two pages rows are touched and move to the end, as a busy shop's orders do."""
    book = {str(place): moment for place, moment in enumerate(times)}
    calls, clock = 0, 2_000

    def search(first: int, last: int | None, token: str) -> tuple[list[Row], str]:
        nonlocal calls, clock
        if calls in moves and str(moves[calls]) in book:
            clock += 1
            book[str(moves[calls])] = clock
        calls += 1
        rows = sorted((at, one) for one, at in book.items() if first <= at < (last or 1 << 40))
        begin = int(token or 0)
        page = [{"id": one, "update_time": at} for at, one in rows[begin : begin + size]]
        return page, str(begin + size) if begin + size < len(rows) else ""

    pages = paging.walk(search, "update_time", datetime.fromtimestamp(900, UTC), datetime.now(UTC))
    seen: set[str] = set()
    for page in pages:
        seen |= {str(row["id"]) for row in page}
        assert calls < 400
    crowded = max(times.count(moment) for moment in times) >= size
    # within one second that fills a page only its tokens are left, and those may skip
    assert seen == set(book) or (crowded and bool(moves))


def test_products_are_read_with_their_options_and_what_campaigns_hold(place: Market, ports: Bound) -> None:
    found = ids(list(ports.changed("listing", since=None, until=LATER)))
    assert sorted(found) == sorted(place.shop.items)
    answer = ports.read("listing", found[:20], since=AGO, asked_at=NOW)
    shown = {(one.item_id, one.variation_id): one for one in answer.of(ListingSnapshot)}
    for item_id in found[:20]:
        item = place.shop.items[item_id]
        for variation in item.variations:
            listing = shown.pop((item.id, variation.id))
            assert (listing.sku, listing.price, listing.variation_name) == (
                variation.seller_sku, variation.price, variation.option,
            )  # fmt: skip
            assert (listing.stock[0].sellable, listing.stock[0].promotion_reserved) == (variation.stock, variation.held)
    assert shown == {}
    assert ports.read("listing", ["1729"], since=AGO, asked_at=NOW).gone == ("1729",)
    assert [one.external_id for one in ports.warehouses()] == [place.platform.backend.warehouse(place.shop.id)]


def test_products_are_read_again_when_rows_move_between_their_pages(
    place: Market, ports: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "PRODUCT_PAGE", 5)
    wanted = set(place.shop.items)
    pages = ports.changed("listing", since=None, until=LATER)
    seen = {change.external_id for change in next(pages).changes}
    # the first one moves to the end: all others come one place nearer
    first = next(iter(place.shop.items))
    place.shop.items[first] = place.shop.items.pop(first)
    seen |= {change.external_id for page in pages for change in page.changes}
    assert seen == wanted


def test_returns_and_statements_of_a_day(place: Market, ports: Bound) -> None:
    while not place.platform.backend.book.returns:
        order = place.buy(quantity=2)
        steps(place, order, "arranged", "shipped", "delivered")
        place.context.pass_time(facts.RETURN_AFTER)
    [page] = ports.changed("return", since=AGO, until=LATER)
    assert page.answer is not None
    [found] = page.answer.of(ReturnSnapshot)
    assert (found.order_number, found.status, found.lines[0].line_key) == (
        order.id,
        "requested",
        f"{order.id[:-4]}0001",
    )
    assert ports.read("return", [found.number], since=AGO, asked_at=LATER).of(ReturnSnapshot) == (found,)
    assert ports.read("return", ["4036"], since=AGO, asked_at=NOW).gone == ("4036",)

    steps(place, order, "completed")
    place.context.pass_time(facts.STATEMENT_SPAN)
    [page] = ports.changed("settlement", since=AGO, until=LATER)
    [change] = page.changes
    lines = lines_of(ports.read("settlement", [change.external_id], since=AGO, asked_at=NOW))[change.external_id]
    assert {line.order_number for line in lines} == {order.id}
    assert {line.kind for line in lines} == {"sale", "commission", "payment_fee", "service_fee", "tax"}
    book = place.platform.backend.book.statements[change.external_id]
    assert sum(line.amount for line in lines) == sum(entry.settled for entry in book.entries)
    assert not any(line.is_paid for line in lines)
    assert list(ports.changed("payout", since=AGO, until=LATER)) == []
    place.context.pass_time(facts.PAYING_SPAN)
    [page] = ports.changed("settlement", since=AGO, until=LATER)
    assert [one.version for one in page.changes] == [(change.version or NOW) + timedelta(milliseconds=1)]
    again = lines_of(ports.read("settlement", [change.external_id], since=AGO, asked_at=NOW))[change.external_id]
    assert [replace(line, is_paid=False) for line in again] == list(lines)
    assert all(line.is_paid for line in again)
    [page] = ports.changed("payout", since=AGO, until=LATER)
    assert page.answer is not None
    payouts = page.answer.of(PayoutSnapshot)
    assert [(one.kind, one.amount) for one in payouts] == [("wallet", book.settled), ("bank", book.settled)]
    ids = [change.external_id for change in page.changes]
    assert ids == [one.external_id for one in payouts]
    assert [
        one.external_id for one in ports.read("payout", ids[:1], since=AGO, asked_at=LATER).of(PayoutSnapshot)
    ] == ids[:1]


# --- pushing ---


def test_stock_is_pushed_row_by_row_and_a_campaign_sets_its_floor(place: Market, ports: Bound) -> None:
    item = place.item(lambda item: len(item.variations) > 1 and any(one.held for one in item.variations))
    held = next(one for one in item.variations if one.held)
    free = next(one for one in item.variations if not one.held)
    outcomes = ports.publish_stock(
        [StockPush(item.id, free.id, 7), StockPush(item.id, held.id, held.held - 1), StockPush(item.id, "888", 1)]
    )
    assert [(one.variation_id, one.accepted, one.floor) for one in outcomes] == [
        (free.id, True, None), (held.id, False, held.held), ("888", False, None),
    ]  # fmt: skip
    assert free.stock == 7
    assert all(str(one.reason) for one in outcomes[1:])
    place.context.set_listed(item, UNLISTED)
    [refused] = ports.publish_stock([StockPush(item.id, free.id, 1)])
    assert (refused.accepted, refused.code) == (False, "12052003")
    [gone] = ports.publish_stock([StockPush("1729", "1", 1)])
    assert not gone.accepted


def test_prices_stand_or_fall_together_and_titles_are_pushed(place: Market, ports: Bound) -> None:
    item = place.item(lambda item: len(item.variations) > 1 and not any(one.held for one in item.variations))
    first, second = item.variations[:2]
    pushes = [PricePush(item.id, first.id, Decimal("99000")), PricePush(item.id, second.id, Decimal("98000.0000"))]
    before = first.price
    with pytest.raises(Rejected):
        ports.publish_price(pushes)
    assert first.price == before
    good = ports.publish_price([replace(push, price=push.price.to_integral_value()) for push in pushes])
    assert ([one.accepted for one in good], first.price, second.price) == ([True, True], 99000, 98000)
    ports.publish_content(ContentPush(item.id, title="Tên mới của sản phẩm", description="<p>Mới</p>"))
    assert item.name == "Tên mới của sản phẩm"
    with pytest.raises(Rejected):
        ports.publish_content(ContentPush(item.id, title=""))
    with pytest.raises(Rejected):
        ports.publish_content(ContentPush(item.id, images=("https://example.test/1.jpg",)))


# --- commands ---


def test_an_order_is_shipped_once_with_number_and_label(place: Market, ports: Bound) -> None:
    order = place.buy()
    with pytest.raises(Rejected):
        ports.label(order.id, "")
    assert ports.outcome_of(command("ship", order)) is None
    assert ports.outcome_of(command("ship", order, sent=1)) is None
    done = ports.perform(command("ship", order))
    record = place.platform.backend.book.orders[order.id]
    assert (done.external_id, done.code, order.status) == (record.package_id, record.tracking_number, "packed")
    assert record.handover_method == "PICKUP"
    # found sent: looked up; asked again: nothing is done twice
    assert ports.outcome_of(command("ship", order, sent=99)) == done
    assert ports.perform(command("ship", order)) == done
    document = ports.label(order.id, record.package_id)
    assert (document.content[:5], document.content_type) == (b"%PDF-", "application/pdf")


def test_what_is_on_hold_waits_and_dropping_off_is_a_setting(place: Market, connect: Callable[..., Bound]) -> None:
    order = place.buy(released=False)
    with pytest.raises(Rejected) as caught:
        connect().perform(command("ship", order))
    assert caught.value.code == "nothing_to_ship"
    place.context.pass_time(facts.HOLD)
    connect(ship_by="DROP_OFF").perform(command("ship", order))
    assert place.platform.backend.book.orders[order.id].handover_method == "DROP_OFF"


def test_several_packages_leave_in_one_call(place: Market, ports: Bound, monkeypatch: pytest.MonkeyPatch) -> None:
    """The world packs an order once; two of its packages are two orders here, returned as one."""
    first, second = place.buy(), place.buy()
    book = place.platform.backend.book
    rows = reads.order_rows(shop_client(ports.access), [first.id, second.id])
    both = {**rows[0], "line_items": [*rows[0]["line_items"], *rows[1]["line_items"]]}
    monkeypatch.setattr(reads, "order_rows", lambda api, ids: [both])
    done = ports.perform(command("ship", first))
    assert (first.status, second.status) == ("packed", "packed")
    assert done.external_id == book.orders[first.id].package_id
    place.context.faults.add("partial_batch")
    third, fourth = place.buy(), place.buy()
    rows = reads.order_rows(shop_client(ports.access), [third.id])
    monkeypatch.undo()
    rows = reads.order_rows(shop_client(ports.access), [third.id, fourth.id])
    both = {**rows[0], "line_items": [*rows[0]["line_items"], *rows[1]["line_items"]]}
    monkeypatch.setattr(reads, "order_rows", lambda api, ids: [both])
    with pytest.raises(Rejected) as caught:
        ports.perform(command("ship", third))
    assert caught.value.code == "10007014"


def test_cancelling_by_the_seller(place: Market, ports: Bound) -> None:
    order = place.buy(quantity=2)
    assert ports.outcome_of(command("cancel", order)) is None
    done = ports.perform(command("cancel", order, reason="seller_cancel_reason_wrong_price"))
    assert (order.status, done.external_id[:4]) == ("cancelled", "4035")
    assert place.platform.backend.book.orders[order.id].cancel_reason == "seller_cancel_reason_wrong_price"
    assert ports.outcome_of(command("cancel", order, sent=99)) is not None
    with pytest.raises(Rejected):
        ports.perform(command("cancel", order))


@pytest.mark.parametrize(("kind", "end"), [("accept_cancellation", "cancelled"), ("reject_cancellation", "to_ship")])
def test_a_buyers_cancellation_is_answered(place: Market, ports: Bound, kind: str, end: str) -> None:
    order = place.buy()
    with pytest.raises(Rejected) as caught:
        ports.perform(command(kind, order))
    assert caught.value.code == "not_asked"
    steps(place, order, "asked_cancel")
    [found] = ports.read("order", [order.id], since=AGO, asked_at=NOW).of(OrderSnapshot)
    assert found.status == "cancelling"
    assert ports.outcome_of(command(kind, order, sent=99)) is None
    assert isinstance(ports.perform(command(kind, order)), WriteOutcome)
    assert order.status == end
    assert ports.outcome_of(command(kind, order, sent=99)) is not None


@pytest.mark.parametrize("kind", ["accept_return", "reject_return"])
def test_a_return_is_answered_by_what_it_is(place: Market, ports: Bound, kind: str) -> None:
    book = place.platform.backend.book
    while {found.kind for found in book.returns.values()} != {"REFUND", "RETURN_AND_REFUND"}:
        order = place.buy()
        steps(place, order, "arranged", "shipped", "delivered")
        place.context.pass_time(facts.RETURN_AFTER)
    for found in book.returns.values():
        sold = place.context.orders[found.order_id]
        wanted = command(kind, sold, return_number=found.id)
        assert ports.outcome_of(replace(wanted, sent_at=AGO)) is None
        assert ports.perform(wanted).external_id == found.id
        assert ports.outcome_of(replace(wanted, sent_at=AGO)) is not None
        with pytest.raises(Rejected):
            ports.perform(replace(wanted, reference="another"))
    ends = {
        "accept_return": {"RETURN_OR_REFUND_REQUEST_SUCCESS", "AWAITING_BUYER_SHIP"},
        "reject_return": {"REFUND_OR_RETURN_REQUEST_REJECT"},
    }
    assert {found.status for found in book.returns.values()} <= ends[kind]


def test_webhooks_are_registered_once_and_believed(place: Market, ports: Bound) -> None:
    ports.register_webhooks(place.hub_url)
    before = dict(place.platform.backend.state.hooks.own)
    place.context.pass_time(5)
    ports.register_webhooks(place.hub_url)
    assert place.platform.backend.state.hooks.own == before
    order = place.buy(released=False)
    delivery = place.context.outbox[0][0]
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    [notice] = webhooks.WEBHOOKS.open(ports.access.app, Delivery(delivery.body, headers))
    assert (notice.kind, notice.external_id, notice.shop_id) == ("order", order.id, place.client.shop_id)
    assert notice.delivery_id == delivery.id
    with pytest.raises(Rejected):
        ports.register_webhooks("https://1.2.3.4/hook/")


def test_facts(ports: Bound) -> None:
    assert {kind: reader.batch for kind, reader in CONNECTOR.reads.items()} == {
        "order": 50, "listing": 20, "return": 50, "settlement": 10, "payout": 100,
    }  # fmt: skip
    assert {kind for kind, reader in CONNECTOR.reads.items() if reader.earliest is None} == {"listing"}
    assert set(CONNECTOR.writes) == {
        "ship", "cancel", "accept_cancellation", "reject_cancellation", "accept_return", "reject_return",
    }  # fmt: skip
    assert {writer.settles_after(ports.access) for writer in CONNECTOR.writes.values()} == {timedelta(seconds=30)}
    assert [field.name for field in CONNECTOR.account_fields] == ["app_key", "app_secret", "service_id"]
    assert (CONNECTOR.account_settings, CONNECTOR.queue, CONNECTOR.keeps_stock) == ((), None, False)
    assert (CONSENT.kind, CONSENT.shares_one_token, CONSENT.app_has_token) == (ConsentKind.CODE, True, False)
    assert (WEBHOOKS.acknowledgement, WEBHOOKS.refusal("bad_signature").status) == (Reply(200), 401)
