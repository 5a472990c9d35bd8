"""Asking the channel again: an event per thing, a wake-up after the commit, and no thing waits twice."""

from __future__ import annotations

import django_rq
import pytest
from django.db import transaction
from redis import Redis

from integrations.inbox.refetch import refetch, refetch_by_shop
from integrations.models import Connection, InboxEvent
from inventory.models import Shop
from tests.integrations.toy import connected

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def connection(redis: Redis) -> Connection:
    return connected()


def waiting() -> list[tuple[int | None, str, str, str, int]]:
    rows = InboxEvent.objects.order_by("external_id", "id")
    return [(e.connection_id, e.kind, e.external_id, e.source, e.seen) for e in rows]


def woken() -> list[tuple[str, tuple[int]]]:
    return [(job.func_name, job.args) for job in django_rq.get_queue("orders").jobs]


def test_each_thing_is_an_event_and_a_worker_is_woken_after_the_commit(connection: Connection) -> None:
    with transaction.atomic():
        assert refetch(connection, "order", ["B", "A", "B"], "command") == 2
        assert woken() == []
    assert waiting() == [(connection.pk, "order", "A", "command", 1), (connection.pk, "order", "B", "command", 1)]
    assert woken() == [("integrations.jobs.drain", (connection.pk,))]


def test_what_already_waits_is_not_asked_for_twice(connection: Connection) -> None:
    for _ in range(2):
        assert refetch(connection, "order", ["A"], "person") == 1
    assert waiting() == [(connection.pk, "order", "A", "person", 2)]


def test_rolled_back_nothing_is_asked(connection: Connection) -> None:
    with transaction.atomic():
        refetch(connection, "order", ["A"], "person")
        transaction.set_rollback(True)
    assert (waiting(), woken()) == ([], [])


def test_without_things_no_worker_is_woken(connection: Connection) -> None:
    assert refetch(connection, "order", [], "person") == 0
    assert (waiting(), woken()) == ([], [])


def test_several_shops_are_asked_and_one_that_is_not_connected_is_left_out(connection: Connection) -> None:
    other, alone = connected(connection.authorisation.app, "901"), Shop.objects.create(name="Lẻ", channel="toy")
    wanted = {connection.shop_id: {"A", "B"}, other.shop_id: {"C"}, alone.pk: {"D"}}
    assert refetch_by_shop("order", wanted, "person") == 3
    assert [row[:3] for row in waiting()] == [
        (connection.pk, "order", "A"), (connection.pk, "order", "B"), (other.pk, "order", "C"),
    ]  # fmt: skip
    assert woken() == [("integrations.jobs.drain", (connection.pk,)), ("integrations.jobs.drain", (other.pk,))]
