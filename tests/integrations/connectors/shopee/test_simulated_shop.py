"""Our connector and the simulated Shopee, each written from the facts alone, meet over real HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from integrations.connectors.shopee import consent, queue, webhooks
from integrations.connectors.shopee.connector import CONNECTOR
from integrations.connectors.shopee.simulator.platform import PLATFORM
from integrations.connectors.shopee.writes import WRITES
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
from tests.waiting import wait_until

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
        grant = consent.renew(self.app, refresh_token=self.refresh, shop_id=self.shop_id)
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

    def ports(self, shop: int = 0, **settings: str) -> Bound:
        row = self.shops[shop]
        tokens = Renewing(self.app, str(row["shop_id"]), row["access_token"], row["refresh_token"])
        return Bound(CONNECTOR, Access(self.app, str(row["shop_id"]), tokens, settings))

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
    simulation = Simulation({"shopee": PLATFORM}, products=60, seed="connector")
    simulation.start()
    account = requests.get(simulation.url + "/accounts", timeout=10).json()["shopee"]
    keys = {name: str(account["app"][name]) for name in ("partner_id", "partner_key", "push_partner_key")}
    yield Place(simulation.url, AppAccess("key", keys, base_url=account["base_url"]), account["shops"])
    simulation.stop()


@pytest.fixture
def hooked(place: Place) -> Iterator[Place]:
    """With a hub that believes pushes as the connector does, and drops them on request."""

    def take(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        place.got.extend(webhooks.WEBHOOKS.open(place.app, Delivery(body, headers)))
        reply = webhooks.WEBHOOKS.acknowledgement
        return reply.status, {}, reply.body

    hub = Server(0, take)
    place.app = replace(place.app, callback_url=f"{hub.url}/webhooks/shopee/key/")
    hub.start()
    place.ask("POST", "/webhooks", {"channel": "shopee", "url": place.app.callback_url})
    yield place
    hub.stop()


def read(ports: Bound, kind: str, *ids: str) -> Any:
    now = datetime.now(UTC)
    return ports.read(kind, ids, since=now, asked_at=now)


def test_a_consent_becomes_tokens_and_tokens_are_renewed_once(place: Place) -> None:
    shop, code = str(place.shops[0]["shop_id"]), place.shops[0]["code"]
    grant = consent.exchange(place.app, code=code, shop_id=shop)
    assert (grant.expires_in, grant.refresh_expires_in, grant.shop_ids) == (14400.0, 30 * 86400.0, (shop,))
    with pytest.raises(Rejected, match="open the link again"):
        consent.exchange(place.app, code=code, shop_id=shop)
    renewed = consent.renew(place.app, refresh_token=grant.refresh_token, shop_id=shop)
    assert renewed.access_token != grant.access_token
    with pytest.raises(NotAuthorised):
        consent.renew(place.app, refresh_token=grant.refresh_token, shop_id=shop)


@pytest.mark.parametrize("page", ["", "signed"])
def test_the_seller_agrees_on_either_page(page: str, place: Place) -> None:
    app = replace(place.app, settings={"consent_page": page})
    shop = str(place.shops[0]["shop_id"])
    url = consent.consent_url(app, state="s1", redirect_url="http://127.0.0.1:1/back")
    assert requests.get(url, timeout=10).status_code == 200
    back = requests.post(url, data={"seller": shop}, timeout=10, allow_redirects=False).headers["Location"]
    assert "state=s1" in back
    assert consent.exchange(app, code=back, shop_id=shop).shop_ids == (shop,)
    main = requests.post(url, data={"seller": "main"}, timeout=10, allow_redirects=False).headers["Location"]
    other = str(place.shops[1]["shop_id"])
    grant = consent.exchange(app, code=main, shop_id=other)
    assert set(grant.shop_ids) == {shop, other}
    for shop_id in grant.shop_ids:
        assert consent.renew(app, refresh_token=grant.refresh_token, shop_id=shop_id).access_token


def test_a_wrong_key_waits_and_a_wrong_shop_is_not_authorised(place: Place) -> None:
    wrong = replace(place.app, credentials={**place.app.credentials, "partner_key": "wrong"})
    with pytest.raises(TryLater, match="signature"):
        consent.renew(wrong, refresh_token="x", shop_id=str(place.shops[0]["shop_id"]))
    place.shops[0]["access_token"] = "dead"
    assert place.ports().check().name == place.shops[0]["name"]
    place.shops[0] |= {"access_token": "dead", "refresh_token": "dead"}
    with pytest.raises(NotAuthorised):
        place.ports().check()


def test_health_and_warehouses(place: Place) -> None:
    found = place.ports().check()
    assert (found.name, found.is_open) == (place.shops[0]["name"], True)
    assert found.authorised_until is not None
    assert timedelta(days=364) < found.authorised_until - datetime.now(UTC) < timedelta(days=366)
    assert place.ports().warehouses() == ()


def test_every_listing_equals_the_state_of_the_world(place: Place) -> None:
    ports = place.ports()
    shop = str(place.shops[0]["shop_id"])
    ids = [
        change.external_id
        for page in ports.changed("listing", since=None, until=datetime.now(UTC))
        for change in page.changes
    ]
    assert len(ids) == len(set(ids)) > 10
    found = {}
    for start in range(0, len(ids), 50):
        answer = read(ports, "listing", *ids[start : start + 50])
        assert (answer.gone, answer.unreadable) == ((), {})
        found |= {(row.item_id, row.variation_id or "0"): row.stock[0] for row in answer.of(ListingSnapshot)}
    expected = {(row["item"], row["variation"]): row for row in place.truth("listings", shop=shop)}
    assert {key: stock.sellable for key, stock in found.items()} == {key: row["stock"] for key, row in expected.items()}
    assert {key: stock.promotion_reserved for key, stock in found.items()} == {
        key: row["held"] for key, row in expected.items()
    }
    assert any(row["held"] for row in expected.values())


def test_an_order_lives_and_every_push_is_believed(hooked: Place) -> None:
    ports, number = hooked.ports(), hooked.order(2)
    [order] = read(ports, "order", number).of(OrderSnapshot)
    assert (order.number, order.problems, sum(line.quantity for line in order.lines)) == (number, (), 2)
    hooked.until_status(number, "to_ship")
    command = WriteRequest("ship", number, "r1", sent_at=LONG_AGO)
    assert ports.outcome_of(command) is None
    done = ports.perform(command)
    assert ports.outcome_of(command) is not None
    assert ports.perform(command).external_id == done.external_id
    hooked.until_status(number, "shipped", "delivered", "completed")
    [order] = read(ports, "order", number).of(OrderSnapshot)
    assert order.status == hooked.truth("orders", id=number)[0]["status"]
    assert order.parcels[0].number == done.external_id
    listed = [
        c.external_id for page in ports.changed("order", since=LONG_AGO, until=datetime.now(UTC)) for c in page.changes
    ]
    assert listed.count(number) >= 1
    wait_until(lambda: any(n.external_id == number and n.body.get("status") == "SHIPPED" for n in hooked.got))
    mine = [notice for notice in hooked.got if notice.external_id == number]
    assert {notice.kind for notice in mine} == {"order"}
    assert all(notice.shop_id == str(hooked.shops[0]["shop_id"]) and notice.delivery_id for notice in mine)
    assert len({notice.delivery_id for notice in mine}) == len(mine)


def test_many_orders_are_arranged_in_three_calls(place: Place) -> None:
    ports = place.ports()
    for _ in range(12):
        place.order()
    while len(numbers := [row["id"] for row in place.truth("orders", status="to_ship")]) < 5:
        place.ask("POST", "/advance", {"seconds": 1})
    now = datetime.now(UTC)
    orders = ports.read("order", numbers, since=now, asked_at=now).of(OrderSnapshot)
    commands = [WriteRequest("ship", order.number, f"r-{order.number}", known=order.raw) for order in orders]
    before = place.ask("GET", "/calls")["made"]
    together = WRITES["ship"].together
    assert together is not None
    found = together.perform(ports.access, commands)
    assert place.ask("GET", "/calls")["made"] - before == 3
    assert sorted(found) == sorted(command.reference for command in commands)
    for number in numbers:
        place.until_status(number, "packed", "shipped", "delivered", "completed")


def test_a_parcel_gets_its_tracking_number(place: Place) -> None:
    ports, number = place.ports(), place.order()
    place.until_status(number, "to_ship")
    ports.perform(WriteRequest("ship", number, "r1"))
    limit = time.monotonic() + 20
    while not read(ports, "order", number).of(OrderSnapshot)[0].parcels[0].tracking_number:
        assert time.monotonic() < limit
        place.ask("POST", "/advance", {"seconds": 10})
        time.sleep(0.05)


def test_a_seller_cancels(place: Place) -> None:
    ports, number = place.ports(), place.order()
    place.until_status(number, "to_ship")
    command = WriteRequest("cancel", number, "r1", options={"reason": "OUT_OF_STOCK"}, sent_at=LONG_AGO)
    assert ports.outcome_of(command) is None
    ports.perform(command)
    assert ports.outcome_of(command) is not None
    [order] = read(ports, "order", number).of(OrderSnapshot)
    assert (order.status, place.truth("orders", id=number)[0]["status"]) == ("cancelled", "cancelled")
    with pytest.raises(Rejected):
        ports.perform(command)
    with pytest.raises(Rejected):
        ports.perform(WriteRequest("accept_cancellation", number, "r2"))
    with pytest.raises(Rejected):
        ports.perform(WriteRequest("ship", number, "r3", options={"package_number": "none"}))


def test_stock_and_prices_are_taken_and_promotions_hold_theirs(place: Place) -> None:
    ports, shop = place.ports(), str(place.shops[0]["shop_id"])
    rows = place.truth("listings", shop=shop)
    free, held = next(row for row in rows if not row["held"]), next(row for row in rows if row["held"])

    def push(row: dict[str, Any], quantity: int) -> Any:
        variation = "" if row["variation"] == "0" else row["variation"]
        [outcome] = ports.publish_stock([StockPush(row["item"], variation, quantity)])
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
    assert ports.publish_price([PricePush(free["item"], variation, price)])[0].accepted
    listings = read(ports, "listing", free["item"]).of(ListingSnapshot)
    assert next(x.price for x in listings if x.variation_id == variation) == price
    [gone] = ports.publish_stock([StockPush("1", "", 3)])
    assert (gone.accepted, gone.code) == (False, "error_item_not_found")


def test_what_is_not_there_is_gone(place: Place) -> None:
    ports = place.ports()
    assert read(ports, "order", "NOTHERE").gone == ("NOTHERE",)
    assert read(ports, "listing", "1").gone == ("1",)


def test_lost_pushes_wait_until_they_are_confirmed(place: Place) -> None:
    app = replace(place.app, callback_url="http://127.0.0.1:1/nobody")
    place.ask("POST", "/webhooks", {"channel": "shopee", "url": app.callback_url})
    number = place.order()
    limit = time.monotonic() + 20
    while not (pulled := queue.pull(app, None, ack=None)).notices:
        assert time.monotonic() < limit
        place.ask("POST", "/advance", {"seconds": 4000})
        time.sleep(0.05)
    assert number in {notice.external_id for notice in pulled.notices}
    assert {notice.shop_id for notice in pulled.notices} == {str(place.shops[0]["shop_id"])}
    assert pulled.ack is not None
    queue.confirm(app, None, ack=pulled.ack)
    left = queue.pull(app, None, ack=pulled.ack)
    assert not {n.delivery_id for n in left.notices} & {n.delivery_id for n in pulled.notices}


@pytest.mark.parametrize("fault", ["server_error", "rate_limited"])
def test_trouble_at_shopee_is_waited_for(fault: str, place: Place) -> None:
    ports = place.ports()
    place.ask("POST", "/faults", {fault: 1})
    with pytest.raises(TryLater) as caught:
        ports.check()
    assert 0 < caught.value.after <= 60
    place.ask("POST", "/faults", {"chaos": "calm"})


def test_a_lost_answer_is_found_out(place: Place) -> None:
    ports, number = place.ports(), place.order()
    place.until_status(number, "to_ship")
    place.ask("POST", "/faults", {"answer_lost": 1})
    command = WriteRequest("cancel", number, "r1", sent_at=LONG_AGO)
    with pytest.raises(TryLater) as caught:
        ports.perform(command)
    assert caught.value.maybe_done
    place.ask("POST", "/faults", {"chaos": "calm"})
    assert ports.outcome_of(command) is not None
