"""Guessing passwords: stopped before the hash, for whoever guesses and for nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway
from structlog.testing import capture_logs

from erpsync.models import SignIn
from erpsync.signin import brake, record
from erpsync.signin.hashers import AT_ONCE, BoundedArgon2, _room

pytestmark = pytest.mark.django_db

RIGHT = "a long and right password"


@pytest.fixture(autouse=True)
def manager(redis: Redis) -> Any:
    return get_user_model().objects.create_user("manager", password=RIGHT, is_staff=True)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that a hash was made for."""
    seen: list[str] = []
    backend = "django.contrib.auth.backends.ModelBackend.authenticate"
    monkeypatch.setattr(backend, lambda self, request, username=None, password=None, **more: seen.append(password))
    return seen


def sign_in(password: str, name: str = "manager", address: str = "10.0.0.1", **headers: str) -> HttpResponse:
    client = Client(REMOTE_ADDR=address, headers=headers)
    return client.post("/admin/login/?next=/admin/", {"username": name, "password": password})  # type: ignore[return-value]


def outcomes() -> list[tuple[str, str, str]]:
    return list(SignIn.objects.order_by("id").values_list("outcome", "name", "address"))


def test_after_five_failures_the_right_password_has_to_wait_too(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_800_000_000.0
    monkeypatch.setattr(brake.time, "time", lambda: now)
    assert [sign_in(f"wrong {n}").status_code for n in range(4)] == [200] * 4
    fifth = sign_in("wrong 4")
    assert (fifth.status_code, fifth["Retry-After"]) == (429, "30")
    stopped = sign_in(RIGHT)
    assert (stopped.status_code, stopped["Retry-After"]) == (429, "30")
    assert "Too many wrong sign-ins from here. Try again in 30 seconds." in stopped.content.decode()
    now += 31
    assert sign_in(RIGHT).status_code == 302
    assert [what for what, *_ in outcomes()] == ["failed"] * 4 + ["stopped", "in"]


def test_it_says_how_long_to_wait_in_vietnamese_as_well() -> None:
    for _ in range(5):
        sign_in("wrong")
    assert "Thử lại sau 30 giây" in sign_in(RIGHT, **{"Accept-Language": "vi"}).content.decode()


def test_who_waits_costs_no_hash(hashed: list[str]) -> None:
    for n in range(20):
        sign_in(str(n))
    assert hashed == ["0", "1", "2", "3", "4"]


def test_each_further_failure_doubles_the_wait_up_to_a_quarter_of_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_800_000_000.0
    monkeypatch.setattr(brake.time, "time", lambda: now)
    waits = []
    for _ in range(12):
        answer = sign_in("wrong")
        waits.append(int(answer.headers.get("Retry-After", "0")))
        now += waits[-1] + 1
    assert waits == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]


def test_a_stranger_locks_nobody_else_out() -> None:
    for _ in range(8):
        sign_in("wrong", address="203.0.113.9")
    assert sign_in(RIGHT, address="203.0.113.9").status_code == 429
    assert sign_in(RIGHT, address="10.0.0.1").status_code == 302


def test_an_office_shares_an_address_and_only_who_mistypes_waits() -> None:
    get_user_model().objects.create_user("other", password=RIGHT, is_staff=True)
    for _ in range(8):
        sign_in("wrong", name="other")
    assert sign_in(RIGHT, name="other").status_code == 429
    assert sign_in(RIGHT).status_code == 302


def test_one_address_that_tries_many_names_is_stopped(hashed: list[str]) -> None:
    for n in range(60):
        sign_in("wrong", name=f"somebody {n}")
    assert len(hashed) == brake.OF_ADDRESS.free


def test_one_s_own_account_clears_no_count_of_the_address(manager: Any) -> None:
    for n in range(brake.OF_ADDRESS.free - 1):
        sign_in("wrong", name=f"somebody {n}")
    assert sign_in(RIGHT).status_code == 302
    assert sign_in("wrong", name="one more").status_code == 429


def test_behind_a_proxy_the_sender_is_counted_and_not_whom_it_names(settings: Settings) -> None:
    settings.BEHIND_PROXY = True
    for n in range(6):
        sign_in("wrong", address="10.9.9.9", **{"X-Forwarded-For": f"1.2.3.{n}, 203.0.113.9"})
    assert sign_in(RIGHT, address="10.9.9.9", **{"X-Forwarded-For": "203.0.113.9"}).status_code == 429
    assert sign_in(RIGHT, address="10.9.9.9", **{"X-Forwarded-For": "203.0.113.10"}).status_code == 302


def test_without_redis_people_sign_in_and_guessing_is_stopped_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise RedisAway("gone")

    for method in ("get_many", "set", "add", "incr", "touch", "delete_many"):
        monkeypatch.setattr(f"django.core.cache.backends.redis.RedisCache.{method}", away)
    for _ in range(5):
        sign_in("wrong")
    assert sign_in(RIGHT).status_code == 429
    assert sign_in(RIGHT, address="10.0.0.2").status_code == 302


def test_each_sign_in_and_failure_is_a_row_and_a_line_and_no_typed_name_that_nobody_has() -> None:
    with capture_logs() as logs:
        sign_in("wrong", name="my secret password")
        client = Client(REMOTE_ADDR="10.0.0.1")
        client.post("/admin/login/?next=/admin/", {"username": "manager", "password": RIGHT})
        client.post("/admin/logout/")
    assert outcomes() == [("failed", "", "10.0.0.1"), ("in", "manager", "10.0.0.1"), ("out", "manager", "10.0.0.1")]
    lines = [(line["outcome"], line["account"]) for line in logs if line["event"] == "sign_in"]
    assert lines == [("failed", "(unknown)"), ("in", "manager"), ("out", "manager")]
    assert "my secret password" not in str(logs)


def test_the_record_survives_the_account_and_is_bounded(manager: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        sign_in(RIGHT)
    manager.delete()
    assert len(outcomes()) == 3
    monkeypatch.setattr(record, "MOST_ROWS", 2)
    newest = list(SignIn.objects.order_by("id").values_list("id", flat=True))[1:]
    record.forget_old()
    assert list(SignIn.objects.order_by("id").values_list("id", flat=True)) == newest
    SignIn.objects.update(at="2020-01-01T00:00:00Z")
    record.forget_old()
    assert outcomes() == []


def test_only_superusers_see_the_record(client: Client, manager: Any) -> None:
    sign_in("wrong")
    client.force_login(manager)
    assert client.get("/admin/erpsync/signin/").status_code == 403
    client.force_login(get_user_model().objects.create_superuser("root", password=RIGHT))
    page = client.get("/admin/erpsync/signin/")
    assert (page.status_code, "Wrong name or password" in page.content.decode()) == (200, True)


@pytest.mark.parametrize("password", ["Tiki1234", "admin2026", "eleven char"])
def test_a_short_password_is_not_taken(password: str, client: Client) -> None:
    client.force_login(get_user_model().objects.create_superuser("root", password=RIGHT))
    page = client.post("/admin/auth/user/add/", {"username": "new", "password1": password, "password2": password})
    assert "at least 12 characters" in page.content.decode()
    assert not get_user_model().objects.filter(username="new").exists()


def test_a_hash_takes_nineteen_megabytes_and_at_most_four_are_made_at_once() -> None:
    made = BoundedArgon2().encode("password", "saltsaltsalt")
    assert "$m=19456,t=2,p=1$" in made
    assert BoundedArgon2().verify("password", made)
    for _ in range(AT_ONCE):
        assert _room.acquire(blocking=False)
    assert not _room.acquire(blocking=False)
    for _ in range(AT_ONCE):
        _room.release()
