"""Our connector and the simulated shop, each written from the facts alone, meet over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from integrations.connectors.kiotviet.connector import CONNECTOR
from integrations.connectors.kiotviet.consent import renew
from integrations.connectors.kiotviet.simulator import audit
from integrations.connectors.kiotviet.webhooks import WEBHOOKS
from integrations.contract.access import Access, AppAccess
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.webhooks import Delivery
from integrations.contract.writes import WriteLine, WriteRequest
from inventory.snapshots import ListingSnapshot, StockReading
from orders.snapshots import CustomerSnapshot, PosDocumentSnapshot
from tests.integrations.connectors.bound import Bound
from tests.integrations.connectors.kiotviet.simulated import CENTRE, NORTH, SHIRT, TEA, Shop, StillWorld, opened

SECRET = "a-secret-of-the-hub"
NUMBER = "2611210ABCDEFG"
# paths of writes whose answer is lost, once each, after the shop has done them
Lost = list[str]


class RealClock(StillWorld):
    """A world whose wall clock is the machine's: the connector compares it with its own."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@contextmanager
def served(shop: Shop, lost: Lost) -> Iterator[str]:
    """The shop's API on a free port of the loopback; its address."""

    class Server(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, content = shop.backend.answer(self.command, self.path, headers, raw)
            if self.command != "GET" and self.path in lost:
                lost.remove(self.path)
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the names http.server looks for

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Renewing:
    """A token source that asks the shop itself."""

    def __init__(self, app: AppAccess) -> None:
        self.app = app
        self.token = "stale"

    def current(self) -> str:
        return self.token

    def renewed(self, stale: str) -> str:
        self.token = renew(self.app, refresh_token="", shop_id="").access_token
        return self.token


@pytest.fixture
def shop() -> Shop:
    shop = opened()
    shop.world.__class__ = RealClock
    return shop


@pytest.fixture
def lost() -> Lost:
    return []


@pytest.fixture
def app(shop: Shop, lost: Lost) -> Iterator[AppAccess]:
    tokens = shop.backend.tokens
    credentials = {"client_id": tokens.client_id, "client_secret": tokens.client_secret, "webhook_secret": SECRET}
    with served(shop, lost) as address:
        yield AppAccess("key", credentials, base_url=address, settings={"limit_write": "1000"})


@pytest.fixture
def connector(app: AppAccess) -> Bound:
    return Bound(CONNECTOR, Access(app, "tiemnha", Renewing(app), {"settles_after": "0"}))


def _command(kind: str, **changes: str) -> WriteRequest:
    line = WriteLine(str(SHIRT), "", "AO-01", 2, Decimal(150000))
    return WriteRequest(kind, NUMBER, "ref-1", (line,), warehouse=str(CENTRE), sent_at=datetime.now(UTC), **changes)


def test_a_wrong_secret_and_a_wrong_shop_are_not_authorised(app: AppAccess) -> None:
    wrong = AppAccess("key", {**app.credentials, "client_secret": "wrong"}, base_url=app.base_url)
    with pytest.raises(NotAuthorised):
        renew(wrong, refresh_token="", shop_id="")
    with pytest.raises((NotAuthorised, Rejected)):
        Bound(CONNECTOR, Access(app, "someone-else", Renewing(app))).check()


def test_a_stale_token_is_renewed_once_and_the_shop_answers(connector: Bound) -> None:
    assert connector.check().detail["AllowSellWhenOutStock"] is False
    names = [(found.external_id, found.name) for found in connector.warehouses()]
    assert names == [(str(CENTRE), "Chi nhánh trung tâm"), (str(NORTH), "Chi nhánh Bắc")]


def test_the_product_book_and_its_stock(connector: Bound) -> None:
    pages = list(connector.changed("product", since=None, until=datetime.now(UTC)))
    listings = {found.sku: found for page in pages if page.answer for found in page.answer.of(ListingSnapshot)}
    assert set(listings) == {"AO-01", "TRA-01", "SET-01", "DEN-01"}
    assert (listings["AO-01"].price, listings["AO-01"].cost) == (Decimal(150000), Decimal(90000))
    parts = [(part.item_id, part.units) for part in listings["SET-01"].components]
    assert parts == [(str(SHIRT), 1), (str(TEA), 2)]
    readings = [found for page in pages if page.answer for found in page.answer.of(StockReading)]
    on_hand = {(found.item_id, found.warehouse): found.on_hand for found in readings}
    assert (on_hand[str(SHIRT), str(CENTRE)], on_hand[str(SHIRT), str(NORTH)]) == (12, 3)


def test_a_marketplace_order_is_handed_over_once(connector: Bound, shop: Shop) -> None:
    order = connector.perform(_command("pos_order"))
    assert audit.hand_overs(shop.backend.book, [NUMBER]) == {NUMBER: {"orders": 1, "invoices": 0}}
    assert shop.backend.book.shelf(SHIRT, CENTRE).reserved == 2
    connector.perform(_command("pos_invoice", external_id=order.external_id))
    shelf = shop.backend.book.shelf(SHIRT, CENTRE)
    assert (shelf.on_hand, shelf.reserved) == (10, 0)
    assert audit.hand_overs(shop.backend.book, [NUMBER]) == {NUMBER: {"orders": 1, "invoices": 1}}
    since = datetime.now(UTC) - timedelta(minutes=5)
    answer = connector.read("invoice", ["HD000001"], since=since, asked_at=datetime.now(UTC))
    assert [(found.kind, found.reference) for found in answer.of(PosDocumentSnapshot)] == [("pos_invoice", "ref-1")]


@pytest.mark.parametrize(("kind", "path"), [("pos_order", "/orders"), ("pos_invoice", "/invoices")])
def test_a_lost_answer_is_looked_up(connector: Bound, shop: Shop, lost: Lost, kind: str, path: str) -> None:
    connector.check()
    lost.append(path)
    command = _command(kind)
    with pytest.raises(TryLater) as caught:
        connector.perform(command)
    assert caught.value.maybe_done
    found = connector.outcome_of(command)
    assert found is not None
    assert found.code == {"pos_order": "DH000001", "pos_invoice": "HD000001"}[kind]
    once = audit.hand_overs(shop.backend.book, [NUMBER])[NUMBER]
    assert once == {"orders": int(kind == "pos_order"), "invoices": int(kind == "pos_invoice")}
    # what a blind repeat would have done is seen
    connector.perform(command)
    counted = audit.hand_overs(shop.backend.book, [NUMBER])[NUMBER]
    assert counted == {"orders": 2 * (kind == "pos_order"), "invoices": 2 * (kind == "pos_invoice")}


def test_taking_back_an_invoice_and_an_order(connector: Bound, shop: Shop) -> None:
    order = connector.perform(_command("pos_order"))
    connector.perform(_command("pos_void", external_id=order.external_id))
    assert audit.hand_overs(shop.backend.book, [NUMBER]) == {NUMBER: {"orders": 0, "invoices": 0}}
    shelf = shop.backend.book.shelf(SHIRT, CENTRE)
    assert (shelf.on_hand, shelf.reserved) == (12, 0)


def test_an_unsellable_quantity_is_rejected_with_the_shop_s_words(connector: Bound) -> None:
    line = WriteLine(str(SHIRT), "", "AO-01", 99, Decimal(150000))
    command = WriteRequest("pos_invoice", NUMBER, "ref-1", (line,), warehouse=str(CENTRE))
    with pytest.raises(Rejected) as caught:
        connector.perform(command)
    assert caught.value.code == "KvValidateInvoiceException"
    assert str(caught.value.reason).endswith("Hàng hóa AO-01 không đủ tồn kho")


def test_hooks_are_registered_and_their_deliveries_believed(connector: Bound, app: AppAccess, shop: Shop) -> None:
    connector.register_webhooks("https://hub.example/webhooks/kiotviet/key")
    connector.register_webhooks("https://hub.example/webhooks/kiotviet/key")
    types = sorted(hook.type for hook in shop.backend.hooks.registered.values())
    assert len(types) == len(set(types))
    assert {"stock.update", "order.update", "invoice.update"} <= set(types)
    connector.perform(_command("pos_order"))
    shop.world.pass_time(1)
    kinds = set()
    for sent in shop.world.sent:
        headers = {name.lower(): value for name, value in sent.headers.items()}
        notices = WEBHOOKS.open(app, Delivery(sent.raw, headers))
        kinds |= {(notice.kind, notice.external_id) for notice in notices}
    assert {("stock", str(SHIRT)), ("order", "DH000001")} <= kinds


def test_customers_of_the_shop_are_read_and_those_of_our_orders_passed_over(shop: Shop, connector: Bound) -> None:
    made = shop.post("/customers", {"name": "Lan", "contactNumber": "0901234567", "wardName": "Bến Nghé"})["data"]
    connector.perform(_command("pos_order"))
    (page,) = connector.changed("customer", since=datetime.now(UTC) - timedelta(hours=1), until=datetime.now(UTC))
    assert page.answer is not None
    [customer] = page.answer.of(CustomerSnapshot)
    assert (customer.external_id, customer.phone, customer.address) == (str(made["id"]), "0901234567", "Bến Nghé")
    assert len(page.changes) == 2
    assert len(page.answer.ignored) == 1
    now = datetime.now(UTC)
    assert connector.read("customer", [customer.external_id, "1"], since=now, asked_at=now).gone == ("1",)
    shop.call("DELETE", f"/customers/{made['id']}")
    (page,) = connector.changed("customer", since=now - timedelta(hours=1), until=now)
    assert page.answer is not None
    assert page.answer.gone == (str(made["id"]),)
