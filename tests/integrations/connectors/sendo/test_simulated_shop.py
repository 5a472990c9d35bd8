"""Our connector and the simulated Sendo, each written from the facts alone, meet over real HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from integrations.connectors.sendo.connector import CONNECTOR
from integrations.connectors.sendo.consent import renew
from integrations.connectors.sendo.simulator import facts
from integrations.connectors.sendo.simulator.platform import PLATFORM, SendoPlatform
from integrations.connectors.sendo.webhooks import WEBHOOKS
from integrations.contract.access import Access, AppAccess
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.publisher import PricePush, StockPush
from integrations.contract.webhooks import Delivery, Notice
from integrations.contract.writes import WriteRequest
from integrations.simulator.serving import Server
from integrations.simulator.simulated_platform import Response
from integrations.simulator.simulation import Simulation
from inventory.snapshots import ListingSnapshot
from orders.snapshots import OrderSnapshot
from tests.integrations.connectors.bound import Bound

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass
class LoggingIn:
    """A token source that logs in again."""

    app: AppAccess
    shop_id: str
    token: str
    logins: int = 0

    def current(self) -> str:
        return self.token

    def renewed(self, stale: str) -> str:
        self.logins += 1
        self.token = renew(self.app, refresh_token="", shop_id=self.shop_id).access_token
        return self.token


@dataclass
class Place:
    """The simulated Sendo and what a hub knows of it."""

    simulation: Simulation
    app: AppAccess
    shop: dict[str, Any]
    got: list[Notice] = field(default_factory=list)

    @property
    def platform(self) -> SendoPlatform:
        platform = self.simulation.world.platforms["sendo"]
        assert isinstance(platform, SendoPlatform)
        return platform

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, self.simulation.url + path, json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def tokens(self) -> LoggingIn:
        return LoggingIn(self.app, self.shop["shop_id"], self.shop["access_token"])

    def account(self, tokens: LoggingIn | None = None, **settings: str) -> Bound:
        return Bound(CONNECTOR, Access(self.app, self.shop["shop_id"], tokens or self.tokens(), settings))

    def order(self, quantity: int = 1) -> str:
        """A buyer orders something that the shop shows plenty of; the order's number."""
        sku = next(row["sku"] for row in self.truth("listings") if row["stock"] >= quantity + 5)
        body = {"channel": "sendo", "shop": self.shop["shop_id"], "lines": [{"sku": sku, "quantity": quantity}]}
        return str(self.ask("POST", "/orders", body)["id"])

    def free_order(self) -> str:
        """An order that may be accepted: paid, and not checked any more."""
        number = self.order()
        self.until(lambda: self.order_row(number)["status"] == "to_ship" and not self.is_checked(number))
        return number

    def truth(self, table: str, **where: str) -> list[dict[str, Any]]:
        rows = self.ask("GET", "/truth")[table]
        return [row for row in rows if all(str(row[key]) == value for key, value in where.items())]

    def order_row(self, number: str) -> dict[str, Any]:
        return self.truth("orders", id=number)[0]

    def is_checked(self, number: str) -> bool:
        with self.simulation.world.lock:
            return number in self.platform.backend.book.checked_until

    def until(self, done: Callable[[], bool]) -> None:
        """Let time pass until it is so."""
        limit = time.monotonic() + 20
        while not done():
            assert time.monotonic() < limit
            self.ask("POST", "/advance", {"seconds": 2})
            time.sleep(0.02)


@pytest.fixture
def place() -> Iterator[Place]:
    simulation = Simulation({"sendo": PLATFORM}, products=60, seed="connector")
    simulation.start()
    account = requests.get(simulation.url + "/accounts", timeout=10).json()["sendo"]
    keys = {name: str(account["app"][name]) for name in ("shop_key", "secret_key")}
    free = {f"limit_{limit.name}": "1000000" for limit in CONNECTOR.limits}
    yield Place(simulation, AppAccess("key", keys, base_url=account["base_url"], settings=free), account["shops"][0])
    simulation.stop()


@pytest.fixture
def hooked(place: Place) -> Iterator[Place]:
    """With a hub that believes deliveries as the connector does."""

    def take(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        place.got.extend(WEBHOOKS.open(place.app, Delivery(body, headers)))
        reply = WEBHOOKS.acknowledgement
        return reply.status, {}, reply.body

    hub = Server(0, take)
    hub.start()
    place.ask("POST", "/webhooks", {"channel": "sendo", "url": f"{hub.url}/webhooks/sendo/key/"})
    yield place
    hub.stop()


@pytest.fixture
def all_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sendo looks at every order before the seller may act."""
    monkeypatch.setattr(facts, "CHECKED_SHARE", 1.0)


def read(account: Bound, kind: str, *ids: str) -> Any:
    now = datetime.now(UTC)
    return account.read(kind, ids, since=now - timedelta(minutes=10), asked_at=now)


def changed(account: Bound, kind: str, since: datetime | None) -> list[Any]:
    return [change for page in account.changed(kind, since=since, until=datetime.now(UTC)) for change in page.changes]


# --- login ---


def test_the_newest_login_is_the_only_one_that_counts(place: Place) -> None:
    first, second = place.tokens(), place.tokens()
    assert place.account(first).check().name == place.shop["shop_id"]
    second.renewed("")
    assert place.account(second).check().name == place.shop["shop_id"]
    assert (first.logins, second.logins) == (0, 1)
    place.account(first).check()
    assert first.logins == 1
    place.account(second).check()
    assert second.logins == 2


def test_a_login_lives_eight_hours_and_names_its_shop(place: Place) -> None:
    grant = renew(place.app, refresh_token="", shop_id=place.shop["shop_id"])
    assert (grant.shop_ids, grant.refresh_token) == ((place.shop["shop_id"],), "")
    assert grant.expires_in is not None
    assert 8 * 3600 - 10 < grant.expires_in <= 8 * 3600


def test_wrong_keys_and_keys_of_another_shop_say_so(place: Place) -> None:
    wrong = replace(place.app, credentials={**place.app.credentials, "secret_key": "wrong"})
    with pytest.raises(NotAuthorised, match="Copy both from Seller Centre"):
        renew(wrong, refresh_token="", shop_id=place.shop["shop_id"])
    with pytest.raises(Rejected, match=f"belong to Sendo shop {place.shop['shop_id']}, not to 77"):
        renew(place.app, refresh_token="", shop_id="77")


def test_too_many_logins_are_tried_later(place: Place) -> None:
    for _ in range(facts.LOGINS_PER_SECOND):
        place.tokens().renewed("")
    with pytest.raises(TryLater):
        place.tokens().renewed("")


# --- reading ---


def test_all_orders_are_listed_once_whatever_the_pages(place: Place) -> None:
    place.ask("POST", "/start", {"orders": 130, "interval_ms": 0, "pos_share": 0})
    place.until(lambda: len(place.truth("orders")) == 130)
    place.ask("POST", "/settle")
    account, numbers = place.account(), {row["id"] for row in place.truth("orders")}
    since = datetime.now(UTC) - timedelta(hours=1)
    pages = list(account.changed("order", since=since, until=datetime.now(UTC)))
    assert {change.external_id for page in pages for change in page.changes} == numbers
    orders = {order.number: order for page in pages if page.answer for order in page.answer.of(OrderSnapshot)}
    assert {number: order.status for number, order in orders.items()} == {
        row["id"]: row["status"] for row in place.truth("orders")
    }
    assert changed(account, "order", datetime.now(UTC) + timedelta(minutes=3)) == []


def test_a_list_and_a_read_tell_the_same(place: Place) -> None:
    number = place.order(2)
    account = place.account()
    pages = account.changed("order", since=datetime.now(UTC) - timedelta(hours=1), until=datetime.now(UTC))
    listed = next(page.answer.of(OrderSnapshot)[0] for page in pages if page.answer and page.answer.of(OrderSnapshot))
    [single] = read(account, "order", number).of(OrderSnapshot)
    assert replace(listed, asked_at=single.asked_at) == single
    [line] = single.lines
    assert (line.quantity, single.total) == (2, line.price * 2)
    assert single.recipient["phone"]


def test_many_orders_are_read_with_few_calls(place: Place) -> None:
    place.ask("POST", "/start", {"orders": 40, "interval_ms": 0, "pos_share": 0})
    place.until(lambda: len(place.truth("orders")) == 40)
    numbers = [row["id"] for row in place.truth("orders")]
    before = place.ask("GET", "/calls")["made"]
    answer = read(place.account(), "order", *numbers, "999")
    assert {order.number for order in answer.of(OrderSnapshot)} == set(numbers)
    assert answer.gone == ("999",)
    assert place.ask("GET", "/calls")["made"] - before == 2


def test_listings_are_read_with_their_variants(place: Place) -> None:
    account = place.account()
    ids = list(dict.fromkeys(change.external_id for change in changed(account, "listing", None)))
    rows = {(row["item"], row["variation"]): row for row in place.truth("listings")}
    assert set(ids) == {item for item, _ in rows}
    found: dict[tuple[str, str], Any] = {}
    for start in range(0, len(ids), 20):
        answer = read(account, "listing", *ids[start : start + 20])
        found |= {(one.item_id, one.variation_id): one for one in answer.of(ListingSnapshot)}
    assert set(found) == set(rows)
    for key, listing in found.items():
        row = rows[key]
        assert (listing.sku, listing.stock[0].sellable, listing.status) == (row["seller_sku"], row["stock"], "active")
        assert bool(listing.variation_name) == bool(listing.variation_id)
    assert read(account, "listing", "12345").gone == ("12345",)


def test_an_order_that_is_checked_waits_and_the_end_of_the_check_is_seen_by_its_word(
    place: Place, all_checked: None
) -> None:
    number = place.order()
    account = place.account()
    [order] = read(account, "order", number).of(OrderSnapshot)
    assert (order.status, order.channel_status) == ("on_hold", "2 locked")
    with pytest.raises(TryLater, match="checking"):
        account.perform(WriteRequest("ship", number, "r1"))
    place.until(lambda: not place.is_checked(number) and place.order_row(number)["status"] == "to_ship")
    since = datetime.now(UTC) - timedelta(minutes=1)
    change = {change.external_id: change for change in changed(account, "order", since)}[number]
    assert (change.state, change.version) == ("2", None)
    assert [one.status for one in read(account, "order", number).of(OrderSnapshot)] == ["to_ship"]


# --- writing ---


def listing(place: Place, *, with_variants: bool) -> dict[str, Any]:
    return next(row for row in place.truth("listings") if bool(row["variation"]) is with_variants and row["stock"] > 3)


def shown(place: Place, row: dict[str, Any]) -> int:
    [found] = place.truth("listings", item=row["item"], variation=row["variation"])
    stock: int = found["stock"]
    return stock


def test_stock_of_several_products_goes_in_one_call(place: Place) -> None:
    account = place.account()
    plain, variant = listing(place, with_variants=False), listing(place, with_variants=True)
    others = [row for row in place.truth("listings", item=variant["item"]) if row["variation"] != variant["variation"]]
    before = place.ask("GET", "/calls")["made"]
    outcomes = account.publish_stock(
        [StockPush(plain["item"], "", 0), StockPush(variant["item"], variant["variation"], 2)]
    )
    assert [outcome.accepted for outcome in outcomes] == [True, True]
    assert place.ask("GET", "/calls")["made"] - before == 2
    assert (shown(place, plain), shown(place, variant)) == (0, 2)
    assert others
    assert [shown(place, row) for row in others] == [row["stock"] for row in others]
    account.publish_stock([StockPush(plain["item"], "", 4)])
    assert shown(place, plain) == 4


def test_a_product_sold_out_in_all_variants_is_not_available(place: Place) -> None:
    account, variant = place.account(), listing(place, with_variants=True)
    every = place.truth("listings", item=variant["item"])
    outcomes = account.publish_stock([StockPush(row["item"], row["variation"], 0) for row in every])
    assert all(outcome.accepted for outcome in outcomes)
    assert {one.stock[0].sellable for one in read(account, "listing", variant["item"]).of(ListingSnapshot)} == {0}


def test_a_price_leaves_stock_and_other_variants_alone(place: Place) -> None:
    account, variant = place.account(), listing(place, with_variants=True)
    before = {one.variation_id: one for one in read(account, "listing", variant["item"]).of(ListingSnapshot)}
    [outcome] = account.publish_price([PricePush(variant["item"], variant["variation"], Decimal(99_000))])
    assert outcome.accepted
    after = {one.variation_id: one for one in read(account, "listing", variant["item"]).of(ListingSnapshot)}
    assert after[variant["variation"]].price == 99_000
    assert {k: (v.price, v.stock) for k, v in after.items() if k != variant["variation"]} == {
        k: (v.price, v.stock) for k, v in before.items() if k != variant["variation"]
    }
    assert after[variant["variation"]].stock == before[variant["variation"]].stock


def test_a_variant_that_is_gone_stops_no_other(place: Place) -> None:
    account, variant = place.account(), listing(place, with_variants=True)
    outcomes = account.publish_stock(
        [
            StockPush(variant["item"], "602_1", 5),
            StockPush(variant["item"], variant["variation"], 3),
            StockPush("77", "602_1", 5),
        ]
    )
    assert [(outcome.accepted, outcome.code) for outcome in outcomes] == [
        (False, "no_variant"), (True, ""), (False, "not_found"),
    ]  # fmt: skip
    assert shown(place, variant) == 3


def test_a_refused_row_makes_the_call_a_refusal_and_each_goes_alone(place: Place) -> None:
    account, plain = place.account(), listing(place, with_variants=False)
    with pytest.raises(Rejected, match="Sản phẩm không tồn tại"):
        account.publish_stock([StockPush("77", "", 5), StockPush(plain["item"], "", 5)])
    assert account.publish_stock([StockPush(plain["item"], "", 5)])[0].accepted
    assert shown(place, plain) == 5


# --- commands ---


def test_an_order_is_accepted_once(place: Place) -> None:
    number, account = place.free_order(), place.account(allow_check="1")
    assert account.outcome_of(WriteRequest("ship", number, "r1")) is None
    assert account.perform(WriteRequest("ship", number, "r1")).external_id == number
    assert place.order_row(number)["status"] == "packed"
    again = account.perform(WriteRequest("ship", number, "r1"))
    assert again.raw["order_status"] == 3
    assert account.outcome_of(WriteRequest("ship", number, "r1")) is not None
    [order] = read(account, "order", number).of(OrderSnapshot)
    assert [parcel.tracking_number for parcel in order.parcels] == [f"SE{number}"]


def test_an_order_is_cancelled_with_a_reason_sendo_knows(place: Place) -> None:
    number, account = place.free_order(), place.account()
    with pytest.raises(Rejected, match="Lý do hủy không hợp lệ"):
        account.perform(WriteRequest("cancel", number, "r1", options={"reason": "because"}))
    account.perform(WriteRequest("cancel", number, "r2", options={"reason": "out_of_stock"}))
    [order] = read(account, "order", number).of(OrderSnapshot)
    assert (order.status, order.cancel_reason) == ("cancelled", "Hết hàng")
    assert account.outcome_of(WriteRequest("cancel", number, "r2")) is not None
    with pytest.raises(Rejected, match="status"):
        account.perform(WriteRequest("ship", number, "r3"))


def test_reasons_and_the_look_into_the_parcel_may_be_chosen(place: Place) -> None:
    number, account = place.free_order(), place.account()
    [reason] = account.fields(WriteRequest("cancel", number, "r1"))
    assert {"CBS1": "Hủy bởi người bán", "CBS100": "Hết hàng"}.items() <= dict(reason.choices).items()
    assert reason.default == reason.choices[0][0]
    [check] = account.fields(WriteRequest("ship", number, "r2"))
    assert (check.name, [value for value, _words in check.choices]) == ("allow_check", ["", "1", "0"])
    assert account.fields(WriteRequest("deliver", number, "r3")) == ()
    account.perform(WriteRequest("cancel", number, "r4", options={"reason": "CBS100"}))
    [order] = read(account, "order", number).of(OrderSnapshot)
    assert (order.status, order.cancel_reason) == ("cancelled", "Hết hàng")


def test_a_shop_without_couriers_cannot_say_delivered(place: Place) -> None:
    number, account = place.free_order(), place.account()
    account.perform(WriteRequest("ship", number, "r1"))
    with pytest.raises(Rejected, match="Shop không tự vận chuyển"):
        account.perform(WriteRequest("deliver", number, "r2"))


def test_a_command_that_was_not_taken_has_no_outcome(place: Place) -> None:
    number, account = place.free_order(), place.account()
    assert account.outcome_of(WriteRequest("ship", number, "r1", sent_at=datetime.now(UTC))) is None


# --- webhooks ---


def test_new_orders_ends_of_checks_and_cancellations_are_notified(hooked: Place, all_checked: None) -> None:
    number = hooked.order()
    hooked.until(lambda: not hooked.is_checked(number) and hooked.order_row(number)["status"] == "to_ship")
    hooked.account().perform(WriteRequest("cancel", number, "r1"))
    hooked.until(lambda: len(hooked.got) >= 3)
    assert [(notice.kind, notice.external_id, notice.shop_id) for notice in hooked.got] == [("order", number, None)] * 3
    assert [(n.body["type"], n.body.get("order_action")) for n in hooked.got] == [
        ("SALESORDER.CREATE", None), ("SALESORDER.UPDATE", "UNLOCK"), ("SALESORDER.UPDATE", "CANCEL"),
    ]  # fmt: skip
    assert hooked.app.credentials["shop_key"] not in json.dumps([dict(notice.body) for notice in hooked.got])


# --- trouble ---


def test_a_dead_page_token_starts_the_list_anew(place: Place) -> None:
    place.ask("POST", "/start", {"orders": 120, "interval_ms": 0, "pos_share": 0})
    place.until(lambda: len(place.truth("orders")) == 120)
    found, killed = set(), 0
    for page in place.account().changed("order", since=datetime.now(UTC) - timedelta(hours=1), until=datetime.now(UTC)):
        found |= {change.external_id for change in page.changes}
        if killed < 2:
            with place.simulation.world.lock:
                place.platform.backend.book.pages.clear()
            killed += 1
    assert found == {row["id"] for row in place.truth("orders")}


@pytest.mark.parametrize("fault", ["server_error", "rate_limited", "answer_lost"])
def test_trouble_is_tried_later(fault: str, place: Place) -> None:
    place.ask("POST", "/faults", {fault: 1.0, "rate_limit_seconds": 0.05})
    with pytest.raises(TryLater):
        place.account().check()


# --- the past ---


def test_a_past_is_read_day_by_day_without_a_gap(place: Place) -> None:
    past = place.ask(
        "POST", "/history", {"channel": "sendo", "shop": place.shop["shop_id"], "orders": 300, "days": 20}
    )["ids"]
    account, now = place.account(), datetime.now(UTC)
    found: dict[str, int] = {}
    before = place.ask("GET", "/calls")["made"]
    for days in range(30, 0, -1):
        since = now - timedelta(days=days)
        for page in account.changed("order", since=since, until=since + timedelta(days=1)):
            assert page.answer is not None
            assert {order.status for order in page.answer.of(OrderSnapshot)} <= {"completed"}
            for change in page.changes:
                found[change.external_id] = found.get(change.external_id, 0) + 1
    assert set(found) == set(past)
    assert max(found.values()) == 1
    # a day of the past touches two days of Vietnam, each day's orders fit into a page or two
    assert place.ask("GET", "/calls")["made"] - before < 70
