"""Readiness for a push: whatever the channel would list now is stored before it says yes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from threading import Event

import pytest
from django.utils import timezone
from redis import Redis

from integrations import inbox
from integrations.accounts.connections import Account, account_of
from integrations.contract.access import Access
from integrations.contract.errors import TryLater
from integrations.contract.reads import Answer, Change, Page
from integrations.inbox.store import Incoming
from integrations.ingest import readiness
from integrations.ingest.drain import drain
from integrations.ingest.readiness import ensure_orders_are_known
from integrations.models import Connection, InboxEvent
from orders.models import Order
from tests.integrations.toy import Toy, all_known, connected, install, toy_connector

pytestmark = pytest.mark.django_db(transaction=True)

Threads = Callable[..., "Future[None]"]


class Shop(Toy):
    """A channel whose list of orders is scripted."""

    listed: tuple[str, ...] = ()
    error: Exception | None = None
    lists = 0

    @classmethod
    def changed(cls, access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        cls.lists += 1
        if cls.error:
            raise cls.error
        yield Page(tuple(Change(number) for number in cls.listed))


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, redis: Redis) -> type[Shop]:
    class Scripted(Shop):
        asked = []
        listed = ("A", "B")

    install(monkeypatch, toy_connector(Scripted))
    return Scripted


@pytest.fixture
def account(shop: type[Shop]) -> Account:
    return account_of(connected())


def test_new_orders_are_read_and_stored(shop: type[Shop], account: Account) -> None:
    assert ensure_orders_are_known(account)
    assert set(Order.objects.values_list("number", flat=True)) == {"A", "B"}
    assert set(InboxEvent.objects.values_list("state", flat=True)) == {"processed"}


def test_what_was_listed_a_moment_ago_is_not_listed_again(shop: type[Shop], account: Account) -> None:
    for _ in range(3):
        assert ensure_orders_are_known(account)
    assert shop.lists == 1
    Connection.objects.update(last_read_at=timezone.now() - timedelta(seconds=3))
    assert ensure_orders_are_known(account)
    assert shop.lists == 2


def test_a_channel_that_cannot_list_its_orders_says_no(shop: type[Shop], account: Account) -> None:
    shop.error = TryLater("busy", after=9)
    assert not ensure_orders_are_known(account)


def test_an_order_whose_first_try_failed_holds_nobody_up(shop: type[Shop], account: Account) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Answer:
        return all_known([i for i in ids if i != "B"], at)

    shop.answer = staticmethod(answer)
    assert ensure_orders_are_known(account)
    assert InboxEvent.objects.get(external_id="B").tries == 1


def test_it_waits_for_an_order_that_another_worker_is_storing(
    shop: type[Shop], account: Account, threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking, go_on = Event(), Event()

    def answer(ids: Sequence[str], at: datetime) -> Answer:
        asking.set()
        assert go_on.wait(10)
        return all_known(ids, at)

    shop.answer = staticmethod(answer)
    shop.listed = ()
    connection = account.connection
    inbox.add([Incoming(connection.authorisation.app_id, connection.pk, "order", "A", "webhook")])
    other = threads(drain, connection.pk)
    assert asking.wait(10)
    monkeypatch.setattr(readiness, "PATIENCE_SECONDS", 0.1)
    assert not ensure_orders_are_known(account)
    monkeypatch.setattr(readiness, "PATIENCE_SECONDS", 10.0)
    waits = threads(ensure_orders_are_known, account)
    go_on.set()
    assert waits.result(20)
    other.result(10)
    assert Order.objects.count() == 1
