"""An app's own queue: stored with its cursor before it is confirmed, by one puller at a time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import ClassVar

import django_rq
import pytest
from django.db import OperationalError
from django.utils import timezone
from redis import Redis

from integrations import inbox
from integrations.accounts import tokens
from integrations.contract.access import AppAccess, TokenSource
from integrations.contract.connector import Connector
from integrations.contract.consent import Consent, Grant
from integrations.contract.errors import TryLater
from integrations.contract.queue import AppQueue, Pulled
from integrations.contract.webhooks import Notice
from integrations.inbox import pull
from integrations.inbox.store import Incoming
from integrations.models import AppRegistration, Authorisation, Connection, InboxEvent
from tests.integrations.toy import Toy, connected, install, toy_connector

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = Pulled(
    (Notice("order", "A", "900", delivery_id="m1"), Notice("order", "B", "901", delivery_id="m2")), "2", more=True
)
LAST = Pulled((Notice("order", "C", "900", delivery_id="m3"),), "3")
EMPTY = Pulled((), None)


class Queue(Toy):
    """A queue that gives the same until it is confirmed; `said` is what happened, in order."""

    pages: ClassVar[dict[str, Pulled]] = {"": FIRST, "2": LAST, "3": EMPTY}
    confirmed: ClassVar[str] = ""
    said: ClassVar[list[str]] = []

    @classmethod
    def pull(cls, app: AppAccess, tokens: TokenSource | None, *, ack: str | None) -> Pulled:
        cls.said.append(f"pull after {ack}")
        return cls.pages[cls.confirmed]

    @classmethod
    def confirm(cls, app: AppAccess, tokens: TokenSource | None, *, ack: str) -> None:
        cls.said.append(f"confirm {ack}, {InboxEvent.objects.count()} stored")
        cls.confirmed = ack


def queued(queue: type[Queue]) -> Connector:
    port = AppQueue(
        pull=lambda app, tokens, *, ack: queue.pull(app, tokens, ack=ack),
        confirm=lambda app, tokens, *, ack: queue.confirm(app, tokens, ack=ack),
    )
    return replace(toy_connector(queue), queue=port)


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch, redis: Redis) -> type[Queue]:
    class Fresh(Queue):
        confirmed = ""
        said = []

    install(monkeypatch, queued(Fresh))
    return Fresh


@pytest.fixture
def connection(queue: type[Queue]) -> Connection:
    return connected()


@pytest.fixture
def app(connection: Connection) -> AppRegistration:
    connected(connection.authorisation.app, "902")
    return connection.authorisation.app


def stored() -> list[tuple[str, str, int, bool]]:
    return [
        (e.external_id, e.delivery_id, e.seen, e.connection is None)
        for e in InboxEvent.objects.order_by("external_id", "id")
    ]


ALL = [("A", "m1", 1, False), ("B", "m2", 1, True), ("C", "m3", 1, False)]


def test_a_queue_is_emptied_page_by_page_each_stored_before_it_is_confirmed(
    queue: type[Queue], app: AppRegistration, connection: Connection
) -> None:
    pull.pull(app.id)
    assert queue.said == ["pull after None", "confirm 2, 2 stored", "pull after 2", "confirm 3, 3 stored"]
    assert stored() == ALL
    assert set(InboxEvent.objects.values_list("source", flat=True)) == {"queue"}
    app.refresh_from_db()
    assert app.queue_ack == "3"
    assert [(job.func_name, job.args) for job in django_rq.get_queue("orders").jobs] == [
        ("integrations.jobs.drain", (connection.id,)),
        ("integrations.jobs.drain_app", (app.id,)),
    ]


def test_killed_before_the_confirmation_the_same_notices_come_again_and_are_counted_twice(
    queue: type[Queue], app: AppRegistration, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object, **__: object) -> None:
        raise TryLater("no answer", code="timeout")

    with monkeypatch.context() as patch:
        patch.setattr(queue, "confirm", lost)
        pull.pull(app.id)
    assert stored() == ALL[:2]
    pull.pull(app.id)
    assert stored() == [("A", "m1", 2, False), ("B", "m2", 2, True), ("C", "m3", 1, False)]


def test_what_cannot_be_stored_moves_no_cursor_and_is_not_confirmed(
    queue: type[Queue], app: AppRegistration, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("the database went away")

    with monkeypatch.context() as patch:
        patch.setattr(AppRegistration, "save", gone)
        pull.pull(app.id)
    assert queue.said == ["pull after None"]
    assert stored() == []
    pull.pull(app.id)
    assert stored() == ALL


def test_a_second_puller_leaves_at_once(
    queue: type[Queue], app: AppRegistration, threads: Callable[..., Future[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pulling, go_on = Event(), Event()
    add = inbox.add

    def slowly(rows: list[Incoming]) -> int:
        pulling.set()
        assert go_on.wait(10)
        return add(rows)

    monkeypatch.setattr(inbox, "add", slowly)
    first = threads(pull.pull, app.id)
    assert pulling.wait(10)
    pull.pull(app.id)
    assert queue.said == ["pull after None"]
    go_on.set()
    first.result(10)
    assert stored() == ALL
    pull.pull(app.id)  # the lock was let go of
    assert queue.said[-1] == "pull after 3"


def test_a_queue_that_stands_still_is_not_asked_for_ever(queue: type[Queue], app: AppRegistration) -> None:
    queue.pages = {"": Pulled((), None, more=True)}
    pull.pull(app.id)
    assert queue.said == ["pull after None"]


def test_out_of_time_it_enqueues_itself(queue: type[Queue], app: AppRegistration) -> None:
    pull.pull(app.id, budget_seconds=0)
    assert stored() == ALL[:2]
    assert ("integrations.jobs.pull", (app.id,)) in [
        (job.func_name, job.args) for job in django_rq.get_queue("orders").jobs
    ]


def test_an_app_without_a_queue_is_not_asked(
    queue: type[Queue], app: AppRegistration, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, toy_connector(queue))
    pull.pull(app.id)
    assert queue.said == []


def test_each_apps_queue_is_due_at_the_pace_its_connector_declares(
    queue: type[Queue], app: AppRegistration, monkeypatch: pytest.MonkeyPatch
) -> None:
    paced = queued(queue)
    assert paced.queue is not None
    install(monkeypatch, replace(paced, queue=replace(paced.queue, pace=timedelta(seconds=2))))
    now = 100.0
    monkeypatch.setattr("integrations.inbox.pull.time.monotonic", lambda: now)
    monkeypatch.setattr("integrations.inbox.pull._pulled_at", {})
    monkeypatch.setattr("integrations.inbox.pull.channels", lambda: (app.channel,))
    seen = []
    for second in range(7):
        now = 100.0 + second * 0.99
        seen.append(pull.due_apps() == [app.pk])
    assert seen == [True, False, True, False, True, False, True]
    AppRegistration.objects.update(is_active=False)
    now += 60
    assert pull.due_apps() == []
    AppRegistration.objects.update(is_active=True)
    install(monkeypatch, toy_connector(queue))
    now += 60
    assert pull.due_apps() == []


def test_a_queue_is_read_with_the_apps_own_token_where_it_has_one(
    queue: type[Queue], app: AppRegistration, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[str] = []

    def renew(app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
        assert refresh_token == ""
        return Grant(f"own-{len(used)}", 3600)

    def read(app: AppAccess, tokens: TokenSource | None, *, ack: str | None) -> Pulled:
        assert tokens is not None
        used.append(tokens.current())
        return EMPTY

    consent = Consent(renew=renew, app_has_token=True)
    install(monkeypatch, replace(toy_connector(queue), queue=AppQueue(pull=read), consent=consent))
    pull.pull(app.id)
    pull.pull(app.id)
    assert used == ["own-0", "own-0"]
    [own] = Authorisation.objects.filter(app=app, external_id="app")
    Authorisation.objects.filter(pk=own.pk).update(
        expires_at=timezone.now() + timedelta(seconds=9), renewed_at=timezone.now() - timedelta(hours=1)
    )
    monkeypatch.setattr("integrations.accounts.tokens.channels", lambda: (app.channel,))
    assert tokens.renew_due() == 1
    pull.pull(app.id)
    assert used[-1] == "own-2"
