"""Secrets at rest: unreadable in the table, bound to their column, readable through a change of keys."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.forms import modelform_factory
from hypothesis import given
from hypothesis import strategies as st

from core.db import execute, fetch
from core.encryption import SecretUnreadable, decrypt, encrypt
from integrations.models import AppRegistration, Authorisation

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture
def keys(settings: Any) -> Any:
    settings.FIELD_KEYS = {"old": OLD}
    return settings


def stored(column: str = "access_token") -> str:
    [(text,)] = fetch(f"SELECT {column} FROM integrations_authorisation")
    return str(text)


def authorisation(**tokens: str) -> Authorisation:
    app = AppRegistration.objects.create(channel="toy", name="Toy", credentials={"partner_key": "khoá bí mật"})
    return Authorisation.objects.create(app=app, **tokens)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_and_is_never_stored_alike_twice(text: str) -> None:
    first, second = encrypt(text, place="t.c"), encrypt(text, place="t.c")
    assert decrypt(first, place="t.c") == decrypt(second, place="t.c") == text
    assert first != second


@pytest.mark.django_db
def test_the_table_holds_no_secret_and_the_row_gives_it_back(keys: Any) -> None:
    row = authorisation(access_token="access-1")
    [(credentials,)] = fetch("SELECT credentials FROM integrations_appregistration")
    assert stored().startswith("v1:old:")
    assert "access-1" not in stored()
    assert "partner_key" not in credentials
    row = Authorisation.objects.select_related("app").get()
    assert (row.access_token, row.refresh_token) == ("access-1", "")
    assert row.app.credentials == {"partner_key": "khoá bí mật"}
    assert stored("refresh_token") == ""


@pytest.mark.django_db
def test_an_update_encrypts_as_a_save_does(keys: Any) -> None:
    authorisation()
    Authorisation.objects.update(access_token="access-2")
    assert stored().startswith("v1:old:")
    assert Authorisation.objects.get().access_token == "access-2"


@pytest.mark.django_db
def test_a_secret_moved_to_another_column_is_refused(keys: Any) -> None:
    authorisation(access_token="access-1")
    execute("UPDATE integrations_authorisation SET refresh_token = access_token")
    with pytest.raises(SecretUnreadable, match="altered, moved") as caught:
        Authorisation.objects.get()
    assert "access-1" not in str(caught.value)


@pytest.mark.parametrize(
    "spoilt", ["v1:old:AAAA:AAAA", "v1:old::", "v1:old:AA!A:x", "v2:old:a:b", "v1:gone:a:b", "plain"]
)
def test_what_cannot_be_read_says_why_and_never_shows_the_text(keys: Any, spoilt: str) -> None:
    with pytest.raises(SecretUnreadable, match=r"^t\.c: "):
        decrypt(spoilt, place="t.c")


def test_every_altered_character_is_noticed(keys: Any) -> None:
    text = encrypt("access-1", place="t.c")
    for index in range(len("v1:old:"), len(text) - 2):
        altered = text[:index] + ("A" if text[index] != "A" else "B") + text[index + 1 :]
        with pytest.raises(SecretUnreadable):
            decrypt(altered, place="t.c")


@pytest.mark.django_db
def test_a_new_first_key_writes_the_old_one_reads_until_all_is_rewritten(keys: Any) -> None:
    authorisation(access_token="access-1", refresh_token="refresh-1")
    keys.FIELD_KEYS = {"new": NEW, "old": OLD}
    assert Authorisation.objects.get().access_token == "access-1"
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    call_command("rotate_keys", stdout=out)
    assert [line.split()[0] for line in out.getvalue().splitlines()] == ["3", "0"]
    keys.FIELD_KEYS = {"new": NEW}
    row = Authorisation.objects.select_related("app").get()
    assert (row.access_token, row.refresh_token, row.app.credentials["partner_key"]) == (
        "access-1",
        "refresh-1",
        "khoá bí mật",
    )


@pytest.mark.django_db
def test_a_key_taken_out_too_early_is_named(keys: Any) -> None:
    authorisation(access_token="access-1")
    keys.FIELD_KEYS = {"new": NEW}
    with pytest.raises(SecretUnreadable, match="no key 'old' in FIELD_KEYS"):
        Authorisation.objects.get()


@pytest.mark.django_db
def test_secrets_are_in_no_form_no_dump_and_no_search(keys: Any) -> None:
    row = authorisation(access_token="access-1")
    assert "access_token" not in modelform_factory(Authorisation, fields="__all__").base_fields
    assert "access" not in serializers.serialize("json", [row]).replace("access token", "")
    with pytest.raises(FieldError, match="cannot be searched"):
        Authorisation.objects.filter(access_token="access-1")
    assert Authorisation.objects.filter(access_token__isnull=False).count() == 1
