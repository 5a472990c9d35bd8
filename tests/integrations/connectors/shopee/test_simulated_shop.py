"""Our connector and the simulated Shopee, each written from the facts alone, meet over real HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from integrations.connectors.base import Access, AppAccess, Command, Delivery, Notice, PricePush, StockPush
from integrations.connectors.shopee.connector import ShopeeConnector
from integrations.connectors.shopee.simulator.side import SIDE
from integrations.simulator.serving import Server
from integrations.simulator.side import Answer
from integrations.simulator.simulation import Simulation
from integrations.wire.errors import NotAuthorised, Rejected, TryLater

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass
class Renewing:
    """A token source that renews at the shop itself."""

    app: AppAccess
    shop_id: str
    token: str
    refresh: str

    def current(self) -> str:
        return self.token

    def renewed(self, stale: str) -> str:
        grant = ShopeeConnector.renew(self.app, refresh_token=self.refresh, shop_id=self.shop_id)
        self.token, self.refresh = grant.access_token, grant.refresh_token
        return self.token


@dataclass
class Place:
    """The simulated Shopee and what a hub knows of it."""

    control: str
    app: AppAccess
    shops: list[dict[str, Any]]
    got: list[Notice] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, self.control + path, json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def connector(self, shop: int = 0, **settings: str) -> ShopeeConnector:
        told = self.shops[shop]
        tokens = Renewing(self.app, str(told["shop_id"]), told["access_token"], told["refresh_token"])
        return ShopeeConnector(Access(self.app, str(told["shop_id"]), tokens, settings))

    def order(self, quantity: int = 1) -> str:
        """A buyer orders something that the first shop shows plenty of; the order's number."""
        shop = str(self.shops[0]["shop_id"])
        rows = self.truth("listings", shop=shop)
        sku = next(row["sku"] for row in rows if row["stock"] >= quantity + 5 and not row["held"])
        body = {"channel": "shopee", "shop": shop, "lines": [{"sku": sku, "quantity": quantity}]}
        return str(self.ask("POST", "/orders", body)["id"])

    def truth(self, table: str, **where: str) -> list[dict[str, Any]]:
        rows = self.ask("GET", "/truth")[table]
        return [row for row in rows if all(str(row[key]) == value for key, value in where.items())]

    def until_status(self, number: str, *statuses: str) -> None:
        """Let time pass until the order stands so."""
        limit = time.monotonic() + 20
        while self.truth("orders", id=number)[0]["status"] not in statuses:
            assert time.monotonic() < limit, self.truth("orders", id=number)
            self.ask("POST", "/advance", {"seconds": 60})
            time.sleep(0.05)


@pytest.fixture
def place() -> Iterator[Place]:
    simulation = Simulation({"shopee": SIDE}, products=60, seed="connector")
    simulation.start()
    told = requests.get(simulation.url + "/accounts", timeout=10).json()["shopee"]
    keys = {name: str(told["app"][name]) for name in ("partner_id", "partner_key", "push_partner_key")}
    yield Place(simulation.url, AppAccess("key", keys, base_url=told["base_url"]), told["shops"])
    simulation.stop()


@pytest.fixture
def hooked(place: Place) -> Iterator[Place]:
    """With a hub that believes pushes as the connector does, and drops them when told to."""

    def take(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        place.got.extend(ShopeeConnector.open_delivery(place.app, Delivery(body, headers)))
        reply = ShopeeConnector.acknowledgement
        return reply.status, {}, reply.body

    hub = Server(0, take)
    place.app = replace(place.app, callback_url=f"{hub.url}/webhooks/shopee/key/")
    hub.start()
    place.ask("POST", "/webhooks", {"channel": "shopee", "url": place.app.callback_url})
    yield place
    hub.stop()


def until(done: Callable[[], bool]) -> None:
    limit = time.monotonic() + 20
    while not done():
        assert time.monotonic() < limit
        time.sleep(0.02)


def read(connector: ShopeeConnector, kind: str, *ids: str) -> Any:
    now = datetime.now(UTC)
    return connector.read(kind, ids, since=now, asked_at=now)


def test_a_consent_becomes_tokens_and_tokens_are_renewed_once(place: Place) -> None:
    shop, code = str(place.shops[0]["shop_id"]), place.shops[0]["code"]
    grant = ShopeeConnector.exchange(place.app, code=code, shop_id=shop)
    assert (grant.expires_in, grant.refresh_expires_in, grant.shop_ids) == (14400.0, 30 * 86400.0, (shop,))
    with pytest.raises(Rejected, match="open the link again"):
        ShopeeConnector.exchange(place.app, code=code, shop_id=shop)
    renewed = ShopeeConnector.renew(place.app, refresh_token=grant.refresh_token, shop_id=shop)
    assert renewed.access_token != grant.access_token
    with pytest.raises(NotAuthorised):
        ShopeeConnector.renew(place.app, refresh_token=grant.refresh_token, shop_id=shop)


@pytest.mark.parametrize("page", ["", "signed"])
def test_the_seller_agrees_on_either_page(page: str, place: Place) -> None:
    app = replace(place.app, credentials={**place.app.credentials, "consent_page": page})
    shop = str(place.shops[0]["shop_id"])
    url = ShopeeConnector.consent_url(app, state="s1", redirect_url="http://127.0.0.1:1/back")
    assert requests.get(url, timeout=10).status_code == 200
    back = requests.post(url, data={"seller": shop}, timeout=10, allow_redirects=False).headers["Location"]
    assert "state=s1" in back
    assert ShopeeConnector.exchange(app, code=back, shop_id=shop).shop_ids == (shop,)
    main = requests.post(url, data={"seller": "main"}, timeout=10, allow_redirects=False).headers["Location"]
    other = str(place.shops[1]["shop_id"])
    grant = ShopeeConnector.exchange(app, code=main, shop_id=other)
    assert set(grant.shop_ids) == {shop, other}
    for shop_id in grant.shop_ids:
        assert ShopeeConnector.renew(app, refresh_token=grant.refresh_token, shop_id=shop_id).access_token


def test_a_wrong_key_waits_and_a_wrong_shop_is_not_authorised(place: Place) -> None:
    wrong = replace(place.app, credentials={**place.app.credentials, "partner_key": "wrong"})
    with pytest.raises(TryLater, match="signature"):
        ShopeeConnector.renew(wrong, refresh_token="x", shop_id=str(place.shops[0]["shop_id"]))
    place.shops[0]["access_token"] = "dead"
    assert place.connector().check().name == place.shops[0]["name"]
    place.shops[0] |= {"access_token": "dead", "refresh_token": "dead"}
    with pytest.raises(NotAuthorised):
        place.connector().check()


def test_health_and_warehouses(place: Place) -> None:
    found = place.connector().check()
    assert (found.name, found.is_open) == (place.shops[0]["name"], True)
    assert found.authorised_until is not None
    assert timedelta(days=364) < found.authorised_until - datetime.now(UTC) < timedelta(days=366)
    assert place.connector().warehouses() == ()


def test_every_listing_is_what_the_truth_says(place: Place) -> None:
    connector = place.connector()
    shop = str(place.shops[0]["shop_id"])
    ids = [
        change.external_id
        for page in connector.changed("listing", since=None, until=datetime.now(UTC))
        for change in page.changes
    ]
    assert len(ids) == len(set(ids)) > 10
    found = {}
    for start in range(0, len(ids), 50):
        truth = read(connector, "listing", *ids[start : start + 50])
        assert (truth.gone, truth.unreadable) == ((), {})
        found |= {(row.item_id, row.variation_id or "0"): row.stock[0] for row in truth.listings}
    told = {(row["item"], row["variation"]): row for row in place.truth("listings", shop=shop)}
    assert {key: stock.sellable for key, stock in found.items()} == {key: row["stock"] for key, row in told.items()}
    assert {key: stock.promotion_reserved for key, stock in found.items()} == {
        key: row["held"] for key, row in told.items()
    }
    assert any(row["held"] for row in told.values())


def test_an_order_lives_and_every_push_is_believed(hooked: Place) -> None:
    connector, number = hooked.connector(), hooked.order(2)
    [order] = read(connector, "order", number).orders
    assert (order.number, order.problems, sum(line.quantity for line in order.lines)) == (number, (), 2)
    hooked.until_status(number, "to_ship")
    command = Command("ship", number, "r1", sent_at=LONG_AGO)
    assert connector.outcome_of(command) is None
    done = connector.perform(command)
    assert connector.outcome_of(command) is not None
    assert connector.perform(command).external_id == done.external_id
    hooked.until_status(number, "shipped", "delivered", "completed")
    [order] = read(connector, "order", number).orders
    assert order.status == hooked.truth("orders", id=number)[0]["status"]
    assert order.parcels[0].number == done.external_id
    listed = [
        c.external_id
        for page in connector.changed("order", since=LONG_AGO, until=datetime.now(UTC))
        for c in page.changes
    ]
    assert listed.count(number) >= 1
    until(lambda: any(n.external_id == number and n.body.get("status") == "SHIPPED" for n in hooked.got))
    mine = [notice for notice in hooked.got if notice.external_id == number]
    assert {notice.kind for notice in mine} == {"order"}
    assert all(notice.shop_id == str(hooked.shops[0]["shop_id"]) and notice.delivery_id for notice in mine)
    assert len({notice.delivery_id for notice in mine}) == len(mine)


def test_a_parcel_gets_its_tracking_number(place: Place) -> None:
    connector, number = place.connector(), place.order()
    place.until_status(number, "to_ship")
    connector.perform(Command("ship", number, "r1"))
    limit = time.monotonic() + 20
    while not read(connector, "order", number).orders[0].parcels[0].tracking_number:
        assert time.monotonic() < limit
        place.ask("POST", "/advance", {"seconds": 10})
        time.sleep(0.05)


def test_a_seller_cancels(place: Place) -> None:
    connector, number = place.connector(), place.order()
    place.until_status(number, "to_ship")
    command = Command("cancel", number, "r1", options={"reason": "OUT_OF_STOCK"}, sent_at=LONG_AGO)
    assert connector.outcome_of(command) is None
    connector.perform(command)
    assert connector.outcome_of(command) is not None
    [order] = read(connector, "order", number).orders
    assert (order.status, place.truth("orders", id=number)[0]["status"]) == ("cancelled", "cancelled")
    with pytest.raises(Rejected):
        connector.perform(command)
    with pytest.raises(Rejected):
        connector.perform(Command("accept_cancellation", number, "r2"))
    with pytest.raises(Rejected):
        connector.perform(Command("ship", number, "r3", options={"package_number": "none"}))


def test_stock_and_prices_are_taken_and_promotions_hold_theirs(place: Place) -> None:
    connector, shop = place.connector(), str(place.shops[0]["shop_id"])
    rows = place.truth("listings", shop=shop)
    free, held = next(row for row in rows if not row["held"]), next(row for row in rows if row["held"])

    def push(row: dict[str, Any], quantity: int) -> Any:
        variation = "" if row["variation"] == "0" else row["variation"]
        [outcome] = connector.push_stock([StockPush(row["item"], variation, quantity)])
        return outcome

    assert push(free, 3).accepted
    assert place.truth("listings", shop=shop, item=free["item"], sku=free["sku"])[0]["stock"] == 3
    refused = push(held, held["held"] - 1)
    assert (refused.accepted, refused.code, refused.floor) == (
        False,
        "error_cannt_edit_stock_in_promotion",
        held["held"],
    )
    assert push(held, held["held"]).accepted
    variation, price = "" if free["variation"] == "0" else free["variation"], Decimal(123_000)
    assert connector.push_price([PricePush(free["item"], variation, price)])[0].accepted
    listings = read(connector, "listing", free["item"]).listings
    assert next(x.price for x in listings if x.variation_id == variation) == price
    [gone] = connector.push_stock([StockPush("1", "", 3)])
    assert (gone.accepted, gone.code) == (False, "error_item_not_found")


def test_what_is_not_there_is_gone(place: Place) -> None:
    connector = place.connector()
    assert read(connector, "order", "NOTHERE").gone == ("NOTHERE",)
    assert read(connector, "listing", "1").gone == ("1",)


def test_lost_pushes_wait_until_they_are_confirmed(place: Place) -> None:
    app = replace(place.app, callback_url="http://127.0.0.1:1/nobody")
    place.ask("POST", "/webhooks", {"channel": "shopee", "url": app.callback_url})
    number = place.order()
    limit = time.monotonic() + 20
    while not (pulled := ShopeeConnector.pull_notices(app, None, ack=None)).notices:
        assert time.monotonic() < limit
        place.ask("POST", "/advance", {"seconds": 4000})
        time.sleep(0.05)
    assert number in {notice.external_id for notice in pulled.notices}
    assert {notice.shop_id for notice in pulled.notices} == {str(place.shops[0]["shop_id"])}
    assert pulled.ack is not None
    ShopeeConnector.confirm_notices(app, None, ack=pulled.ack)
    left = ShopeeConnector.pull_notices(app, None, ack=pulled.ack)
    assert not {n.delivery_id for n in left.notices} & {n.delivery_id for n in pulled.notices}


@pytest.mark.parametrize("fault", ["server_error", "rate_limited"])
def test_trouble_at_shopee_is_waited_for(fault: str, place: Place) -> None:
    connector = place.connector()
    place.ask("POST", "/faults", {fault: 1})
    with pytest.raises(TryLater) as caught:
        connector.check()
    assert 0 < caught.value.after <= 60
    place.ask("POST", "/faults", {"chaos": "calm"})


def test_a_lost_answer_is_found_out(place: Place) -> None:
    connector, number = place.connector(), place.order()
    place.until_status(number, "to_ship")
    place.ask("POST", "/faults", {"answer_lost": 1})
    command = Command("cancel", number, "r1", sent_at=LONG_AGO)
    with pytest.raises(TryLater) as caught:
        connector.perform(command)
    assert caught.value.maybe_done
    place.ask("POST", "/faults", {"chaos": "calm"})
    assert connector.outcome_of(command) is not None
