"""The simulated KiotViet in the world: branches are the warehouses, its till the world's, its webhooks are sent by the world."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from integrations.connectors.kiotviet.simulator import codes
from integrations.connectors.kiotviet.simulator.platform import RETAILER, KiotVietPlatform
from integrations.simulator.book import new_book
from integrations.simulator.day import Day, NotFound
from integrations.simulator.life import Life
from integrations.simulator.order import Order
from integrations.simulator.simulated_platform import InvalidState, Response, SimulatedPlatform
from integrations.simulator.world import World
from tests.integrations.simulator.toy import Toy, live


class Shopee(Toy):
    """A marketplace by the one name that KiotViet imports."""


class Shelf:
    """World with KiotViet and a marketplace, time standing still."""

    def __init__(self, chaos: str = "calm") -> None:
        kinds: dict[str, type[SimulatedPlatform]] = {"kiotviet": KiotVietPlatform, "shopee": Shopee}
        day = Day(Life(new_book("1", products=60, speed=1.0, chaos=chaos)))
        self.world = World(day, kinds, dict.fromkeys(kinds, "http://pos.invalid"))
        self.world.open()

    @property
    def platform(self) -> KiotVietPlatform:
        platform = self.world.platforms["kiotviet"]
        assert isinstance(platform, KiotVietPlatform)
        return platform

    def call(self, method: str, target: str, body: Any = None) -> Any:
        account = self.platform.accounts()["shops"][0]
        headers = {"authorization": f"Bearer {account['access_token']}", "retailer": account["retailer"]}
        return answered(self.platform.answer(method, target, headers, json.dumps(body).encode() if body else b""))

    def audit(self) -> Any:
        return self.platform.audit(self.world.book.stock.table(), self.world.book.all_orders())

    def shelves(self) -> dict[str, dict[str, int]]:
        """onHand by SKU and branch name, as the API lists it."""
        rows: list[Mapping[str, Any]] = self.call("GET", "/products?pageSize=100&includeInventory=true")["data"]
        return {
            row["code"]: {found["branchName"]: found["onHand"] for found in row["inventories"]}
            for row in rows
            if row["type"] == 2
        }

    def shipped_order(self) -> Order:
        """Return a shipped order of three plain lines."""
        shop = self.world.book.shops["shopee"]["s1"]
        plain = [v.sku for v in shop.variations() if v.stock > 5 and not self.world.book.goods[v.sku].components]
        order = self.world.day.order("shopee", "s1", [(sku, 2) for sku in plain[:3]])
        for _ in range(400):
            if "shipped" in order.moments:
                return order
            live(self.world, 1.0)
        raise AssertionError(f"never shipped: {order.status}")

    def pos_document(self, order: Order) -> None:
        """An invoice that names the order, as a hub writes it."""
        products = {row["code"]: row["id"] for row in self.call("GET", "/products?pageSize=100")["data"]}
        branch = next(
            row["id"] for row in self.platform.accounts()["shops"][0]["branches"] if row["name"] == order.ships_from
        )
        lines = [{"productId": products[sku], "quantity": units, "price": 1000} for sku, units in order.needs.items()]
        self.call("POST", "/invoices", {"branchId": branch, "description": order.id, "invoiceDetails": lines})


def answered(answer: Response, status: int = 200) -> Any:
    assert answer[0] == status, answer
    return json.loads(answer[2])


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_it_opens_with_what_the_warehouses_hold(shelf: Shelf) -> None:
    assert shelf.shelves() == shelf.world.book.stock.table()
    branches = shelf.call("GET", "/branches")["data"]
    assert [row["branchName"] for row in branches] == list(shelf.world.book.warehouses)
    assert shelf.audit() == {"drift": [], "hand_overs": {}, "codes": {}}
    combos = [row for row in shelf.call("GET", "/products?pageSize=100")["data"] if row["type"] == 1]
    assert {row["code"] for row in combos} == {g.sku for g in shelf.world.book.goods.values() if g.components}


def test_the_account_opens_the_door(shelf: Shelf) -> None:
    account = shelf.platform.accounts()
    app = account["app"]
    assert set(app) == {"client_id", "client_secret", "webhook_secret"}
    assert account["shops"][0]["retailer"] == RETAILER
    form = {"scopes": "PublicApi.Access", "grant_type": "client_credentials", **app}
    headers = {"content-type": "application/x-www-form-urlencoded"}
    token = answered(shelf.platform.answer("POST", "/connect/token", headers, urlencode(form).encode()))
    assert token["expires_in"] == 86_400


def test_a_till_sale_is_an_invoice_and_the_truth(shelf: Shelf) -> None:
    sku, places = next((s, p) for s, p in shelf.shelves().items() if p["Kho Thủ Đức"] > 1)
    code = shelf.world.day.sell({sku: 2}, warehouse="Kho Thủ Đức")
    invoice = shelf.call("GET", f"/invoices/code/{code}")
    assert [(row["productCode"], row["quantity"]) for row in invoice["invoiceDetails"]] == [(sku, 2)]
    assert shelf.shelves()[sku] == {**places, "Kho Thủ Đức": places["Kho Thủ Đức"] - 2}
    assert shelf.audit()["drift"] == []


def test_a_delivery_fills_the_shelf(shelf: Shelf) -> None:
    [(sku, warehouse), *_] = shelf.world.book.stock.units
    before = shelf.shelves()[sku][warehouse]
    shelf.world.book.stock.put((sku, warehouse), 7)
    shelf.platform.receive(warehouse, {sku: 7})
    assert shelf.shelves()[sku][warehouse] == before + 7
    assert shelf.audit()["drift"] == []


def test_a_missing_and_a_doubled_hand_over_show(shelf: Shelf) -> None:
    order = shelf.shipped_order()
    missing = {(row["sku"], row["on_hand"] - row["physical"]) for row in shelf.audit()["drift"]}
    assert missing == {(sku, units) for sku, units in order.needs.items()}
    shelf.pos_document(order)
    assert shelf.audit() == {"drift": [], "hand_overs": {order.id: {"orders": 0, "invoices": 1}}, "codes": {}}
    shelf.pos_document(order)
    doubled = shelf.audit()
    assert doubled["hand_overs"] == {order.id: {"orders": 0, "invoices": 2}}
    assert {(row["sku"], row["physical"] - row["on_hand"]) for row in doubled["drift"]} == missing


def test_a_shop_that_kiotviet_imports_by_itself(shelf: Shelf) -> None:
    shelf.platform.imports("shopee", "s1")
    order = shelf.shipped_order()
    assert shelf.audit() == {"drift": [], "hand_overs": {order.id: {"orders": 1, "invoices": 1}}, "codes": {}}
    assert shelf.call("GET", f"/invoices/code/HDSPE_{order.id}")["total"] == order.total
    with pytest.raises(ValueError, match="cannot import shopee shop s1"):
        shelf.platform.imports("shopee", "s1")
    with pytest.raises(ValueError, match="cannot import toy"):
        shelf.platform.imports("toy", "s1")


def test_products_get_other_codes_and_stay_what_they_are(shelf: Shelf) -> None:
    book = shelf.platform.backend.book
    ordinary = [product for product in book.products.values() if product.keeps_stock][:6]
    before = {product.id: product.code for product in ordinary}
    skus = [product.sku for product in ordinary]
    for (how, number), place in zip((("renamed", 7), ("swapped", 8), ("reused", 9)), (0, 2, 4), strict=True):
        codes.recode(book, how, ordinary[place], ordinary[place + 1], number, shelf.platform.backend.world.now())
    assert [product.code for product in ordinary] == [
        f"{skus[0]}-M7", skus[1], skus[3], skus[2], f"{skus[4]}-CU9", skus[4],
    ]  # fmt: skip
    assert [product.sku for product in ordinary] == list(before.values())
    assert shelf.audit() == {
        "drift": [],
        "hand_overs": {},
        "codes": {
            skus[0]: f"{skus[0]}-M7", skus[2]: skus[3], skus[3]: skus[2], skus[4]: f"{skus[4]}-CU9", skus[5]: skus[4],
        },
    }  # fmt: skip


def test_hooks_are_sent_and_get_the_status_of_the_hub(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(shelf.world.sender, "send", lambda channel, delivery, done: sent.append((delivery, done)))
    hook = {"Type": "stock.update", "Url": "http://hub.invalid/in", "IsActive": True, "Secret": "s3cret"}
    hook_id = shelf.call("POST", "/webhooks", {"Webhook": hook})["id"]
    sku = next(s for s, p in shelf.shelves().items() if p["Kho Thủ Đức"] > 1)
    shelf.world.day.sell({sku: 1}, warehouse="Kho Thủ Đức")
    live(shelf.world, 1.0)
    [(delivery, done)] = sent
    assert (delivery.url, delivery.timeout, delivery.attempt) == ("http://hub.invalid/in", 5.0, 1)
    body = json.loads(delivery.body)
    assert (body["Id"], body["Notifications"][0]["Data"][0]["ProductCode"]) == (delivery.id, sku)
    done(503)
    live(shelf.world, 3600.0)
    assert [again.attempt for again, _ in sent] == [1, 2]
    sent[1][1](404)
    assert shelf.call("GET", f"/webhooks/{hook_id}")["isActive"] is False


def test_a_restart_keeps_the_book_and_sends_what_waited(shelf: Shelf) -> None:
    hook = {"Type": "stock.update", "Url": "http://127.0.0.1:9", "IsActive": True}
    shelf.call("POST", "/webhooks", {"Webhook": hook})
    shelf.platform.imports("shopee", "s2")
    sku = next(s for s, p in shelf.shelves().items() if p["Kho Thủ Đức"] > 1)
    shelf.world.day.sell({sku: 1}, warehouse="Kho Thủ Đức")
    before = shelf.shelves()
    saved = pickle.loads(pickle.dumps(shelf.platform.save()))  # noqa: S301 - our own
    shelf.world.book.timeline.drop("wire")
    shelf.platform.restore(saved)
    assert shelf.shelves() == before
    assert shelf.world.book.timeline.pending()["wire"] == 1
    with pytest.raises(ValueError, match="does so already"):
        shelf.platform.imports("shopee", "s2")


def test_trouble_comes_in_its_own_envelope(shelf: Shelf) -> None:
    for failure, status in (("rate_limited", 429), ("server_error", 500)):
        body = answered(shelf.platform.refuse(failure, "GET", "/products"), status)  # type: ignore[arg-type]
        assert set(body["responseStatus"]) == {"errorCode", "message", "errors"}


def test_its_clock_may_be_wrong() -> None:
    shelf = Shelf("hostile")
    skew = shelf.world.book.faults.skew("kiotviet")
    assert abs(skew) > 1
    # `timestamp` is the platform's clock
    assert shelf.platform.backend.world.now().timestamp() == pytest.approx(shelf.platform.context.now(), abs=1)


def test_goods_of_a_till_sale_come_back_to_the_shelf_and_the_world() -> None:
    shelf = Shelf()
    stock = shelf.world.book.stock
    sku = next(sku for (sku, _), units in stock.units.items() if units > 5)
    before = shelf.world.book.stock.table()
    sale = shelf.world.day.sell({sku: 3})
    assert shelf.world.day.take_back(sale, {sku: 2}) == "TH000001"
    shop = shelf.world.book.warehouses[0]
    assert stock.table()[sku][shop] == before[sku][shop] - 1
    assert shelf.audit()["drift"] == []
    [row] = shelf.call("GET", "/returns")["data"]
    assert (row["returnDetails"][0]["quantity"], row["branchName"]) == (2, shop)
    for lines in ({sku: 2}, {"KHONG": 1}):
        with pytest.raises((InvalidState, NotFound)):
            shelf.world.day.take_back(sale, lines)
    with pytest.raises(InvalidState):
        shelf.world.day.take_back("HD9", {sku: 1})
    assert shelf.audit()["drift"] == []
