"""Sweeps: what no webhook told is found once, stored before the watermark moves, and the wait a channel asks for is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Event
from typing import Any, ClassVar

import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.accounts.connections import Account
from integrations.connectors.kiotviet.client import ListPage, ShopClient
from integrations.contract.access import Access, AppAccess
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.contract.reasons import NO_ANSWER
from integrations.ingest import sweep as sweeping
from integrations.ingest.sweep import due_connections, read_new_orders, sweep
from integrations.models import Connection, InboxEvent, SyncRun
from integrations.wire import call_counts
from inventory.models import Listing, ListingStock, Product, Shop, StockLevel, Warehouse
from inventory.snapshots import ListingSnapshot, StockReading, WarehouseSnapshot
from orders.models import Order
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot, PosDocumentSnapshot
from tests.conftest import Start
from tests.integrations.toy import connected, install

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

NOON = datetime(2026, 11, 11, 5, 0, tzinfo=UTC)
Told = Callable[[str, "datetime | None", datetime], Iterator[Page]]


class Toy:
    """A channel that lists what it is scripted to, and remembers what it was asked."""

    readers: ClassVar[dict[str, dict[str, Any]]] = {"order": {"batch": 50}, "listing": {"batch": 50}}

    def __init__(self, told: Told, branches: tuple[WarehouseSnapshot, ...] = ()) -> None:
        self.told, self.branches = told, branches
        self.asked: list[tuple[str, datetime | None, datetime]] = []

    def changed(self, kind: str, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        self.asked.append((kind, since, until))
        return self.told(kind, since, until)

    def connector(self) -> Connector:
        return Connector(
            channel="toy",
            title="Toy",
            roles=frozenset({Role.MARKETPLACE}),
            check=lambda access: Health(access.shop_id),
            reads={
                kind: Reader(
                    read=never_read,
                    changed=lambda access, *, since, until, kind=kind: self.changed(kind, since=since, until=until),
                    **more,
                )
                for kind, more in self.readers.items()
            },
            warehouses=lambda access: self.branches,
        )


class NoTokens:
    def current(self) -> str:
        return ""

    def renewed(self, stale: str) -> str:
        return ""


def never_read(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    raise AssertionError("a sweep only lists")


class Pos(Toy):
    readers: ClassVar[dict[str, dict[str, Any]]] = {
        "order": {"batch": 100}, "product": {"batch": 100}, "stock": {"batch": 100}
    }  # fmt: skip


class Windowed(Toy):
    readers: ClassVar[dict[str, dict[str, Any]]] = {"order": {"batch": 50, "window": timedelta(days=15)}}


def orders(*pages: Sequence[Change]) -> Told:
    """These pages for orders, nothing for other kinds."""
    return lambda kind, since, until: iter([Page(tuple(p)) for p in pages] if kind == "order" else [])


@pytest.fixture
def connection() -> Connection:
    return connected()


@pytest.fixture
def run(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Toy]:
    def go(toy: Toy, since: timedelta | None = None) -> Toy:
        install(monkeypatch, toy.connector())
        sweep(connection.pk, since)
        connection.refresh_from_db()
        return toy

    return go


Run = Callable[..., Toy]


def found() -> list[tuple[str, str, str]]:
    return sorted(InboxEvent.objects.values_list("kind", "external_id", "source"))


def known(connection: Connection, number: str, version: datetime | None, asked_at: datetime) -> None:
    line = LineSnapshot("1", "1", "", 1)
    told = OrderSnapshot(number, "to_ship", "READY", "VND", NOON, asked_at, (line,), version=version)
    with transaction.atomic():
        upsert_orders(connection.shop, [told], source="webhook")


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_only_what_the_hub_does_not_know_at_that_version_becomes_an_event(connection: Connection, run: Run) -> None:
    known(connection, "SAME", at(5), at(9))
    known(connection, "NEWER", at(5), at(9))
    known(connection, "OLDER", at(7), at(9))
    run(Toy(orders([Change("SAME", at(5)), Change("NEWER", at(6))], [Change("OLDER", at(5)), Change("NEW", at(8))])))
    assert found() == [("order", "NEW", "sweep"), ("order", "NEWER", "sweep")]
    assert connection.watermarks["order"] == at(8).isoformat()
    assert (str(connection.trouble), connection.trouble_since) == ("", None)
    assert connection.last_sweep_at


def test_an_event_that_brought_older_truth_than_it_announced_is_asked_for_again(
    connection: Connection, run: Run
) -> None:
    run(Toy(orders([Change("A", at(7)), Change("B", at(7))])))
    known(connection, "A", at(5), at(9))
    InboxEvent.objects.filter(external_id="A").update(state="processed")
    InboxEvent.objects.filter(external_id="B").update(state="dead")
    run(Toy(orders([Change("A", at(7)), Change("B", at(7))])))
    assert [row[1] for row in found()] == ["A", "A", "B"]


def test_what_already_waits_is_not_said_again_nor_hurried(connection: Connection, run: Run) -> None:
    for _ in range(2):
        run(Toy(orders([Change("A", at(1)), Change("A", at(2))])))
    assert found() == [("order", "A", "sweep")]
    event = InboxEvent.objects.get()
    assert (event.seen, event.version) == (1, at(2))


def test_a_change_beside_our_own_push_is_read_all_the_same(connection: Connection, run: Run) -> None:
    listing = Listing.objects.create(
        shop=connection.own_shop, item_id="1", title="Áo", status="active", version=at(5), asked_at=at(9)
    )
    ListingStock.objects.create(
        listing=listing, wanted=7, published=7, expected=7, push_started_at=at(59), pushed_at=at(60)
    )
    run(Toy(lambda kind, since, until: iter([Page((Change("1", at(60)),))] if kind == "listing" else [])))
    assert found() == [("listing", "1", "sweep")]


def test_a_list_without_times_is_judged_by_the_state_it_tells(connection: Connection, run: Run) -> None:
    for number in ("A", "B", "C"):
        known(connection, number, at(1), timezone.now())
    changes = [Change("A", state="READY"), Change("B", state="SHIPPED"), Change("C")]
    run(Toy(orders(changes)))
    assert [row[1] for row in found()] == ["B", "C"]
    InboxEvent.objects.all().delete()
    run(Toy(orders(changes)), timedelta(days=1))
    assert [row[1] for row in found()] == ["A", "B", "C"]


def test_what_changed_twice_within_a_second_is_told_by_its_state(connection: Connection, run: Run) -> None:
    for number in ("A", "B", "C", "D"):
        known(connection, number, at(5), timezone.now())
    changes = [
        Change("A", at(5), "READY"), Change("B", at(5), "SHIPPED"), Change("C", at(5)), Change("D", at(4), "SHIPPED"),
    ]  # fmt: skip
    run(Toy(orders(changes)))
    assert [row[1] for row in found()] == ["B"]


def test_the_first_sweep_reads_all_listings_and_the_orders_since_stock_counts(connection: Connection, run: Run) -> None:
    Shop.objects.update(stock_since=NOON)
    toy = run(Toy(orders([])))
    assert [(kind, since) for kind, since, _ in toy.asked] == [("listing", None), ("order", NOON)]
    began = toy.asked[1][2]
    again = run(Toy(orders([])))
    assert again.asked[1][1] == began - timedelta(minutes=30)
    day = run(Toy(orders([])), timedelta(days=1))
    assert day.asked[1][1] == day.asked[1][2] - timedelta(days=1)


def test_the_watermark_moves_window_by_window_and_a_killed_sweep_goes_on_there(
    connection: Connection, run: Run
) -> None:
    start = timezone.now() - timedelta(days=40)
    Shop.objects.update(stock_since=start)
    calls = []

    def told(kind: str, since: datetime | None, until: datetime) -> Iterator[Page]:
        calls.append(since)
        yield Page((Change(f"N{len(calls)}"),))
        if len(calls) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(Windowed(told))
    connection.refresh_from_db()
    assert connection.watermarks["order"] == (start + timedelta(days=15)).isoformat()
    run(Windowed(told))
    assert calls[2] == start + timedelta(days=15) - timedelta(minutes=30)
    assert [row[1] for row in found()] == ["N1", "N2", "N3", "N4"]
    assert datetime.fromisoformat(connection.watermarks["order"]) > timezone.now() - timedelta(minutes=1)


def test_an_idle_shop_keeps_its_watermark_at_the_highest_time_seen(connection: Connection, run: Run) -> None:
    run(Toy(orders([Change("A", at(9)), Change("B", at(3))])))
    run(Toy(orders([Change("B", at(3))])))
    assert connection.watermarks["order"] == at(9).isoformat()


@pytest.mark.parametrize(
    ("error", "waits"), [(TryLater("busy", after=120), True), (NotAuthorised("connect again"), False)]
)
def test_a_channel_that_cannot_answer_is_told_to_people_and_left_alone(
    connection: Connection, run: Run, error: Exception, waits: bool
) -> None:
    def told(kind: str, since: datetime | None, until: datetime) -> Iterator[Page]:
        yield Page((Change("A"),))
        raise error

    run(Toy(told))
    assert found() == [("listing", "A", "sweep")]
    assert (str(connection.trouble), connection.watermarks) == (str(error), {})
    assert connection.trouble_since
    assert (connection.sweep_due_at is not None) == waits
    quiet = run(Toy(orders([])))
    assert bool(quiet.asked) != waits
    assert due_connections() == []
    Connection.objects.filter(sweep_due_at__isnull=False).update(sweep_due_at=at(0))
    assert due_connections() == ([connection.pk] if waits else [])
    assert run(Toy(orders([]))).asked
    assert (str(connection.trouble), connection.trouble_since, connection.sweep_due_at) == ("", None, None)


def test_a_refused_kind_does_not_stop_the_others(connection: Connection, run: Run) -> None:
    def told(kind: str, since: datetime | None, until: datetime) -> Iterator[Page]:
        if kind == "listing":
            raise Rejected("no permission for items")
        yield Page((Change("A"),))

    run(Toy(told))
    assert found() == [("order", "A", "sweep")]
    assert str(connection.trouble) == "no permission for items"
    assert set(connection.watermarks) == {"order"}


def test_one_sweep_of_a_kind_at_a_time(connection: Connection, run: Run, threads: Start) -> None:
    inside, go_on = Event(), Event()

    def slow(kind: str, since: datetime | None, until: datetime) -> Iterator[Page]:
        inside.set()
        assert go_on.wait(10)
        yield Page((Change("A"),))

    first = threads(run, Toy(slow))
    assert inside.wait(10)
    second = run(Toy(orders([])))
    go_on.set()
    first.result(10)
    assert [kind for kind, *_ in second.asked] == ["order"]
    assert found() == [("listing", "A", "sweep"), ("order", "A", "sweep")]


def pos_page(count: int) -> Told:
    """A POS with `count` products of 7 each, at one branch."""

    def told(kind: str, since: datetime | None, until: datetime) -> Iterator[Page]:
        ids = [str(n) for n in range(count)]
        changes = tuple(Change(i, at(1) if kind == "product" else None) for i in ids)
        book = tuple(ListingSnapshot(i, "", f"SP-{i}", f"Hàng {i}", "active", until, version=at(1)) for i in ids)
        stock = tuple(StockReading(i, "11", Decimal(7), Decimal(0), until) for i in ids)
        if kind == "product":
            yield Page(changes, Answer((*book, *stock)))
        elif kind == "stock":
            yield Page(changes, Answer(stock))

    return told


BRANCH = (WarehouseSnapshot("11", "Chi nhánh 1"),)


def test_the_book_and_the_stock_of_a_pos_are_taken_as_listed(connection: Connection, run: Run) -> None:
    Shop.objects.update(keeps_stock=True)
    toy = run(Pos(pos_page(3), BRANCH))
    assert [kind for kind, *_ in toy.asked] == ["product", "stock", "order"]
    assert Warehouse.objects.get().name == "Chi nhánh 1"
    assert sorted(Product.objects.values_list("sku", flat=True)) == ["SP-0", "SP-1", "SP-2"]
    assert set(StockLevel.objects.values_list("on_hand", flat=True)) == {Decimal(7)}
    assert found() == []


def test_orders_that_a_list_tells_whole_are_stored_at_once_and_only_once(connection: Connection, run: Run) -> None:
    def told(kind: str, since: datetime | None, until: datetime) -> Iterator[Page]:
        if kind == "order":
            line = LineSnapshot("1", "1", "", 1)
            whole = [OrderSnapshot(n, "to_ship", "1", "VND", NOON, until, (line,), version=at(5)) for n in ("A", "B")]
            ours = PosDocumentSnapshot("pos_order", "7", "DH7", until, version=at(5))
            truth = Answer((*whole, ours), ignored={"HD9": "its order tells"})
            yield Page(tuple(Change(n, at(5)) for n in ("A", "B", "DH7", "HD9", "READ-ME")), truth)

    for _ in range(2):
        run(Pos(told))
        ends = InboxEvent.objects.order_by("external_id").values_list("external_id", "state", "reason_code")
        assert list(ends) == [
            ("A", "processed", ""), ("B", "processed", ""), ("DH7", "processed", ""), ("HD9", "ignored", "ignored"),
            ("READ-ME", "pending", ""),
        ]  # fmt: skip
    assert sorted(Order.objects.values_list("number", flat=True)) == ["A", "B"]
    run(Pos(told), timedelta(days=1))
    assert InboxEvent.objects.filter(external_id="DH7").count() == 2


class Moving(Pos):
    """KiotViet's own way of reading a list page by page, over rows that a till keeps changing."""

    def __init__(self, codes: list[str], sold: list[str]) -> None:
        super().__init__(orders())
        self.codes, self.sold = codes, sold
        self.api = ShopClient(Access(AppAccess("k", {}), "900", NoTokens()))
        self.api.page = self.page  # type: ignore[method-assign]

    def page(self, path: str, params: object, offset: int) -> ListPage:
        rows = tuple({"id": code} for code in self.codes[offset : offset + 3])
        found = ListPage(rows, len(self.codes), ())
        if self.sold:
            code = self.sold.pop(0)
            self.codes.remove(code)
            self.codes.append(code)
        return found

    def changed(self, kind: str, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        if kind == "order":
            for page in self.api.pages("/orders"):
                yield Page(tuple(Change(str(row["id"])) for row in page.rows))


@pytest.mark.parametrize("sold", [["1"], ["0", "1"], ["2", "5", "6"], ["0", "3", "0"]])
def test_no_row_is_missed_that_moves_between_pages_while_they_are_read(run: Run, sold: list[str]) -> None:
    run(Moving([str(n) for n in range(9)], sold))
    assert [row[1] for row in found()] == [str(n) for n in range(9)]


def test_a_page_that_cannot_be_stored_is_asked_for_thing_by_thing(connection: Connection, run: Run) -> None:
    def told(kind: str, since: datetime | None, until: datetime) -> Iterator[Page]:
        if kind == "product":
            prices = (("1", Decimal(1)), ("2", Decimal(10) ** 20))
            book = [ListingSnapshot(i, "", i, i, "active", until, price=price) for i, price in prices]
            yield Page((Change("1"), Change("2")), Answer(tuple(book)))

    Shop.objects.update(keeps_stock=True)
    run(Pos(told, BRANCH))
    assert found() == [("product", "1", "sweep"), ("product", "2", "sweep")]
    assert Listing.objects.count() == 0


def test_the_number_of_queries_does_not_grow_with_the_rows(connection: Connection, run: Run) -> None:
    def queries(count: int) -> int:
        with CaptureQueriesContext(
            database,
        ) as captured:
            run(Toy(orders([Change(f"{count}-{n}", at(n)) for n in range(count)])))
        return len(captured)

    first = queries(1)
    assert queries(300) == first
    assert InboxEvent.objects.count() == 301


def test_before_a_push_only_sales_nobody_told_of_are_added(connection: Connection) -> None:
    known(connection, "KNOWN", at(1), at(2))
    toy = Toy(orders([Change("KNOWN", at(9)), Change("NEW", at(9)), Change("NEW", at(9))]))
    account = Account(connection, toy.connector(), Access(AppAccess("k", {}), "900", NoTokens()))
    assert read_new_orders(account) == 1
    assert found() == [("order", "NEW", "sweep")]
    assert read_new_orders(account) == 0
    connection.refresh_from_db()
    [first, second] = toy.asked
    assert second[1] == first[2] - sweeping.NEW_SALES_OVERLAP
    assert connection.last_read_at == second[2]
    assert Order.objects.count() == 1


def logged() -> list[tuple[str, str, int, int, int, float, str]]:
    rows = SyncRun.objects.order_by("id")
    return [(r.kind, r.state, r.fetched, r.written, r.calls, r.answer_seconds, str(r.reason)) for r in rows]


def test_a_sweep_leaves_a_row_of_what_it_read_wrote_and_called(connection: Connection, run: Run) -> None:
    known(connection, "SAME", at(5), at(9))

    def told(kind: str, since: datetime | None, until: datetime) -> Iterator[Page]:
        if kind == "order":
            for number, seconds in (("SAME", 0.25), ("NEW", 0.5)):
                call_counts.note(seconds)
                yield Page((Change(number, at(5)),))

    run(Toy(told))
    run(Toy(orders([])), timedelta(days=1))
    assert logged() == [("sweep", "done", 2, 1, 2, 0.75, ""), ("day_sweep", "done", 0, 0, 0, 0.0, "")]
    first = SyncRun.objects.earliest("id")
    assert first.connection == connection
    assert first.ended_at is not None
    assert first.seconds is not None
    assert first.ended_at - first.started_at >= timedelta(seconds=first.seconds) - timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("error", "code", "values"),
    [
        (TryLater(NO_ANSWER(channel="Toy", call="GET /a", kind="Timeout")), "no_answer_to_call",
         {"channel": "Toy", "call": "GET /a", "kind": "Timeout"}),
        (ValueError("no such column"), "not_read", {"error": "ValueError: no such column"}),
    ],
)  # fmt: skip
def test_a_sweep_that_breaks_off_keeps_what_it_had_read_and_its_reason(
    connection: Connection, run: Run, error: Exception, code: str, values: dict[str, str]
) -> None:
    def told(kind: str, since: datetime | None, until: datetime) -> Iterator[Page]:
        call_counts.note(0.5)
        yield Page((Change("A"),))
        raise error

    with nullcontext() if isinstance(error, TryLater) else pytest.raises(ValueError, match="column"):
        run(Toy(told))
    [row] = SyncRun.objects.all()
    assert (row.state, row.fetched, row.written, row.calls, row.answer_seconds) == ("failed", 1, 1, 1, 0.5)
    assert (row.reason.code, dict(row.reason.values)) == (code, values)


def test_nothing_is_logged_while_a_channel_is_left_alone(connection: Connection, run: Run) -> None:
    Connection.objects.update(sweep_due_at=timezone.now() + timedelta(minutes=2))
    run(Toy(orders([])))
    assert logged() == []


def test_a_run_whose_process_was_killed_is_ended_by_the_next(connection: Connection, run: Run) -> None:
    other = connected(connection.authorisation.app, "901")
    ago = timezone.now() - timedelta(hours=3)
    SyncRun.objects.bulk_create([
        SyncRun(connection=connection, kind="sweep", started_at=ago),
        SyncRun(connection=connection, kind="numbers", started_at=ago),
        SyncRun(connection=other, kind="sweep", started_at=ago),
        SyncRun(connection=connection, kind="sweep"),
    ])  # fmt: skip
    run(Toy(orders([])))
    assert [state for _, state, *_ in logged()] == ["lost", "running", "running", "running", "done"]
