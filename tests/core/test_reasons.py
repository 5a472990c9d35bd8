"""Reasons: stored as code and values, read in the reader's language, with an outside system's words beside ours."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from core.db import decode, execute, fetch
from core.reason_columns import text_to_reason
from core.reasons import Reason, ReasonField, as_reason, declare, declared, sentence, stored, with_words
from integrations.connectors import channels, connector_of
from integrations.contract import reasons
from integrations.models import AppRegistration, Authorisation

MANY = reasons.BELOW_LEAST(channel="Sendo", least=1)


def test_a_reason_is_read_in_the_language_of_the_reader() -> None:
    with translation.override("vi"):
        assert str(MANY) == "Sendo không hiển thị dưới 1: hãy ngừng bán sản phẩm này trên sàn."
    with translation.override("en"):
        assert str(MANY) == "Sendo shows no fewer than 1: take the listing off sale there."


def test_the_words_of_the_channel_stand_beside_ours() -> None:
    found = with_words(reasons.GONE("item 7"), " not found ")
    assert (str(found), found.text) == (
        "The channel no longer knows it. item 7 not found",
        "The channel no longer knows it.",
    )
    assert with_words("", "no").as_json() == {"words": "no"}


@pytest.mark.parametrize(
    ("cause", "stored"),
    [
        (MANY, {"code": "below_least", "values": {"channel": "Sendo", "least": "1"}}),
        (reasons.GONE, {"code": "gone"}),
        ("too dear", {"words": "too dear"}),
        ("", {}),
        ("x" * 900, {"words": "x" * 500}),
    ],
)
def test_only_what_a_reason_has_is_stored(cause: Any, stored: dict[str, Any]) -> None:
    assert as_reason(cause).as_json() == stored
    assert Reason.from_json(stored) == as_reason(cause)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ({"code": "of_yesterday", "words": "no"}, "of_yesterday no"),
        ({"code": "below_least"}, "%(channel)s shows no fewer than %(least)s: take the listing off sale there."),
        (
            {"code": "below_least", "values": {"least": "1"}},
            "– shows no fewer than 1: take the listing off sale there.",
        ),
        ("a text of an older version", "a text of an older version"),
        (None, ""),
    ],
)
def test_what_another_version_stored_is_shown_as_far_as_it_is_known(stored: Any, shown: str) -> None:
    assert str(Reason.from_json(stored)) == shown


def test_nothing_to_say_is_false() -> None:
    assert not Reason()
    assert Reason(words="no")
    assert sentence("Something.") == "Something."


def test_a_code_is_declared_once() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        declare("gone", _("Shopee"))


def test_every_declared_text_is_translated() -> None:
    for channel in channels():
        connector_of(channel)
    with translation.override("en"):
        english = {code: str(text) for code, text in declared().items()}
    with translation.override("vi"):
        same = {code for code, text in declared().items() if str(text) == english[code]}
    assert len(english) > 200
    assert same == set()


@pytest.mark.django_db
def test_a_column_takes_any_cause_and_gives_a_reason() -> None:
    app = AppRegistration.objects.create(channel="shopee", name="App")
    row = Authorisation.objects.create(app=app)
    for cause, text in ((MANY, str(MANY)), (reasons.GONE, "The channel no longer knows it."), ("no", "no"), ("", "")):
        Authorisation.objects.filter(pk=row.pk).update(reason=cause)
        row.refresh_from_db()
        assert (row.reason, str(row.reason)) == (as_reason(cause), text)
    Authorisation.objects.filter(pk=row.pk).update(reason=MANY)
    assert list(Authorisation.objects.exclude(reason="").values_list("reason", flat=True)) == [MANY]


@pytest.mark.django_db
def test_texts_of_an_older_version_stay_shown() -> None:
    [operation] = text_to_reason("core", "sample", "reason", ReasonField(), length=40).database_operations
    execute("CREATE TABLE core_sample (id int, reason varchar(40) NOT NULL DEFAULT '')")
    execute("INSERT INTO core_sample VALUES (1, 'no ordersn'), (2, '')")
    execute(operation.sql)
    execute("INSERT INTO core_sample (id) VALUES (3)")
    execute("UPDATE core_sample SET reason = %s::jsonb WHERE id = 2", stored(MANY))
    assert [
        str(Reason.from_json(decode(found))) for (found,) in fetch("SELECT reason FROM core_sample ORDER BY id")
    ] == [
        "no ordersn",
        str(MANY),
        "",
    ]
    execute(operation.reverse_sql)
    assert fetch("SELECT reason FROM core_sample ORDER BY id") == [("no ordersn",), ("below_least",), ("",)]
