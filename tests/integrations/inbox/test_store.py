"""The inbox under repeats, races and lost leases."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

import pytest
from django.db import connection as database
from django.db import transaction

from integrations import inbox
from integrations.inbox.store import Claimed, Incoming, Later, Outcome
from integrations.models import AppRegistration, Authorisation, Connection, InboxEvent
from inventory.models import Shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def connection() -> Connection:
    app = AppRegistration.objects.create(channel="toy", name="Toy", credentials={"key": "bí mật"})
    return Connection.objects.create(
        authorisation=Authorisation.objects.create(app=app),
        shop=Shop.objects.create(name="Gian hàng", channel="toy"),
        external_id="900",
    )


def said(connection: Connection, thing: str, delivery: str = "") -> Incoming:
    return Incoming(connection.authorisation.app_id, connection.id, "order", thing, "webhook", delivery_id=delivery)


def claim(connection: Connection, seconds: float = 60) -> Claimed | None:
    return inbox.claim(connection.id, limit=100, seconds=seconds)


def finish(claimed: Claimed) -> set[int]:
    with transaction.atomic():
        mine = inbox.keep_mine(claimed.lease, [e.id for e in claimed.events])
        inbox.finish([Outcome(event, "processed") for event in mine])
    return mine


def put_back(claimed: Claimed, **how: object) -> None:
    with transaction.atomic():
        mine = inbox.keep_mine(claimed.lease, [e.id for e in claimed.events])
        inbox.put_back([Later(event, **how) for event in mine])  # type: ignore[arg-type]


def test_a_repeat_while_waiting_is_counted_and_a_later_one_is_new(connection: Connection) -> None:
    inbox.add([said(connection, "A"), said(connection, "A"), said(connection, "B")])
    inbox.add([said(connection, "A")])
    claimed = claim(connection)
    assert claimed
    assert [(e.external_id) for e in claimed.events] == ["A", "B"]
    inbox.add([said(connection, "A")])
    assert claim(connection) is None  # the entity is in work: nobody else may take it
    assert len(finish(claimed)) == 2
    again = claim(connection)
    assert again
    assert [e.external_id for e in again.events] == ["A"]
    assert inbox.accounting(connection.id) == {
        "processed": 2, "duplicate": 2, "ignored": 0, "pending": 1, "dead": 0, "received": 5,
    }  # fmt: skip


def test_a_delivery_id_is_accepted_once_even_after_its_event_ended(connection: Connection) -> None:
    inbox.add([said(connection, "A", "d1")])
    claimed = claim(connection)
    assert claimed
    finish(claimed)
    assert inbox.add([said(connection, "A", "d1")]) == 0
    assert claim(connection) is None
    assert inbox.accounting(connection.id)["duplicate"] == 1


def test_a_lost_lease_finishes_nothing(connection: Connection) -> None:
    inbox.add([said(connection, "A")])
    slow = claim(connection, seconds=-1)
    quick = claim(connection)
    assert slow
    assert quick
    assert finish(slow) == set()
    assert len(finish(quick)) == 1


def test_a_renewed_lease_outlives_its_first_end(connection: Connection) -> None:
    inbox.add([said(connection, "A")])
    claimed = claim(connection, seconds=0.3)
    assert claimed
    assert inbox.renew(claimed.lease, seconds=60) == 1
    time.sleep(0.35)
    assert claim(connection) is None
    assert finish(claimed) == {claimed.events[0].id}
    assert inbox.renew(claimed.lease, seconds=60) == 0


def test_two_drains_never_hold_one_entity(
    connection: Connection, threads: Callable[..., Future[Claimed | None]]
) -> None:
    inbox.add([said(connection, str(n)) for n in range(40)])
    futures = [threads(partial(inbox.claim, connection.id, limit=7, seconds=60)) for _ in range(8)]
    taken = [e.external_id for f in futures if (c := f.result()) for e in c.events]
    assert len(taken) == len(set(taken))
    assert set(taken) <= {str(n) for n in range(40)}


def test_tries_run_out_into_a_dead_letter_and_waiting_does_not(connection: Connection) -> None:
    inbox.add([said(connection, "A")])
    for turn in range(7):
        claimed = claim(connection)
        assert claimed
        put_back(claimed, after=0, counts=turn >= 2, code="boom", reason="it broke")
    event = InboxEvent.objects.get()
    assert (event.state, event.tries, str(event.reason)) == ("dead", 5, "it broke")
    assert inbox.retry_dead([event.id]) == 1
    claimed = claim(connection)
    assert claimed
    finish(claimed)
    assert inbox.accounting(connection.id) == {
        "processed": 1, "duplicate": 1, "ignored": 0, "pending": 0, "dead": 0, "received": 2,
    }  # fmt: skip


def test_put_back_beside_a_waiting_twin_leaves_one(connection: Connection) -> None:
    inbox.add([said(connection, "A")])
    claimed = claim(connection)
    inbox.add([said(connection, "A")])
    assert claimed
    put_back(claimed, after=60)
    assert sorted(InboxEvent.objects.values_list("state", flat=True)) == ["duplicate", "pending"]
    assert claim(connection)


def test_credentials_are_unreadable_in_the_database(connection: Connection) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT credentials FROM integrations_appregistration")
        stored = cursor.fetchone()[0]
    assert stored.startswith("v1:")
    assert AppRegistration.objects.get().credentials == {"key": "bí mật"}


def test_a_twin_committed_while_a_row_goes_back_still_leaves_one(
    connection: Connection, threads: Callable[..., Future[None]]
) -> None:
    inbox.add([said(connection, "A")])
    claimed = claim(connection)
    assert claimed
    with transaction.atomic():
        inbox.add([said(connection, "A")])
        going_back = threads(partial(put_back, claimed, after=60))
        deadline = time.monotonic() + 10
        while not _somebody_waits():
            assert time.monotonic() < deadline
            time.sleep(0.01)
    going_back.result(10)
    assert sorted(InboxEvent.objects.values_list("state", flat=True)) == ["duplicate", "pending"]


def _somebody_waits() -> bool:
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_a_long_backlog_is_claimed_and_put_back_as_quickly_as_a_short_one(connection: Connection) -> None:
    other = AppRegistration.objects.create(channel="toy", name="Other")
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO integrations_inboxevent (app_id, connection_id, kind, external_id, source, delivery_id, body, seen,"
            " state, tries, reason_code, reason) SELECT whose.app_id, whose.connection_id, 'order', n, 'webhook', '', '{}',"
            " 1, 'pending', 0, '', '{}' FROM generate_series(1, 20000) n,"
            " (VALUES (%s::bigint, %s::bigint), (%s, NULL)) AS whose(app_id, connection_id)",
            [connection.authorisation.app_id, connection.id, other.id],
        )
        cursor.execute("SET statement_timeout = '15s'")
        try:
            # the first claim leaves a lease to look out for; the statistics know nothing of these rows yet
            for _ in range(2):
                for claimed in (
                    inbox.claim(connection.id, limit=200, seconds=60),
                    inbox.claim(None, app_id=other.id, limit=200, seconds=60),
                ):
                    assert claimed
                    assert inbox.renew(claimed.lease, seconds=60) == 200
                    put_back(claimed, after=60)
        finally:
            cursor.execute("RESET statement_timeout")
