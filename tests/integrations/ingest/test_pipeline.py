"""The pipeline with a scripted channel: batches, poison, refusals, waits and lost leases."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext

from commissions.models import StatementLine
from commissions.snapshots import SettlementSnapshot, StatementLineSnapshot
from core.results import Stored
from integrations import inbox
from integrations.accounts.connections import Account
from integrations.contract.access import Access, AppAccess
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.reads import Answer, Page, Reader
from integrations.inbox.store import Incoming
from integrations.ingest import batches, pipeline
from integrations.ingest.locks import Rows
from integrations.ingest.pipeline import process
from integrations.ingest.resources import Circumstances
from integrations.models import Authorisation, Connection, InboxEvent
from inventory.models import Listing, Product, Shop, StockLevel, Warehouse
from inventory.services.mapping import map_listings
from inventory.snapshots import ListingSnapshot, StockReading
from orders.models import Customer, Order, Return, StatusChange
from orders.snapshots import (
    CustomerSnapshot,
    LineSnapshot,
    OrderSnapshot,
    PosDocumentSnapshot,
    ReturnLineSnapshot,
    ReturnSnapshot,
)
from tests.integrations.toy import connected

pytestmark = pytest.mark.django_db(transaction=True)


class Scripted:
    """A channel that answers as scripted, and remembers what it was asked."""

    def __init__(self, answer: Callable[[Sequence[str], datetime], Answer]) -> None:
        self.asked: list[list[str]] = []
        self.answer = answer
        self.health: Health | Exception = Health("Shop")

    def read(self, access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
        self.asked.append(list(ids))
        return self.answer(ids, asked_at)

    def changed(self, access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        yield from ()

    def check(self, access: Access) -> Health:
        if isinstance(self.health, Exception):
            raise self.health
        return self.health

    def account(self, connection: Connection) -> Account:
        reader = Reader(read=self.read, changed=self.changed, batch=3)
        roles = frozenset({Role.MARKETPLACE})
        connector = Connector(channel="toy", title="Toy", roles=roles, check=self.check, reads={"order": reader})
        return Account(connection, connector, Access(AppAccess("k", {}), "900", NoTokens()))


class NoTokens:
    def current(self) -> str:
        return ""

    def renewed(self, stale: str) -> str:
        return ""


@pytest.fixture
def connection() -> Connection:
    return connected()


def order(number: str, asked_at: datetime, total: Decimal = Decimal(1)) -> OrderSnapshot:
    placed = datetime(2026, 11, 11, tzinfo=UTC)
    line = LineSnapshot("1", "1", "", 1)
    return OrderSnapshot(number, "to_ship", "READY", "VND", placed, asked_at, (line,), total=total)


def run(connection: Connection, toy: Scripted, *ids: str, kind: str = "order") -> dict[str, tuple[str, str]]:
    inbox.add([Incoming(connection.authorisation.app_id, connection.id, kind, i, "webhook") for i in ids])
    claimed = inbox.claim(connection.id, limit=100, seconds=60)
    assert claimed
    process(toy.account(connection), claimed)
    return {e.external_id: (e.state, e.reason_code) for e in InboxEvent.objects.all()}


def test_events_are_fetched_in_full_batches_and_become_orders(connection: Connection) -> None:
    toy = Scripted(lambda ids, at: Answer(tuple(order(i, at) for i in ids)))
    ends = run(connection, toy, "A", "B", "C", "D")
    assert sorted(toy.asked) == [["A", "B", "C"], ["D"]]
    assert set(ends.values()) == {("processed", "")}
    assert Order.objects.count() == 4


def test_one_poison_order_never_blocks_the_rest(connection: Connection) -> None:
    toy = Scripted(lambda ids, at: Answer(tuple(order(i, at, Decimal(1 if i != "B" else 10**20)) for i in ids)))
    ends = run(connection, toy, "A", "B", "C")
    assert ends == {"A": ("processed", ""), "B": ("pending", "DataError"), "C": ("processed", "")}
    assert set(Order.objects.values_list("number", flat=True)) == {"A", "C"}
    assert InboxEvent.objects.get(external_id="B").tries == 1


def test_text_that_no_database_takes_costs_only_its_own_order(connection: Connection) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Answer:
        return Answer(tuple(replace(order(i, at), raw={"note": "\ud800" if i == "B" else "ghi chú"}) for i in ids))

    toy = Scripted(answer)
    ends = run(connection, toy, "A", "B", "C")
    assert ends == {"A": ("processed", ""), "B": ("pending", "UnicodeEncodeError"), "C": ("processed", "")}
    assert toy.asked == [["A", "B", "C"]]


def test_a_refused_batch_is_split_until_the_one_to_blame_is_a_dead_letter(connection: Connection) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Answer:
        if "B" in ids:
            raise Rejected("no such order", code="error_not_found")
        return Answer(tuple(order(i, at) for i in ids))

    ends = run(connection, Scripted(answer), "A", "B", "C")
    assert ends == {"A": ("processed", ""), "B": ("dead", "error_not_found"), "C": ("processed", "")}


@pytest.mark.parametrize("error", [TryLater("busy", after=9, code="x"), NotAuthorised("connect again", code="x")])
def test_waiting_uses_up_no_try(connection: Connection, error: Exception) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Answer:
        raise error

    assert run(connection, Scripted(answer), "A") == {"A": ("pending", "x")}
    assert InboxEvent.objects.get().tries == 0


def test_what_is_gone_ignored_or_unreadable_says_so(connection: Connection) -> None:
    truth = Answer(gone=("A",), ignored={"B": "ours"}, unreadable={"C": "no lines"})
    ends = run(connection, Scripted(lambda ids, at: truth), "A", "B", "C", "D")
    assert ends == {
        "A": ("ignored", "gone"),
        "B": ("ignored", "ignored"),
        "C": ("dead", "unreadable"),
        "D": ("pending", "no_answer"),
    }


def test_an_order_that_is_gone_deletes_no_listing_with_the_same_id(connection: Connection) -> None:
    listing = Listing.objects.create(shop=connection.own_shop, item_id="A", status="active")
    assert run(connection, Scripted(lambda ids, at: Answer(gone=("A",))), "A") == {"A": ("ignored", "gone")}
    listing.refresh_from_db()
    assert listing.status == "active"


def test_news_of_a_consent_asks_whether_it_stands(connection: Connection) -> None:
    toy, ends = Scripted(lambda ids, at: Answer()), datetime(2027, 11, 21, tzinfo=UTC)
    toy.health = Health("Shop", authorised_until=ends)
    assert run(connection, toy, "900", kind="authorisation") == {"900": ("processed", "")}
    stored = Authorisation.objects.get()
    assert (stored.state, stored.consent_ends_at) == ("ok", ends)


def test_a_consent_that_was_taken_back_turns_the_connection_red(connection: Connection) -> None:
    toy = Scripted(lambda ids, at: Answer())
    toy.health = NotAuthorised("The shop took its consent back. Connect it again.", code="gone")
    assert run(connection, toy, "900", kind="authorisation") == {"900": ("processed", "")}
    stored = Authorisation.objects.get()
    assert (stored.state, str(stored.reason)) == ("red", "The shop took its consent back. Connect it again.")


def test_a_consent_is_asked_about_later_when_the_channel_does_not_answer(connection: Connection) -> None:
    toy = Scripted(lambda ids, at: Answer())
    toy.health = TryLater("busy", after=9, code="x")
    assert run(connection, toy, "900", kind="authorisation") == {"900": ("pending", "x")}
    assert Authorisation.objects.get().state == "ok"


def test_an_unknown_kind_is_ignored_with_its_reason(connection: Connection) -> None:
    assert run(connection, Scripted(lambda ids, at: Answer()), "A", kind="weather") == {
        "A": ("ignored", "unknown_kind")
    }


def test_a_lease_lost_while_asking_stores_nothing(connection: Connection) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Answer:
        InboxEvent.objects.update(lease_until="2000-01-01T00:00Z")
        inbox.claim(connection.id, limit=100, seconds=60)
        return Answer(tuple(order(i, at) for i in ids))

    assert run(connection, Scripted(answer), "A") == {"A": ("pending", "")}
    assert Order.objects.count() == 0


def test_what_follows_a_sale_is_stored_and_asks_for_the_order_it_names(connection: Connection) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Answer:
        line = StatementLineSnapshot("S1:1", "commission", "fee", Decimal(-5), "VND", at, "A1")
        return Answer(
            (
                ReturnSnapshot("R1", "A1", "requested", "REQ", at, (ReturnLineSnapshot("1", "", 1),)),
                CustomerSnapshot("u1", "An", at, phone="0901234567"),
                SettlementSnapshot("S1", (line,)),
            )
        )

    toy = Scripted(answer)
    assert run(connection, toy, "R1", "u1", "S1") == {
        "R1": ("processed", ""), "u1": ("processed", ""), "S1": ("processed", ""), "A1": ("pending", "")
    }  # fmt: skip
    assert (Return.objects.get().order, StatementLine.objects.get().order) == (None, None)
    toy.answer = lambda ids, at: Answer(tuple(order(i, at) for i in ids))
    assert run(connection, toy, "A1")["A1"] == ("processed", "")
    stored = Order.objects.get()
    assert (Return.objects.get().order, StatementLine.objects.get().order) == (stored, stored)
    assert Customer.objects.get().phone == "+84901234567"


def test_mapping_a_listing_releases_the_orders_that_waited(connection: Connection) -> None:
    toy = Scripted(lambda ids, at: Answer(tuple(order(i, at) for i in ids)))
    product = Product.objects.create(sku="AO-01", name="Áo thun")
    listing = Listing.objects.create(shop=connection.shop, item_id="1", title="Áo thun")
    run(connection, toy, "A")
    assert Order.objects.get().problems == ["unmapped_line"]
    with transaction.atomic():
        map_listings([(listing.id, product.id, 1)])
    claimed = inbox.claim(connection.id, limit=10, seconds=60)
    assert claimed
    assert [(e.external_id, e.source) for e in claimed.events] == [("A", "mapping")]
    process(toy.account(connection), claimed)
    assert Order.objects.get().lines.get().product == product


def test_an_answer_that_is_not_newer_than_the_stored_row_counts_as_a_duplicate(connection: Connection) -> None:
    late = datetime(2026, 11, 12, tzinfo=UTC)
    toy = Scripted(lambda ids, at: Answer(tuple(order(i, late) for i in ids)))
    assert run(connection, toy, "A") == {"A": ("processed", "")}
    run(connection, toy, "A")
    assert list(InboxEvent.objects.order_by("id").values_list("state", "reason_code")) == [
        ("processed", ""), ("duplicate", "stale"),
    ]  # fmt: skip
    assert inbox.accounting(connection.pk) == {
        "processed": 1, "duplicate": 1, "ignored": 0, "pending": 0, "dead": 0, "received": 2,
    }  # fmt: skip


def test_an_event_is_no_duplicate_while_one_of_its_snapshots_is_newer(connection: Connection) -> None:
    late = datetime(2026, 11, 12, tzinfo=UTC)

    def answer(ids: Sequence[str], at: datetime) -> Answer:
        return Answer((order("A", late), ReturnSnapshot("A", "A", "requested", "REQ", at, ())))

    for _ in range(2):
        run(connection, Scripted(answer), "A")
    assert set(InboxEvent.objects.values_list("state", flat=True)) == {"processed"}


def test_the_history_names_the_source_of_each_order(connection: Connection) -> None:
    app_id = connection.authorisation.app_id
    for number, source in (("A", "webhook"), ("B", "sweep"), ("C", "person")):
        inbox.add([Incoming(app_id, connection.id, "order", number, source)])
    claimed = inbox.claim(connection.id, limit=10, seconds=60)
    assert claimed
    process(Scripted(lambda ids, at: Answer(tuple(order(i, at) for i in ids))).account(connection), claimed)
    assert dict(StatusChange.objects.values_list("order__number", "source")) == {
        "A": "webhook", "B": "sweep", "C": "person",
    }  # fmt: skip


def test_a_settlement_of_an_unknown_order_asks_for_the_order(connection: Connection) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Answer:
        lines = (
            StatementLineSnapshot(f"S1:{name}", "sale", "sale", Decimal(5), "VND", at, name) for name in ("A1", "")
        )
        return Answer((SettlementSnapshot("S1", tuple(lines)),))

    assert run(connection, Scripted(answer), "S1") == {"S1": ("processed", ""), "A1": ("pending", "")}
    assert InboxEvent.objects.get(external_id="A1").kind == "order"


def test_a_batch_locks_the_rows_of_all_its_resources_in_the_hubs_order(connection: Connection) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Answer:
        customer = CustomerSnapshot("A", "An", at, phone="0901234567")
        return Answer((order("A", at), customer, ReturnSnapshot("A", "A", "requested", "REQ", at, ())))

    run(connection, Scripted(answer), "A")
    with CaptureQueriesContext(database) as queries:
        run(connection, Scripted(answer), "A")
    locked = [
        query["sql"].split("FROM ")[1].split()[0]
        for query in queries
        if query["sql"].startswith("SELECT id FROM") and query["sql"].endswith("ORDER BY id FOR NO KEY UPDATE")
    ]
    assert locked[:4] == [
        "integrations_inboxevent", "orders_return", "orders_order", "orders_customeridentity",
    ]  # fmt: skip
    assert [rows.value for rows in Rows if rows.value in locked] == locked[:4]


def test_a_connector_that_fails_on_one_thing_costs_only_that(connection: Connection) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Answer:
        if "B" in ids:
            raise AttributeError("a surprise")
        return Answer(tuple(order(i, at) for i in ids))

    ends = run(connection, Scripted(answer), "A", "B", "C", "D")
    assert ends == dict.fromkeys("ACD", ("processed", "")) | {"B": ("pending", "AttributeError")}


def test_several_reads_are_under_way_at_once_within_the_readers_limit(connection: Connection) -> None:
    together = Barrier(4)

    def answer(ids: Sequence[str], at: datetime) -> Answer:
        together.wait(10)
        return Answer(tuple(order(i, at) for i in ids))

    toy = Scripted(answer)
    ends = run(connection, toy, *(f"N{n:02}" for n in range(24)))
    assert set(ends.values()) == {("processed", "")}
    assert len(toy.asked) == 8


def test_what_comes_together_is_stored_together_whatever_the_channels_batch_is(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    store = pipeline.store_answer

    def counted(account: Account, answer: Answer, keys: Collection[str], circumstances: Circumstances) -> Stored:
        sizes.append(len(keys))
        return store(account, answer, keys, circumstances)

    monkeypatch.setattr(pipeline, "store_answer", counted)
    monkeypatch.setattr(pipeline, "MAX_AGE_SECONDS", 10.0)
    monkeypatch.setattr(batches, "MAX_ROWS", 12)
    run(
        connection, Scripted(lambda ids, at: Answer(tuple(order(i, at) for i in ids))), *(f"N{n:02}" for n in range(30))
    )
    assert sorted(sizes, reverse=True) == [12, 12, 6]
    sizes.clear()
    monkeypatch.setattr(batches, "MAX_BYTES", 1)
    run(connection, Scripted(lambda ids, at: Answer(tuple(order(i, at) for i in ids))), *(f"M{n:02}" for n in range(6)))
    assert sizes == [3, 3]


def test_a_pos_answer_of_several_resources_locks_levels_before_listings(connection: Connection) -> None:
    Shop.objects.update(keeps_stock=True)
    connection.refresh_from_db()
    branch = Warehouse.objects.create(name="Quận 1", shop=connection.shop, external_id="11")
    product = Product.objects.create(sku="SP-1", name="Áo")
    Listing.objects.create(shop=connection.shop, item_id="1", title="Áo", product=product)
    level = StockLevel.objects.create(product=product, warehouse=branch)

    def answer(ids: Sequence[str], at: datetime) -> Answer:
        document = PosDocumentSnapshot("pos_order", "7", "1", at, reference="1-A-order1-1", order_number="A")
        listing = ListingSnapshot("1", "", "SP-1", "Áo", "active", at)
        return Answer((document, listing, StockReading("1", "11", Decimal(7), Decimal(0), at)))

    with CaptureQueriesContext(database) as queries:
        assert run(connection, Scripted(answer), "1") == {"1": ("processed", "")}
    lock = "SELECT id FROM {} WHERE id = ANY('{{{}}}'::int2[]) ORDER BY id FOR NO KEY UPDATE"
    sql = [query["sql"] for query in queries]
    first = sql.index(lock.format("inventory_stocklevel", level.pk))
    assert sql[first + 1] == lock.format("inventory_listing", Listing.objects.get().pk)
    assert StockLevel.objects.get().on_hand == 7
