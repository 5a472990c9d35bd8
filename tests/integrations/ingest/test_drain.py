"""The drain: everything due reaches its end, nobody blocks anybody, and races end as if there had been none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from threading import Barrier, Event

import django_rq
import pytest
from django.db import OperationalError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from redis import Redis

from integrations import inbox
from integrations.contract.errors import TryLater
from integrations.contract.reads import Answer
from integrations.inbox.store import Claimed, Incoming
from integrations.ingest import drain, pipeline
from integrations.models import AppRegistration, Connection, InboxEvent
from inventory.models import Listing, Product, Warehouse
from orders.models import Order
from tests.integrations.toy import Toy, all_known, connected, install, order, toy_connector

pytestmark = pytest.mark.django_db(transaction=True)

Threads = Callable[..., "Future[None]"]


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, redis: Redis) -> type[Toy]:
    class Scripted(Toy):
        asked = []

    install(monkeypatch, toy_connector(Scripted))
    return Scripted


@pytest.fixture
def connection(toy: type[Toy]) -> Connection:
    return connected()


def say(connection: Connection, *ids: str, kind: str = "order") -> None:
    app_id = connection.authorisation.app_id
    inbox.add([Incoming(app_id, connection.id, kind, i, "webhook", body={"reason": "no JSON"}) for i in ids])


def ends() -> dict[str, tuple[str, str]]:
    return {e.external_id: (e.state, e.reason_code) for e in InboxEvent.objects.all()}


def rung() -> list[tuple[str, tuple[int, ...]]]:
    return [(job.func_name, job.args) for job in django_rq.get_queue("orders").jobs]


def test_everything_due_is_processed(toy: type[Toy], connection: Connection) -> None:
    say(connection, *(f"N{n:03}" for n in range(450)))
    drain.drain(connection.id, budget_seconds=60)
    assert set(ends().values()) == {("processed", "")}
    assert Order.objects.count() == 450
    assert sorted(len(ids) for ids in toy.asked) == [150, 300]
    assert rung() == []


def test_what_comes_meanwhile_is_taken_along(toy: type[Toy], connection: Connection) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Answer:
        if "A" in ids:
            say(connection, "B")
        return all_known(ids, at)

    toy.answer = staticmethod(answer)
    say(connection, "A")
    drain.drain(connection.id)
    assert ends() == {"A": ("processed", ""), "B": ("processed", "")}


def test_out_of_time_it_rings_itself(toy: type[Toy], connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain, "CLAIM_LIMIT", 2)
    say(connection, "A", "B", "C")
    drain.drain(connection.id, budget_seconds=0)
    assert toy.asked == [["A", "B"]]
    assert rung() == [("integrations.jobs.drain", (connection.id,))]


def test_a_switched_off_connection_waits(toy: type[Toy], connection: Connection) -> None:
    Connection.objects.update(is_active=False)
    say(connection, "A")
    drain.drain(connection.id)
    assert ends() == {"A": ("pending", "")}


def test_a_connector_that_stumbles_costs_only_the_event_it_stumbles_over(
    toy: type[Toy], connection: Connection
) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Answer:
        if "B" in ids:
            raise AttributeError("a surprise")
        return all_known(ids, at)

    toy.answer = staticmethod(answer)
    say(connection, "A", "B", "C")
    drain.drain(connection.id)
    assert ends() == {"A": ("processed", ""), "B": ("pending", "AttributeError"), "C": ("processed", "")}
    assert InboxEvent.objects.get(external_id="B").tries == 1


def test_a_database_that_goes_away_leaves_the_events_to_the_next_lease(
    toy: type[Toy], connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(pipeline, "process", gone)
    say(connection, "A")
    drain.drain(connection.id)
    event = InboxEvent.objects.get()
    assert (event.state, event.tries, event.lease is None) == ("pending", 0, False)


def test_what_is_unreadable_is_a_dead_letter_with_its_reason_and_blocks_nothing(
    toy: type[Toy], connection: Connection
) -> None:
    say(connection, "bad", kind="unreadable")
    say(connection, "A")
    drain.drain(connection.id)
    assert ends() == {"bad": ("dead", "unreadable"), "A": ("processed", "")}
    assert (
        str(InboxEvent.objects.get(external_id="bad").reason) == "The delivery was genuine but made no sense. no JSON"
    )
    assert toy.asked == [["A"]]


def test_unassigned_events_say_what_to_do_and_move_in_when_their_shop_is_connected(
    toy: type[Toy], connection: Connection
) -> None:
    app_id = connection.authorisation.app_id
    unassigned = [Incoming(app_id, None, "order", "A", "webhook", body={"shop_id": "901", "status": "x"})]
    inbox.add([*unassigned, Incoming(app_id, None, "message", "M", "webhook")])
    other = AppRegistration.objects.create(channel="toy", name="Other")
    inbox.add([Incoming(other.id, None, "message", "theirs", "webhook")])
    drain.drain_app(app_id)
    assert ends() == {"A": ("dead", "unknown_shop"), "M": ("ignored", "no_shop"), "theirs": ("pending", "")}
    dead = InboxEvent.objects.get(state="dead")
    assert str(dead.reason) == "Shop 901 is not connected here: connect it, then try this again."
    second = connected(AppRegistration.objects.get(id=app_id), "901")
    inbox.retry_dead([dead.id])
    drain.drain_app(app_id)
    assert rung() == [("integrations.jobs.drain", (second.id,))]
    drain.drain(second.id)
    moved = InboxEvent.objects.get(connection=second)
    assert (moved.external_id, moved.state, moved.body) == ("A", "processed", {"status": "x"})
    assert Order.objects.get().shop == second.shop


def count_queries(connection: Connection, ids: Sequence[str]) -> int:
    say(connection, *ids)
    with CaptureQueriesContext(database) as queries:
        drain.drain(connection.id)
    assert InboxEvent.objects.filter(state="processed", external_id__in=ids).count() == len(ids)
    return len(queries)


def test_300_orders_take_as_many_queries_as_one(
    toy: type[Toy], connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "CLAIM_LIMIT", 300)
    assert count_queries(connection, ["one"]) == count_queries(connection, [f"N{n:03}" for n in range(300)])


# One claim of any number of new orders with a mapped line, read at once: transactions and savepoints included. Each further
# read of the channel adds two (the lease, the clock).
STATEMENTS_PER_BATCH = 53


def test_a_batch_takes_a_known_number_of_statements(toy: type[Toy], connection: Connection) -> None:
    warehouse = Warehouse.objects.create(name="Kho")
    connection.shop.sells_from.add(warehouse)
    product = Product.objects.create(sku="AO-01", name="Áo thun")
    Listing.objects.create(shop=connection.shop, item_id="1", title="Áo thun", product=product)
    drain.drain(connection.id)
    count_queries(connection, ["first"])
    assert count_queries(connection, [f"N{n:03}" for n in range(300)]) == STATEMENTS_PER_BATCH


# --- races ---


def test_two_drains_on_one_order_ask_once_and_store_once(
    toy: type[Toy], connection: Connection, threads: Threads
) -> None:
    asking, go_on = Event(), Event()

    def answer(ids: Sequence[str], at: datetime) -> Answer:
        asking.set()
        assert go_on.wait(10)
        return all_known(ids, at)

    toy.answer = staticmethod(answer)
    say(connection, "A")
    first = threads(drain.drain, connection.id)
    assert asking.wait(10)
    say(connection, "A")  # said again while the first drain asks: nobody else may take it up now
    drain.drain(connection.id)
    assert toy.asked == [["A"]]
    go_on.set()
    first.result(10)
    assert toy.asked == [["A"], ["A"]]
    assert Order.objects.get().lines.count() == 1
    assert list(InboxEvent.objects.values_list("state", flat=True)) == ["processed", "processed"]


def test_of_an_expired_and_a_waiting_row_two_claims_never_take_one_each(
    toy: type[Toy], connection: Connection, threads: Callable[..., Future[Claimed | None]]
) -> None:
    for n in range(25):
        say(connection, f"N{n}")
        inbox.claim(connection.id, limit=1, seconds=-1)
        say(connection, f"N{n}")
        start = Barrier(2)

        def claim(start: Barrier = start) -> Claimed | None:
            start.wait(10)
            return inbox.claim(connection.id, limit=1, seconds=60)

        taken = [future.result() for future in [threads(claim), threads(claim)]]
        assert len([claimed for claimed in taken if claimed]) == 1
        InboxEvent.objects.update(state="processed", lease=None, lease_until=None)


def test_both_rows_of_one_thing_go_back_as_one(toy: type[Toy], connection: Connection) -> None:
    say(connection, "A")
    inbox.claim(connection.id, limit=1, seconds=-1)
    say(connection, "A")

    def busy(ids: Sequence[str], at: datetime) -> Answer:
        raise TryLater("busy", after=60, code="busy")

    toy.answer = staticmethod(busy)
    drain.drain(connection.id)
    assert list(InboxEvent.objects.order_by("id").values_list("state", "reason_code")) == [
        ("duplicate", "busy"),
        ("pending", "busy"),
    ]


def test_a_lease_lost_while_asking_leaves_the_newer_truth_alone(
    toy: type[Toy], connection: Connection, threads: Threads
) -> None:
    asking, go_on = Event(), Event()

    def answer(ids: Sequence[str], at: datetime) -> Answer:
        if len(toy.asked) > 1:
            return Answer(tuple(order(i, at, status="shipped", channel_status="SHIPPED") for i in ids))
        asking.set()
        assert go_on.wait(10)
        return all_known(ids, at)

    toy.answer = staticmethod(answer)
    say(connection, "A")
    slow = threads(drain.drain, connection.id)
    assert asking.wait(10)
    InboxEvent.objects.update(lease_until="2000-01-01T00:00Z")
    drain.drain(connection.id)
    finished = InboxEvent.objects.get().finished_at
    go_on.set()
    slow.result(10)
    assert Order.objects.get().status == "shipped"
    event = InboxEvent.objects.get()
    assert (event.state, event.finished_at) == ("processed", finished)


def test_a_thing_with_several_events_is_read_once(toy: type[Toy], connection: Connection) -> None:
    """Two reads under way at once could not be told apart: they were asked for at one time."""
    say(connection, "A", *(f"N{n:03}" for n in range(299)))
    killed = inbox.claim(connection.pk, limit=1, seconds=-1)
    assert killed is not None
    say(connection, "A")
    drain.drain(connection.id)
    asked = [number for ids in toy.asked for number in ids]
    assert asked.count("A") == 1
    assert set(ends().values()) == {("processed", "")}
