"""Stored tokens: who renews, what is stored, and when a refusal is believed. Races run in threads on real connections."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from integrations.accounts import tokens
from integrations.accounts.connections import account_of
from integrations.accounts.tokens import renew_due, stored_pair, stored_tokens
from integrations.contract.access import AppAccess
from integrations.contract.connector import Connector
from integrations.contract.consent import Consent, ConsentKind, Grant
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.reasons import CONSENT_ENDS_SOON, RENEWAL_REFUSED
from integrations.models import AppRegistration, Authorisation, Connection
from inventory.models import Shop
from tests.conftest import Start
from tests.integrations.toy import install, toy_connector

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


@dataclass
class Channel:
    """A token server whose refresh tokens work once. `before_answer` runs when a renewal was decided, not yet answered."""

    live: str = "refresh-1"
    made: int = 1
    sent: list[str] = field(default_factory=list)
    before_answer: Callable[[], None] = lambda: None
    fails_with: Exception | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def renew(self, refresh_token: str) -> Grant:
        with self.lock:
            self.sent.append(refresh_token)
            refused = self.fails_with or (
                NotAuthorised("Invalid refresh_token.", code="error_auth") if refresh_token != self.live else None
            )
            if not refused:
                self.made += 1
                self.live = f"refresh-{self.made}"
                grant = Grant(f"access-{self.made}", 14400, self.live, 2592000)
        self.before_answer()
        if refused:
            raise refused
        return grant


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Channel:
    found = Channel()

    install(monkeypatch, connector_with(found))
    return found


def connector_with(channel: Channel, kind: ConsentKind = ConsentKind.CODE) -> Connector:
    def renew(app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
        assert (app.credentials, shop_id) == ({"secret": "s"}, "7")
        return channel.renew(refresh_token)

    return replace(toy_connector(), consent=Consent(renew=renew, kind=kind))


def stored(**changes: Any) -> Authorisation:
    app = AppRegistration.objects.create(channel="toy", name="Toy", credentials={"secret": "s"})
    pair = stored_pair(Grant("access-1", 14400, "refresh-1", 2592000), NOW)
    return Authorisation.objects.create(app=app, external_id="7", **(pair | changes))


def now_at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr("integrations.accounts.tokens.timezone.now", lambda: moment)


# --- one worker ---


@pytest.mark.django_db
def test_a_stale_token_is_renewed_and_the_pair_stored_with_its_lives(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_at(monkeypatch, NOW)
    authorisation = stored(refused_since=None)
    source = stored_tokens(authorisation)
    assert source.current() == "access-1"
    assert source.renewed("access-1") == "access-2"
    assert source.current() == "access-2"
    authorisation.refresh_from_db()
    assert (authorisation.refresh_token, authorisation.state, authorisation.renewed_at) == ("refresh-2", "ok", NOW)
    assert authorisation.expires_at == NOW + timedelta(hours=4)
    assert authorisation.refresh_expires_at == NOW + timedelta(days=30)


@pytest.mark.django_db
def test_a_token_that_is_not_the_stored_one_any_more_renews_nothing(channel: Channel) -> None:
    assert stored_tokens(stored()).renewed("access-0") == "access-1"
    assert channel.sent == []


@pytest.mark.django_db
def test_a_grant_without_a_refresh_token_keeps_the_stored_one(channel: Channel) -> None:
    pair = stored_pair(Grant("access-2", None), NOW)
    assert pair["expires_at"] is None
    assert not {"refresh_token", "refresh_fingerprint", "refresh_expires_at"} & set(pair)


@pytest.mark.django_db
def test_without_a_refresh_token_the_authorisation_turns_red_and_says_what_to_do(channel: Channel) -> None:
    authorisation = stored(refresh_token="", refresh_fingerprint="")
    with pytest.raises(NotAuthorised, match="Connect the shop again") as caught:
        stored_tokens(authorisation).renewed("access-1")
    assert caught.value.code == "no_refresh_token"
    with pytest.raises(NotAuthorised, match="Connect the shop again"):
        stored_tokens(authorisation).current()
    assert channel.sent == []


@pytest.mark.django_db
def test_an_authorisation_without_any_token_says_so(channel: Channel) -> None:
    with pytest.raises(NotAuthorised) as caught:
        stored_tokens(stored(access_token="")).current()
    assert caught.value.code == "no_token"


@pytest.mark.django_db
def test_a_refusal_is_believed_only_when_the_pair_is_unchanged_after_a_lock_life(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_at(monkeypatch, NOW)
    authorisation = stored()
    source = stored_tokens(authorisation)
    channel.live = "another"
    with pytest.raises(TryLater) as caught:
        source.renewed("access-1")
    assert caught.value.after == tokens.SETTLES_AFTER.total_seconds()

    now_at(monkeypatch, NOW + tokens.SETTLES_AFTER - timedelta(seconds=5))
    with pytest.raises(TryLater) as caught:
        source.renewed("access-1")
    assert caught.value.after == 5
    assert (source.current(), channel.sent) == ("access-1", ["refresh-1"])

    now_at(monkeypatch, NOW + tokens.SETTLES_AFTER)
    with pytest.raises(NotAuthorised):
        source.renewed("access-1")
    authorisation.refresh_from_db()
    assert (authorisation.state, channel.sent) == ("red", ["refresh-1", "refresh-1"])
    assert str(authorisation.reason) == f"{RENEWAL_REFUSED} Invalid refresh_token."


@pytest.mark.django_db
def test_a_rejected_renewal_never_reaches_the_caller_as_a_rejection_of_what_it_asked(channel: Channel) -> None:
    channel.fails_with = Rejected("Wrong partner.", code="error_param")
    with pytest.raises(TryLater, match=r"Wrong partner\."):
        stored_tokens(stored()).renewed("access-1")


@pytest.mark.django_db
def test_a_channel_out_of_order_changes_nothing(channel: Channel) -> None:
    authorisation = stored()
    channel.fails_with = TryLater("out of order", after=7)
    with pytest.raises(TryLater, match="out of order"):
        stored_tokens(authorisation).renewed("access-1")
    authorisation.refresh_from_db()
    assert (authorisation.state, authorisation.refused_since) == ("ok", None)


@pytest.mark.django_db
def test_a_connector_is_given_the_stored_tokens(channel: Channel) -> None:
    shop = Shop.objects.create(channel="toy", name="Toy")
    made = account_of(Connection.objects.create(authorisation=stored(), shop=shop, external_id="7"), lane="bulk")
    assert (made.access.tokens.current(), made.access.shop_id, made.access.lane) == ("access-1", "7", "bulk")


# --- races ---


@pytest.mark.django_db(transaction=True)
def test_many_workers_with_one_stale_token_renew_it_once(channel: Channel, threads: Start) -> None:
    source = stored_tokens(stored())
    channel.before_answer = lambda: time.sleep(0.3)
    together = threading.Barrier(8)

    def worker() -> str:
        together.wait()
        return source.renewed("access-1")

    assert {work.result() for work in [threads(worker) for _ in range(8)]} == {"access-2"}
    assert channel.sent == ["refresh-1"]


@pytest.mark.django_db(transaction=True)
def test_who_has_waited_long_enough_comes_back_later(
    channel: Channel, threads: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "PATIENCE_SECONDS", 0.1)
    source = stored_tokens(stored())
    renewing, finish = threading.Event(), threading.Event()

    def hold() -> None:
        channel.before_answer = lambda: None
        renewing.set()
        assert finish.wait(10)

    channel.before_answer = hold
    first = threads(source.renewed, "access-1")
    assert renewing.wait(10)
    with pytest.raises(TryLater) as caught:
        source.renewed("access-1")
    assert caught.value.code == "renewing"
    finish.set()
    assert first.result() == "access-2"


@contextmanager
def _no_lock(authorisation_id: int) -> Iterator[bool]:
    yield True


@pytest.mark.django_db(transaction=True)
def test_a_refused_renewal_beside_a_successful_one_ends_with_the_new_pair_and_no_red(
    channel: Channel, threads: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both believe they hold the lock. The good answer is stored after the refusal came."""
    monkeypatch.setattr(tokens, "_lock", _no_lock)
    authorisation = stored()
    source = stored_tokens(authorisation)
    decided, refused = threading.Event(), threading.Event()

    def hold() -> None:
        if not decided.is_set():
            decided.set()
            assert refused.wait(10)

    channel.before_answer = hold
    good = threads(source.renewed, "access-1")
    assert decided.wait(10)
    with pytest.raises(TryLater):
        source.renewed("access-1")
    refused.set()
    assert good.result() == "access-2"
    authorisation.refresh_from_db()
    assert (authorisation.state, authorisation.refused_since) == ("ok", None)
    assert (authorisation.refresh_token, source.current()) == ("refresh-2", "access-2")


@pytest.mark.django_db(transaction=True)
def test_a_refusal_that_comes_after_the_good_pair_was_stored_gives_the_stored_token(
    channel: Channel, threads: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "_lock", _no_lock)
    authorisation = stored()
    source = stored_tokens(authorisation)
    channel.live = "another"  # so ours is refused

    def store_meanwhile() -> None:
        Authorisation.objects.filter(pk=authorisation.pk).update(
            **stored_pair(Grant("access-9", 14400, "refresh-9", 2592000), NOW + timedelta(seconds=1))
        )

    channel.before_answer = store_meanwhile
    assert source.renewed("access-1") == "access-9"
    authorisation.refresh_from_db()
    assert (authorisation.state, authorisation.refused_since, authorisation.refresh_token) == ("ok", None, "refresh-9")


@pytest.mark.django_db(transaction=True)
def test_a_renewal_never_overwrites_a_pair_that_came_meanwhile(channel: Channel) -> None:
    """A person connects the shop again while a renewal is on its way."""
    authorisation = stored()

    def connect_again() -> None:
        Authorisation.objects.filter(pk=authorisation.pk).update(
            **stored_pair(Grant("access-new", 14400, "refresh-new", 2592000), NOW + timedelta(seconds=1))
        )

    channel.before_answer = connect_again
    assert stored_tokens(authorisation).renewed("access-1") == "access-new"
    authorisation.refresh_from_db()
    assert (authorisation.access_token, authorisation.refresh_token) == ("access-new", "refresh-new")


@pytest.mark.django_db(transaction=True)
def test_a_lock_and_connection_lost_during_the_call_lose_no_pair(channel: Channel, threads: Start) -> None:
    authorisation = stored()
    source = stored_tokens(authorisation)

    def lose_the_session() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            [pid] = cursor.fetchone()
        threads(_terminate, pid).result()

    channel.before_answer = lose_the_session
    assert threads(source.renewed, "access-1").result() == "access-2"
    authorisation.refresh_from_db()
    assert (authorisation.access_token, authorisation.refresh_token) == ("access-2", "refresh-2")
    channel.before_answer = lambda: None
    assert source.renewed("access-2") == "access-3"


def _terminate(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


# --- the schedule ---


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "renewals"), [(191, 0), (193, 1)])
def test_a_pair_is_renewed_at_four_fifths_of_its_life(channel: Channel, minutes: int, renewals: int) -> None:
    stored()
    assert renew_due(NOW + timedelta(minutes=minutes)) == renewals
    assert len(channel.sent) == renewals


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"state": "red"},
        {"refresh_token": ""},
        {"expires_at": None},
        {"refused_since": NOW + timedelta(days=1) - timedelta(seconds=60)},
    ],
)
def test_what_cannot_be_renewed_now_is_left_alone(channel: Channel, changes: dict[str, Any]) -> None:
    stored(**changes)
    assert renew_due(NOW + timedelta(days=1)) == 0
    assert channel.sent == []


@pytest.mark.django_db
def test_an_app_that_is_switched_off_renews_nothing(channel: Channel) -> None:
    authorisation = stored()
    AppRegistration.objects.filter(pk=authorisation.app_id).update(is_active=False)
    assert renew_due(NOW + timedelta(days=1)) == 0


@pytest.mark.django_db
def test_client_credentials_renew_without_a_refresh_token(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    channel.live = ""
    authorisation = stored(refresh_token="", refresh_fingerprint="")
    install(monkeypatch, connector_with(channel, ConsentKind.CREDENTIALS))
    assert renew_due(NOW + timedelta(days=1)) == 1
    authorisation.refresh_from_db()
    assert authorisation.access_token == "access-2"


@pytest.mark.django_db
def test_one_channel_in_trouble_keeps_no_other_pair_from_its_renewal(channel: Channel) -> None:
    first = stored(refresh_token="dead", refresh_fingerprint="d" * 64, expires_at=NOW)
    pair = stored_pair(Grant("access-1", 14400, "refresh-1", 2592000), NOW)
    Authorisation.objects.create(app=first.app, external_id="7", **pair)
    assert renew_due(NOW + timedelta(days=1)) == 1
    assert channel.sent == ["dead", "refresh-1"]


@pytest.mark.django_db(transaction=True)
def test_what_another_worker_renews_is_left_to_it(channel: Channel, threads: Start) -> None:
    stored()
    found: list[int] = []

    def another_worker() -> None:
        channel.before_answer = lambda: None
        found.append(threads(renew_due, NOW + timedelta(hours=4)).result())

    channel.before_answer = another_worker
    assert renew_due(NOW + timedelta(hours=4)) == 1
    assert (found, channel.sent) == ([0], ["refresh-1"])


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["consent_ends_at", "refresh_expires_at"])
def test_a_consent_that_ends_soon_is_told_and_a_new_end_takes_it_back(channel: Channel, end: str) -> None:
    authorisation = stored(**{"expires_at": None, end: NOW + tokens.WARNED_BEFORE})
    renew_due(NOW - timedelta(minutes=1))
    authorisation.refresh_from_db()
    assert authorisation.state == "ok"
    renew_due(NOW)
    authorisation.refresh_from_db()
    assert (authorisation.state, str(authorisation.reason)) == ("expiring", str(CONSENT_ENDS_SOON))
    Authorisation.objects.update(**{end: NOW + timedelta(days=300)})
    renew_due(NOW)
    authorisation.refresh_from_db()
    assert (authorisation.state, str(authorisation.reason)) == ("ok", "")
