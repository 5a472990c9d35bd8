"""The pipeline with a scripted channel: batches, poison, refusals, waits and lost leases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import transaction

from commissions.models import StatementLine
from commissions.snapshots import StatementLineSnapshot
from integrations import inbox
from integrations.connectors.base import Access, AppAccess, Connector, Health, Kind, Truth
from integrations.inbox import Incoming
from integrations.models import AppRegistration, Authorisation, Connection, InboxEvent
from integrations.pipeline import process
from integrations.wire.errors import NotAuthorised, Rejected, TryLater
from inventory.models import Listing, Product, Shop
from inventory.services.listings import map_listings
from orders.models import Customer, Order, Return
from orders.snapshots import CustomerSnapshot, LineSnapshot, OrderSnapshot, ReturnLineSnapshot, ReturnSnapshot

pytestmark = pytest.mark.django_db(transaction=True)


class NoTokens:
    def current(self) -> str:
        return ""

    def renewed(self, stale: str) -> str:
        return ""


class Toy(Connector):
    """A channel that answers as it is told, and remembers what it was asked."""

    channel = "toy"
    title = "Toy"
    kinds = {"order": Kind(batch=3)}

    def __init__(self, answer: Callable[[Sequence[str], datetime], Truth]) -> None:
        super().__init__(Access(AppAccess("k", {}), "900", NoTokens()))
        self.asked: list[list[str]] = []
        self.answer = answer

    def read(self, kind: str, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Truth:
        self.asked.append(list(ids))
        return self.answer(ids, asked_at)


@pytest.fixture
def connection() -> Connection:
    app = AppRegistration.objects.create(channel="toy", name="Toy")
    shop = Shop.objects.create(name="Gian hàng", channel="toy")
    return Connection.objects.create(authorisation=Authorisation.objects.create(app=app), shop=shop, external_id="900")


def order(number: str, asked_at: datetime, currency: str = "VND") -> OrderSnapshot:
    placed = datetime(2026, 11, 11, tzinfo=UTC)
    line = LineSnapshot("1", "1", "", 1)
    return OrderSnapshot(number, "to_ship", "READY", currency, placed, asked_at, (line,))


def run(connection: Connection, toy: Toy, *ids: str, kind: str = "order") -> dict[str, tuple[str, str]]:
    inbox.add([Incoming(connection.authorisation.app_id, connection.id, kind, i, "webhook") for i in ids])
    claimed = inbox.claim(connection.id, limit=100, seconds=60)
    assert claimed
    process(connection, toy, claimed)
    return {e.external_id: (e.state, e.reason_code) for e in InboxEvent.objects.all()}


def test_events_are_fetched_in_full_batches_and_become_orders(connection: Connection) -> None:
    toy = Toy(lambda ids, at: Truth(orders=tuple(order(i, at) for i in ids)))
    ends = run(connection, toy, "A", "B", "C", "D")
    assert toy.asked == [["A", "B", "C"], ["D"]]
    assert set(ends.values()) == {("processed", "")}
    assert Order.objects.count() == 4


def test_one_poison_order_never_blocks_the_rest(connection: Connection) -> None:
    toy = Toy(lambda ids, at: Truth(orders=tuple(order(i, at, "VND" if i != "B" else "dollars") for i in ids)))
    ends = run(connection, toy, "A", "B", "C")
    assert ends == {"A": ("processed", ""), "B": ("pending", "DataError"), "C": ("processed", "")}
    assert set(Order.objects.values_list("number", flat=True)) == {"A", "C"}
    assert InboxEvent.objects.get(external_id="B").tries == 1


def test_a_refused_batch_is_split_until_the_one_to_blame_is_a_dead_letter(connection: Connection) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Truth:
        if "B" in ids:
            raise Rejected("no such order", code="error_not_found")
        return Truth(orders=tuple(order(i, at) for i in ids))

    ends = run(connection, Toy(answer), "A", "B", "C")
    assert ends == {"A": ("processed", ""), "B": ("dead", "error_not_found"), "C": ("processed", "")}


@pytest.mark.parametrize("error", [TryLater("busy", after=9, code="x"), NotAuthorised("connect again", code="x")])
def test_waiting_uses_up_no_try(connection: Connection, error: Exception) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Truth:
        raise error

    assert run(connection, Toy(answer), "A") == {"A": ("pending", "x")}
    assert InboxEvent.objects.get().tries == 0


def test_what_is_gone_ignored_or_unreadable_says_so(connection: Connection) -> None:
    truth = Truth(gone=("A",), ignored={"B": "ours"}, unreadable={"C": "no lines"})
    ends = run(connection, Toy(lambda ids, at: truth), "A", "B", "C", "D")
    assert ends == {
        "A": ("ignored", "gone"),
        "B": ("ignored", "ignored"),
        "C": ("dead", "unreadable"),
        "D": ("pending", "no_answer"),
    }


def test_news_of_a_consent_asks_whether_it_stands(connection: Connection) -> None:
    toy, ends = Toy(lambda ids, at: Truth()), datetime(2027, 11, 21, tzinfo=UTC)
    toy.check = lambda: Health("Shop", authorised_until=ends)  # type: ignore[method-assign]
    assert run(connection, toy, "900", kind="authorisation") == {"900": ("processed", "")}
    stored = Authorisation.objects.get()
    assert (stored.state, stored.consent_ends_at) == ("ok", ends)


def test_a_consent_that_was_taken_back_turns_the_connection_red(connection: Connection) -> None:
    def refused() -> Health:
        raise NotAuthorised("The shop took its consent back. Connect it again.", code="gone")

    toy = Toy(lambda ids, at: Truth())
    toy.check = refused  # type: ignore[method-assign]
    assert run(connection, toy, "900", kind="authorisation") == {"900": ("processed", "")}
    stored = Authorisation.objects.get()
    assert (stored.state, stored.reason) == ("red", "The shop took its consent back. Connect it again.")


def test_a_consent_is_asked_about_later_when_the_channel_does_not_answer(connection: Connection) -> None:
    def busy() -> Health:
        raise TryLater("busy", after=9, code="x")

    toy = Toy(lambda ids, at: Truth())
    toy.check = busy  # type: ignore[method-assign]
    assert run(connection, toy, "900", kind="authorisation") == {"900": ("pending", "x")}
    assert Authorisation.objects.get().state == "ok"


def test_an_unknown_kind_is_ignored_with_its_reason(connection: Connection) -> None:
    assert run(connection, Toy(lambda ids, at: Truth()), "A", kind="weather") == {"A": ("ignored", "unknown_kind")}


def test_a_lease_lost_while_asking_stores_nothing(connection: Connection) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Truth:
        InboxEvent.objects.update(lease_until="2000-01-01T00:00Z")
        inbox.claim(connection.id, limit=100, seconds=60)
        return Truth(orders=tuple(order(i, at) for i in ids))

    assert run(connection, Toy(answer), "A") == {"A": ("pending", "")}
    assert Order.objects.count() == 0


def test_what_follows_a_sale_is_stored_and_asks_for_the_order_it_names(connection: Connection) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Truth:
        return Truth(
            returns=(ReturnSnapshot("R1", "A1", "requested", "REQ", at, (ReturnLineSnapshot("1", "", 1),)),),
            customers=(CustomerSnapshot("u1", "An", at, phone="0901234567"),),
            statements={"S1": (StatementLineSnapshot("S1:1", "commission", "fee", Decimal(-5), "VND", at, "A1"),)},
        )

    toy = Toy(answer)
    assert run(connection, toy, "R1", "u1", "S1") == {
        "R1": ("processed", ""), "u1": ("processed", ""), "S1": ("processed", ""), "A1": ("pending", "")
    }  # fmt: skip
    assert (Return.objects.get().order, StatementLine.objects.get().order) == (None, None)
    toy.answer = lambda ids, at: Truth(orders=tuple(order(i, at) for i in ids))
    assert run(connection, toy, "A1")["A1"] == ("processed", "")
    stored = Order.objects.get()
    assert (Return.objects.get().order, StatementLine.objects.get().order) == (stored, stored)
    assert Customer.objects.get().phone == "+84901234567"


def test_mapping_a_listing_releases_the_orders_that_waited(connection: Connection) -> None:
    toy = Toy(lambda ids, at: Truth(orders=tuple(order(i, at) for i in ids)))
    product = Product.objects.create(sku="AO-01", name="Áo thun")
    listing = Listing.objects.create(shop=connection.shop, item_id="1", title="Áo thun")
    run(connection, toy, "A")
    assert Order.objects.get().problems == ["unmapped_line"]
    with transaction.atomic():
        map_listings([(listing.id, product.id, 1)])
    claimed = inbox.claim(connection.id, limit=10, seconds=60)
    assert claimed
    assert [(e.external_id, e.source) for e in claimed.events] == [("A", "mapping")]
    process(connection, toy, claimed)
    assert Order.objects.get().lines.get().product == product
