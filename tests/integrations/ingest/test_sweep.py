"""Sweeps: what no webhook told is found once, stored before the watermark moves, and the wait a channel asks for is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Event

import pytest
from django.utils import timezone

from integrations.accounts.connections import Account
from integrations.contract.access import Access, AppAccess
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.reads import Change, Page
from integrations.ingest import sweep as sweeping
from integrations.ingest.sweep import due_connections, read_new_orders
from integrations.models import Connection, InboxEvent
from inventory.models import Listing, ListingStock, Shop
from orders.models import Order
from tests.conftest import Start
from tests.integrations.ingest.swept import NOON, NoTokens, Run, Toy, Windowed, at, found, known, orders
from tests.integrations.ingest.swept import connection as connection  # noqa: PLC0414
from tests.integrations.ingest.swept import run as run  # noqa: PLC0414

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


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
