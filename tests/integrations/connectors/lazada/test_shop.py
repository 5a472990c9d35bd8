"""Our connector at the simulated Lazada over real HTTP: consent, reading, pushing, commands, and answers that were lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations.connectors.base import (
    Access,
    AppAccess,
    Command,
    CommandOutcome,
    ContentPush,
    Delivery,
    PricePush,
    PushOutcome,
    StockPush,
)
from integrations.connectors.lazada import calls, changes, consent, pushing
from integrations.connectors.lazada.connector import LazadaConnector
from integrations.connectors.lazada.simulator import facts, steps
from integrations.simulator.order import Order
from integrations.simulator.serving import Server
from integrations.simulator.shops import DELETED
from integrations.simulator.side import Answer
from integrations.wire.errors import NotAuthorised, Rejected, TryLater
from tests.integrations.connectors.lazada.standing import Market
from tests.integrations.connectors.played import Hub, Pair, until

from .samples import raw

AGO = datetime.now(UTC) - timedelta(hours=3)
LATER = datetime.now(UTC) + timedelta(days=1)


def now() -> datetime:
    """Not a constant: this process may have tested for long already."""
    return datetime.now(UTC)


Connect = Callable[..., LazadaConnector]


def command(kind: str, order: Order, *, sent: float | None = None, **options: Any) -> Command:
    sent_at = None if sent is None else datetime.now(UTC) - timedelta(seconds=sent)
    return Command(kind, order.id, f"1-{order.id}-{kind}-1", options=options, sent_at=sent_at)


def delivered(place: Market) -> Order:
    order = place.buy()
    place.step(order, "arranged", "shipped", "delivered")
    return order


class Scripted:
    """A Lazada that gives one answer to everything, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.answers: dict[str, Any] = {}
        self.server = Server(0, self._answer)
        self.server.start()

    def _answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        path = target.partition("?")[0].removeprefix("/rest")
        self.asked.append((method, path, body.decode()))
        told = self.answers.get(path, {"code": "0", "data": {}})
        return None if told is None else (200, {}, json.dumps(told, default=str).encode())


@pytest.fixture
def scripted(redis: Any) -> Iterator[Scripted]:
    found = Scripted()
    yield found
    found.server.stop()


@pytest.fixture
def lonely(scripted: Scripted) -> LazadaConnector:
    """A connector of the scripted Lazada."""
    app = AppAccess("key", {"app_key": "1", "app_secret": "s"}, base_url=f"{scripted.server.url}/rest")
    return LazadaConnector(Access(app, "7", Pair("token")))


# --- consent ---


def test_from_the_page_to_tokens_that_work_and_are_renewed(place: Market, app: AppAccess) -> None:
    url = LazadaConnector.consent_url(app, state="s 1", redirect_url="https://hub.example/back?x=1")
    seller = place.shops[0].id
    pressed = requests.post(url, data={"seller": seller}, timeout=5, allow_redirects=False)
    back = pressed.headers["Location"]
    assert parse_qs(urlsplit(back).query)["state"] == ["s 1"]
    grant = LazadaConnector.exchange(app, code=back, shop_id="")
    assert (grant.shop_ids, grant.expires_in, grant.refresh_expires_in) == ((seller,), 864_000, 4_320_000)
    [found] = LazadaConnector.shops(app, Pair(grant.access_token), grant)
    assert (found.external_id, found.name) == (seller, place.shops[0].name)
    again = LazadaConnector.renew(app, refresh_token=grant.refresh_token, shop_id=seller)
    assert again.access_token != grant.access_token
    assert (again.refresh_expires_in or 0) <= 4_320_000
    with pytest.raises(Rejected, match="works once"):
        LazadaConnector.exchange(app, code=back, shop_id="")
    with pytest.raises(NotAuthorised):
        LazadaConnector.renew(app, refresh_token="50001x", shop_id=seller)


def test_a_code_of_another_shop_is_refused(place: Market, app: AppAccess) -> None:
    code = place.account["shops"][0]["code"]
    with pytest.raises(Rejected):
        LazadaConnector.exchange(app, code=code, shop_id=place.shops[1].id)


def test_hosts_of_lazada_and_of_others() -> None:
    keys = {"app_key": "1", "app_secret": "s"}
    assert calls.auth_url(AppAccess("k", keys)) == "https://auth.lazada.com"
    assert calls.auth_url(AppAccess("k", keys, "https://api.lazada.sg/rest")) == "https://auth.lazada.com"
    assert calls.auth_url(AppAccess("k", keys, "http://127.0.0.1:1")) == "http://127.0.0.1:1"


def test_answers_of_a_consent_by_all_their_shapes() -> None:
    assert consent._grant(raw("token__created")).shop_ids == ("200123456789",)
    assert consent._grant(raw("token__renewed")).refresh_expires_in == 4_233_600
    assert consent._grant(raw("token__cross_border")).shop_ids == ("300253340001", "300253340002")
    told = raw("token__renewed")
    by_map = {name: value for name, value in told.items() if name != "country_user_info"}
    by_map["country_user_info_list"] = {"vn": told["country_user_info"][0]}
    assert consent._grant(by_map).shop_ids == ("200123456789",)
    odd = consent._grant({"access_token": "a", "expires_in": "soon", "refresh_expires_in": -1})
    assert (odd.expires_in, odd.refresh_expires_in) == (604_800.0, None)


# --- reading ---


def test_orders_are_read_by_list_or_one_by_one_and_alike(place: Market, connector: LazadaConnector) -> None:
    orders = [place.buy((place.sold(), 2)) for _ in range(5)]
    ids = [order.id for order in orders]
    moment = now()
    many = connector.read("order", ids, since=AGO, asked_at=moment)
    single = [connector.read("order", [number], since=AGO, asked_at=moment).orders[0] for number in ids]
    assert sorted(many.orders, key=lambda order: order.number) == sorted(single, key=lambda order: order.number)
    assert {order.status for order in single} == {"to_ship"}
    assert [len(order.lines) for order in single] == [2] * 5
    assert single[0].total == orders[0].total + facts.FREIGHT
    late = connector.read("order", ids, since=LATER, asked_at=moment)
    assert {order.number for order in late.orders} == set(ids)


def test_what_another_shop_sold_is_gone_here(place: Market, connect: Connect) -> None:
    order = place.buy(shop=1)
    assert connect().read("order", [order.id, "77"], since=AGO, asked_at=now()).gone == (order.id, "77")
    assert connect(1).read("order", [order.id], since=AGO, asked_at=now()).orders[0].number == order.id


def test_lists_of_the_past_bring_whole_orders_and_of_now_only_their_times(
    place: Market, connector: LazadaConnector
) -> None:
    order = place.buy()
    [page] = connector.changed("order", since=AGO, until=LATER)
    assert ([change.external_id for change in page.changes], page.truth) == ([order.id], None)
    place.simulation.world.book.faults.set({"lazada.clock_skew_seconds": 0})
    record = place.record(order)
    with place.simulation.world.lock:
        past = record.updated - 86_400
        place.platform.book.updated[order.shop].move(record.updated, past, record.id)
        record.updated = past
    [old] = connector.changed("order", since=AGO - timedelta(days=3), until=AGO)
    assert old.truth is not None
    assert [one.number for one in old.truth.orders] == [order.id]
    assert connector.earliest("order") == old.truth.orders[0].placed_at
    assert connector.earliest("listing") is None


def test_a_shops_past_is_read_with_few_calls(place: Market, connector: LazadaConnector) -> None:
    asked = {"channel": "lazada", "shop": place.shops[0].id, "orders": 450, "days": 3}
    ids = requests.post(f"{place.simulation.url}/history", json=asked, timeout=60).json()["ids"]
    calls_before = place.simulation.world.book.traffic.calls["lazada"]
    told: dict[str, str] = {}
    pages = 0
    for page in connector.changed("order", since=now() - timedelta(days=12), until=now() - timedelta(hours=2)):
        assert page.truth is not None
        pages += 1
        told |= {order.number: order.status for order in page.truth.orders}
        assert {order.number for order in page.truth.orders} == {change.external_id for change in page.changes}
    assert told == dict.fromkeys(ids, "completed")
    assert place.simulation.world.book.traffic.calls["lazada"] - calls_before <= 5 + 10 + 2
    assert pages <= 6


def test_one_cart_with_two_sellers_has_one_order_id_in_both_stores(place: Market, connect: Connect) -> None:
    order = place.buy((place.sold(), 1))
    mine = place.record(order)
    other = place.sold(shop=1)
    unit = replace(mine.units[0], id=mine.units[0].id + 1, item_id=other.item_id, sku_id=other.id, status="shipped")
    with place.simulation.world.lock:
        place.platform.book.add(replace(mine, seller=place.shops[1].id, units=[unit]))
    first, second = (
        connect(shop).read("order", [order.id], since=AGO, asked_at=now()).orders[0] for shop in (0, 1)
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

    def page(line: Any, *, update_after: datetime, update_before: datetime, offset: int) -> list[dict[str, Any]]:
        nonlocal clock, asked
        if (touched := str(moves.get(asked, -1) + 1)) in rows:
            rows[touched] = clock
            clock += 1
        asked += 1
        found = sorted((at, number) for number, at in rows.items() if at >= update_after.timestamp())
        shown = [(datetime.fromtimestamp(at, UTC), number) for at, number in found[offset : offset + size]]
        return [{"order_id": number, "updated_at": f"{at:%Y-%m-%d %H:%M:%S %z}"} for at, number in shown]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changes.reading, "orders_page", page)
        patch.setattr(changes, "ORDERS_PAGE", size)
        since = datetime.fromtimestamp(1_000, UTC)
        pages = list(changes.orders(None, since=since, until=datetime.now(UTC)))  # type: ignore[arg-type]
    told = [(change.external_id, change.version) for one in pages for change in one.changes]
    assert {number for number, _ in told} == set(rows)
    newest = {number: max(at for name, at in told if name == number and at) for number in rows}
    assert {number: int(at.timestamp()) for number, at in newest.items()} == rows


def test_products_are_listed_whole_deleted_ones_too(place: Market, connector: LazadaConnector) -> None:
    shop = place.shops[0]
    gone = next(iter(shop.items.values()))
    with place.simulation.world.lock:
        place.side.ground.set_listed(gone, DELETED)
    pages = list(connector.changed("listing", since=None, until=now()))
    told = [one for page in pages if page.truth for one in page.truth.listings]
    assert {one.item_id for one in told} == set(shop.items)
    assert {one.status for one in told if one.item_id == gone.id} == {"deleted"}
    assert len(told) == sum(len(item.variations) for item in shop.items.values())
    sold = place.sold()
    truth = connector.read("listing", [sold.item_id, "5"], since=AGO, asked_at=now())
    assert truth.gone == ("5",)
    [found] = [one for one in truth.listings if one.variation_id == sold.id]
    assert (found.stock[0].sellable, found.price, found.sku) == (sold.stock, Decimal(sold.price), sold.seller_sku)


def test_a_span_with_more_products_than_an_offset_reaches_is_halved(
    place: Market, connector: LazadaConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "PRODUCTS_OFFSET", 5)
    with place.simulation.world.lock:
        for number, item in enumerate(place.shops[0].items.values()):
            item.wire_updated = item.wire_created = 1_700_000_000.0 + number * 86_400
            for sold in item.variations:
                sold.wire_updated = item.wire_updated
    pages = list(connector.changed("listing", since=None, until=now()))
    assert {change.external_id for page in pages for change in page.changes} == set(place.shops[0].items)


def test_shop_and_warehouses(place: Market, connector: LazadaConnector) -> None:
    health = connector.check()
    assert (health.name, health.is_open, health.detail["status"]) == (place.shops[0].name, True, "ACTIVE")
    assert [one.external_id for one in connector.warehouses()] == ["dropshipping"]


def test_settlements_are_days_and_orders(place: Market, connector: LazadaConnector) -> None:
    order = delivered(place)
    today = datetime.now(facts.ZONE).date()
    [page] = connector.changed("settlement", since=now() - timedelta(days=2), until=now())
    days = [change.external_id for change in page.changes]
    assert days == [(today - timedelta(days=back)).isoformat() for back in (2, 1, 0)]
    assert all(change.version and change.version <= now() for change in page.changes)
    truth = connector.read("settlement", [*days, order.id, "soon"], since=AGO, asked_at=datetime.now(UTC))
    lines = truth.statements[days[-1]]
    assert truth.statements[order.id] == lines
    assert (truth.statements[days[0]], truth.gone) == ((), ("soon",))
    assert [line.kind for line in lines] == ["sale", "commission", "payment_fee"]
    assert {(line.order_number, line.line_key) for line in lines} == {(order.id, str(place.record(order).units[0].id))}
    assert (lines[0].amount, lines[0].is_paid) == (Decimal(order.total), False)


def test_a_payout_that_moved_makes_its_days_news(scripted: Scripted, lonely: LazadaConnector) -> None:
    [row] = raw("settlement__payouts")["data"]
    row |= {"created_at": "2026-01-05 09:00:00", "updated_at": "2026-01-09 10:00:00"}
    scripted.answers["/finance/payout/status/get"] = {"code": "0", "data": [row]}
    until_day = datetime(2026, 1, 9, 12, tzinfo=UTC)
    [page] = lonely.changed("settlement", since=until_day - timedelta(days=1), until=until_day)
    told = {change.external_id: change.version for change in page.changes}
    assert sorted(told) == [f"2025-12-{day}" for day in (29, 30, 31)] + [
        f"2026-01-0{day}" for day in (1, 2, 3, 4, 5, 8, 9)
    ]
    assert told["2026-01-01"] == datetime(2026, 1, 8, 17, tzinfo=UTC)


# --- pushing ---


def push(sold: Any, quantity: int) -> StockPush:
    return StockPush(sold.item_id, sold.id, quantity)


def test_stock_goes_as_sellable_and_each_row_has_its_outcome(place: Market, connector: LazadaConnector) -> None:
    good, held = place.sold(), place.sold(held=True)
    place.buy((good, 2))
    unknown = StockPush("5", "6", 1)
    fine, campaign, missing = connector.push_stock([push(good, 9), push(held, 0), unknown])
    assert fine == PushOutcome(good.item_id, good.id)
    assert good.stock == 9
    assert (campaign.accepted, campaign.code, campaign.floor) == (False, "4170", held.stock)
    assert (missing.accepted, missing.code, missing.floor) == (False, "4216", None)
    [alone] = connector.push_stock([push(held, 0)])
    assert (alone.code, alone.floor) == ("4170", held.stock)


def test_prices_leave_the_stock_alone(place: Market, connector: LazadaConnector) -> None:
    sold = place.sold()
    before = sold.stock
    good, bad = connector.push_price(
        [PricePush(sold.item_id, sold.id, Decimal(45_000)), PricePush("5", "6", Decimal(1))]
    )
    assert (good.accepted, bad.code) == (True, "4216")
    assert (sold.price, sold.stock) == (45_000, before)


def test_no_payload_ever_says_quantity_and_a_named_warehouse_has_its_own_form(
    scripted: Scripted, lonely: LazadaConnector
) -> None:
    lonely.push_stock([StockPush("1", "2", 3)])
    lonely.push_stock([StockPush("1", "2", 3, warehouse="A&B")])
    lonely.push_price([PricePush("1", "2", Decimal("5.50"))])
    bodies = [parse_qs(body)["payload"][0] for _, _, body in scripted.asked]
    assert [path for _, path, _ in scripted.asked] == ["/product/stock/sellable/update"] * 2 + [
        "/product/price_quantity/update"
    ]
    assert "<SellableQuantity>3</SellableQuantity>" in bodies[0]
    assert "<WarehouseCode>A&amp;B</WarehouseCode><SellableQuantity>3</SellableQuantity>" in bodies[1]
    assert "<Price>5.50</Price>" in bodies[2]
    assert not any("<Quantity>" in body for body in bodies)


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (raw("push__partial"), ["", "501"]),
        (raw("push__failed"), ["501", "4152"]),
        ({"code": "0", "detail": [{"code": "4171", "message": "too many"}]}, ["4171", "4171"]),
    ],
)
def test_a_row_that_is_not_named_is_believed_only_when_nothing_else_is_wrong(
    answer: Any, codes: list[str], scripted: Scripted, lonely: LazadaConnector
) -> None:
    scripted.answers["/product/stock/sellable/update"] = answer
    told = lonely.push_stock([StockPush("1850033254", "9042744107", 3), StockPush("1850033254", "9042744108", 3)])
    assert [one.code for one in told] == codes
    assert [one.accepted for one in told] == [not code for code in codes]


def test_rows_that_lazada_was_too_busy_for_are_sent_once_more(
    place: Market, connector: LazadaConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold = list(place.shops[0].variations())[:3]
    hits = iter([True, False, True, True, False])
    monkeypatch.setattr(place.side.ground, "hits", lambda fault: next(hits), raising=False)
    told = connector.push_stock([push(one, 40) for one in sold])
    assert [(one.accepted, one.code) for one in told] == [(False, "1000"), (True, ""), (True, "")]
    assert [one.stock for one in sold[1:]] == [40, 40]


def test_when_the_second_answer_is_lost_nothing_is_told_of_its_rows(
    scripted: Scripted, lonely: LazadaConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "/product/stock/sellable/update"
    busy = {"code": "0", "detail": [{"code": "1000", "message": "try again", "sku_id": 2}]}
    answers = iter([busy, None])
    monkeypatch.setattr(scripted, "answers", Answers(path, answers))
    told = lonely.push_stock([StockPush("1", "2", 3), StockPush("1", "3", 3)])
    assert [(one.variation_id, one.accepted) for one in told] == [("3", True)]
    assert len(scripted.asked) == 2


class Answers(dict[str, Any]):
    """One answer after the other for one path."""

    def __init__(self, path: str, answers: Iterator[Any]) -> None:
        super().__init__()
        self.path, self.left = path, answers

    def get(self, path: str, default: Any = None) -> Any:
        return next(self.left) if path == self.path else default


def test_a_push_without_an_answer_is_not_repeated(scripted: Scripted, lonely: LazadaConnector) -> None:
    scripted.answers["/product/stock/sellable/update"] = None
    with pytest.raises(TryLater) as caught:
        lonely.push_stock([StockPush("1", "2", 3)])
    assert (caught.value.maybe_done, len(scripted.asked)) == (True, 1)


def test_content_names_every_sku(place: Market, connector: LazadaConnector) -> None:
    sold = place.sold()
    connector.push_content(ContentPush(sold.item_id, title="Áo <mới> & đẹp", description="<p>Mô tả</p>"))
    shown = place.clients[0].good("GET", "/product/item/get", item_id=sold.item_id)
    assert (shown["attributes"]["name"], shown["attributes"]["description"]) == ("Áo <mới> & đẹp", "<p>Mô tả</p>")
    with pytest.raises(Rejected, match="does not know"):
        connector.push_content(ContentPush("5", title="x"))
    assert pushing.ROWS == 20


# --- ship ---


def test_an_order_is_packed_and_handed_over(place: Market, connector: LazadaConnector) -> None:
    order = place.buy((place.sold(), 2))
    found = connector.perform(command("ship", order))
    [package] = place.record(order).packages.values()
    assert found == CommandOutcome(
        package.id, package.tracking, {"statuses": ["packed"], "packages": [package.id]}
    )  # fmt: skip
    assert order.status == "packed"
    label = connector.label(order.id, found.external_id)
    assert package.tracking in label.content.decode()
    assert (label.content_type, label.name) == ("text/html; charset=utf-8", f"{package.id}.html")
    again = connector.perform(command("ship", order))
    assert (again.external_id, len(place.record(order).packages)) == (package.id, 1)


def test_half_done_it_goes_on_where_it_broke_off(place: Market, connector: LazadaConnector) -> None:
    order = place.buy((place.sold(), 2))
    record = place.record(order)
    with place.simulation.world.lock:
        first = steps.pack(place.platform, record, record.units[:1])
        steps.ready(place.platform, record, first)
    connector.perform(command("ship", order))
    assert (order.status, len(record.packages)) == ("packed", 2)


def test_a_lost_answer_is_looked_up(place: Market, connector: LazadaConnector) -> None:
    order = place.buy()
    with pytest.raises(TryLater, match="still"):
        connector.outcome_of(command("ship", order, sent=1))
    assert connector.outcome_of(command("ship", order, sent=100)) is None
    connector.perform(command("ship", order))
    found = connector.outcome_of(command("ship", order, sent=1))
    assert found is not None
    assert found.external_id in place.record(order).packages


@pytest.mark.parametrize(
    ("kind", "write", "found"),
    [
        ("ship", "/order/fulfill/pack", False),
        ("ship", "/order/package/rts", True),
        ("cancel", "/order/reverse/cancel/create", True),
        ("reject_cancellation", "/order/reverse/cancel/seller/decide", True),
    ],
)
def test_a_write_whose_answer_was_lost_is_done_once(
    kind: str, write: str, found: bool, place: Market, connector: LazadaConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = place.buy((place.sold(), 2))
    if kind == "reject_cancellation":
        place.step(order, "asked_cancel")
    monkeypatch.setattr(place.side, "may_lose_answer", lambda method, target: write in target)
    place.simulation.world.book.faults.set({"lazada.answer_lost": 1.0})
    with pytest.raises(TryLater) as caught:
        connector.perform(command(kind, order))
    assert caught.value.maybe_done
    monkeypatch.undo()
    place.simulation.world.book.faults.set({"lazada.answer_lost": 0.0})
    before = place.simulation.world.book.traffic.calls["lazada"]
    known = connector.outcome_of(command(kind, order, sent=100))
    assert ((known is not None), place.simulation.world.book.traffic.calls["lazada"]) == (found, before + 1)
    if not found:
        connector.perform(command(kind, order))
    after = {"ship": "packed", "cancel": "cancelled", "reject_cancellation": "to_ship"}
    assert order.status == after[kind]
    assert len(place.record(order).packages) == (1 if kind == "ship" else 0)


def test_success_does_not_mean_done(place: Market, connector: LazadaConnector) -> None:
    order = place.buy()
    place.simulation.world.book.faults.set({"lazada.partial_batch": 1.0})
    with pytest.raises(TryLater) as caught:
        connector.perform(command("ship", order))
    assert (caught.value.code, caught.value.maybe_done) == ("700024", False)
    place.simulation.world.book.faults.set({"lazada.partial_batch": 0.0})
    place.step(order, "asked_cancel")
    with pytest.raises(Rejected) as refused:
        connector.perform(command("ship", order))
    assert refused.value.code == "700026"


@pytest.mark.parametrize(
    ("name", "path", "code"),
    [("pack__item_failed", "/order/fulfill/pack", "700026"), ("ready__failed", "/order/package/rts", "600002")],
)
def test_documented_rows_that_failed(
    name: str, path: str, code: str, scripted: Scripted, lonely: LazadaConnector
) -> None:  # fmt: skip
    status = "pending" if "pack__" in name else "packed"
    item = {"order_item_id": 5, "status": status, "package_id": "FP1"}
    scripted.answers |= {"/order/items/get": {"code": "0", "data": [item]}, path: raw(name)}
    with pytest.raises(Rejected) as caught:
        lonely.perform(Command("ship", "5", "r"))
    assert caught.value.code == code


# --- cancel ---


def test_cancel_takes_the_reason_that_leaves_the_stock_alone(place: Market, connector: LazadaConnector) -> None:
    sold = place.sold()
    before, order = sold.stock, place.buy((sold, 2))
    assert connector.perform(command("cancel", order)).external_id == order.id
    assert (order.status, sold.stock) == ("cancelled", before)
    assert place.record(order).units[0].reason == "Sourcing Delay"
    assert connector.perform(command("cancel", order)).external_id == order.id
    assert connector.outcome_of(command("cancel", order, sent=1)) is not None
    emptied = place.buy((sold, 1))
    connector.perform(command("cancel", emptied, reason="out of stock"))
    assert sold.stock == 0


def test_what_cannot_be_cancelled_is_said(place: Market, connector: LazadaConnector) -> None:
    order = place.buy()
    with pytest.raises(Rejected, match="Sourcing Delay"):
        connector.perform(command("cancel", order, reason="bored"))
    place.step(order, "arranged", "shipped")
    with pytest.raises(Rejected, match="state at Lazada"):
        connector.perform(command("cancel", order))
    assert connector.outcome_of(command("cancel", order, sent=100)) is None
    with pytest.raises(Rejected) as caught:
        connector.perform(replace(command("cancel", order), order_number="77"))
    assert caught.value.code == "16"


def test_a_cancel_by_get_is_sent_once_whatever_happens(scripted: Scripted, lonely: LazadaConnector) -> None:
    scripted.answers |= {
        "/order/items/get": {"code": "0", "data": [{"order_item_id": 5, "status": "pending"}]},
        "/order/reverse/cancel/validate": raw("cancel__validated"),
        "/order/reverse/cancel/create": None,
    }
    with pytest.raises(TryLater) as caught:
        lonely.perform(Command("cancel", "5", "r"))
    assert caught.value.maybe_done
    assert [path for _, path, _ in scripted.asked].count("/order/reverse/cancel/create") == 1
    scripted.answers["/order/reverse/cancel/create"] = raw("cancel__created")
    assert lonely.perform(Command("cancel", "5", "r")).raw["tip_type"] == "success"


@pytest.mark.parametrize(("kind", "status"), [("accept_cancellation", "cancelled"), ("reject_cancellation", "to_ship")])
def test_a_buyer_is_answered(kind: str, status: str, place: Market, connector: LazadaConnector) -> None:
    order = place.buy()
    with pytest.raises(Rejected):
        connector.perform(command(kind, order))
    place.step(order, "asked_cancel")
    [asked] = connector.read("order", [order.id], since=AGO, asked_at=now()).orders
    assert asked.status == "cancelling"
    assert connector.outcome_of(command(kind, order, sent=100)) is None
    connector.perform(command(kind, order))
    assert order.status == status
    assert connector.outcome_of(command(kind, order, sent=1)) is not None


# --- returns ---


def test_a_return_is_listed_read_and_answered(place: Market, connector: LazadaConnector) -> None:
    order = delivered(place)
    place.step(order, "returning")
    [page] = connector.changed("return", since=AGO, until=LATER)
    assert page.truth is not None
    [listed] = page.truth.returns
    number = listed.number
    truth = connector.read("return", [number, "5"], since=AGO, asked_at=page.truth.returns[0].asked_at)
    [found] = truth.returns
    assert (replace(found, raw={}), truth.gone) == (replace(listed, raw={}), ("5",))
    assert (found.status, found.order_number, found.goods_come_back) == ("requested", order.id, True)
    [sold] = connector.read("order", [order.id], since=AGO, asked_at=now()).orders
    assert sold.status == "returning"
    assert connector.outcome_of(command("accept_return", order, sent=100)) is None
    connector.perform(command("accept_return", order))
    assert connector.outcome_of(command("accept_return", order, sent=1)) is not None
    with place.simulation.world.lock:
        for _ in range(2):
            steps.go_on(place.platform, order.shop, int(number))
    [back] = connector.read("return", [number], since=AGO, asked_at=now()).returns
    assert (back.status, back.tracking_number[:3]) == ("received", "LMR")
    connector.perform(command("accept_return", order, return_number=number))
    assert connector.read("return", [number], since=AGO, asked_at=now()).returns[0].status == "refunded"
    with pytest.raises(Rejected):
        connector.perform(command("accept_return", order))


def test_a_refusal_needs_words(place: Market, connector: LazadaConnector) -> None:
    order = delivered(place)
    place.step(order, "returning")
    with pytest.raises(Rejected) as caught:
        connector.perform(command("reject_return", order))
    assert caught.value.code == "109"
    connector.perform(command("reject_return", order, text="đã dùng"))
    [found] = connector.read(
        "return", [str(place.platform.book.returned[order.shop].keys[0][1])], since=AGO, asked_at=now()
    ).returns
    assert found.status == "refused"
    assert connector.outcome_of(command("reject_return", order, sent=1)) is not None
    [sold] = connector.read("order", [order.id], since=AGO, asked_at=now()).orders
    assert sold.status == "delivered"


def test_a_mere_refund_is_paid_or_disputed(place: Market, connector: LazadaConnector) -> None:
    for kind, options, status in (
        ("accept_return", {}, "refunded"),
        ("reject_return", {"text": "không đúng", "images": ["https://i/1.jpg"]}, "requested"),
    ):
        order = delivered(place)
        record = place.record(order)
        with place.simulation.world.lock:
            found = steps.start_return(place.platform, record, "ONLY_REFUND", record.units)
        if kind == "reject_return":
            with pytest.raises(Rejected):
                connector.perform(command(kind, order, text="không đúng"))
        connector.perform(command(kind, order, **options))
        told = connector.read("return", [str(found.id)], since=AGO, asked_at=now()).returns[0]
        assert (told.status, told.goods_come_back) == (status, False)
        assert connector.outcome_of(command(kind, order, sent=1)) is not None


# --- pushes ---


def test_pushes_of_an_order_are_believed_and_name_shop_and_order(place: Market, app: AppAccess) -> None:
    hub = Hub()
    place.side.push_to(hub.url, None)
    order = place.buy((place.sold(), 3))
    until(lambda: len(hub.got) >= 3)
    hub.stop()
    notices = [notice for push in hub.got for notice in LazadaConnector.open_delivery(app, push)]
    assert {(one.kind, one.external_id, one.shop_id) for one in notices} == {("order", order.id, order.shop)}
    assert len(notices) >= 3
    assert LazadaConnector.acknowledgement.status == 200
    assert isinstance(hub.got[0], Delivery)
