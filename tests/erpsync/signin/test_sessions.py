"""Open sessions: seen by their person, ended one by one or all at once."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from erpsync.models import OpenSession
from erpsync.signin import sessions

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return get_user_model().objects.create_user("lan", password="x", is_staff=True)


def signed_in(person: User, browser: str, address: str = "10.0.0.1") -> Client:
    client = Client(REMOTE_ADDR=address, headers={"User-Agent": browser})
    client.force_login(person)
    assert client.get("/admin/account/").status_code == 200
    return client


def test_a_person_sees_own_sessions_and_ends_one_or_all_others(person: User) -> None:
    here, phone, tablet = (signed_in(person, name) for name in ("Desktop", "Phone", "Tablet"))
    stranger = signed_in(get_user_model().objects.create_user("minh", password="x", is_staff=True), "Stranger")
    page = here.get("/admin/account/").content.decode()
    assert [name for name in ("Desktop", "Phone", "Tablet", "Stranger") if name in page] == [
        "Desktop",
        "Phone",
        "Tablet",
    ]
    row = OpenSession.objects.get(browser="Phone")
    # somebody else's session stays, whatever number is posted
    stranger.post("/admin/account/end-sessions/", {"session": row.pk})
    assert phone.get("/admin/account/").status_code == 200
    here.post("/admin/account/end-sessions/", {"session": row.pk})
    assert [client.get("/admin/account/").status_code for client in (here, phone, tablet)] == [200, 302, 200]
    here.post("/admin/account/end-sessions/")
    assert [client.get("/admin/account/").status_code for client in (here, tablet, stranger)] == [200, 302, 200]


def test_a_session_costs_one_write_in_five_minutes(person: User) -> None:
    client = signed_in(person, "Desktop")
    seen = OpenSession.objects.get().seen_at
    client.get("/admin/account/")
    assert OpenSession.objects.get().seen_at == seen


def test_ended_sessions_are_forgotten(person: User) -> None:
    signed_in(person, "Desktop")
    signed_in(person, "Phone")
    ended = OpenSession.objects.get(browser="Phone")
    Session.objects.filter(session_key=ended.key).delete()
    assert [row.browser for row in sessions.open_sessions(person.pk)] == ["Desktop"]
    sessions.forget_ended()
    assert [row.browser for row in OpenSession.objects.all()] == ["Desktop"]
