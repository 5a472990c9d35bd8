"""What people can type into an address or a form: never a 500, and a page in their language with a way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle, islice
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import DataError, IntegrityError
from django.http import HttpResponse
from django.template import loader
from django.test import Client, RequestFactory
from django.utils import translation
from psycopg.errors import UniqueViolation

from erpsync import errors
from tests.erpsync.admin.kit.test_permissions import address
from tests.erpsync.admin.worlds import World, managed, world

pytestmark = pytest.mark.django_db

OF_FIELDS = (
    "{field}__regex=[", "{field}__iregex=[", "{field}=%00", "{field}__icontains=%00", "{field}=99999999999999999999999",
    "{field}__in=%00,1", "{field}__isnull=x",
)  # fmt: skip
OF_LISTS = ("q=%00", "o=%00", "p=%00", "%00=1", "id__exact=%00", "e=1", "o=-99.x", "p=99999999999999")
OF_FILTERS = ("%00", "x", "99999999999999999999999", "\u00b2", "[")
# a whole page is drawn for each: every list is asked every shape of a field, and some of what all lists share in turn
OF_LISTS_EACH, OF_FILTERS_EACH = 3, 2


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN")
    client.force_login(made.manager)
    client.raise_request_exception = False
    return made


def lookups() -> Iterator[str]:
    """Yield the addresses: of each list all shapes of a field, its two first fields in turn, and some of the others in turn."""
    lists, values = cycle(OF_LISTS), cycle(OF_FILTERS)
    for number, model in enumerate(managed()):
        url = address(model, "changelist")
        fields = [field.attname for field in model._meta.concrete_fields if not field.is_relation][:2]
        for turn, shape in enumerate(OF_FIELDS, start=number):
            yield f"{url}?{shape.format(field=fields[turn % len(fields)])}"
        yield from (f"{url}?{query}" for query in islice(lists, OF_LISTS_EACH))
        for its_filter in admin.site._registry[model].list_filter:
            if name := getattr(its_filter, "parameter_name", None):
                yield from (f"{url}?{name}={value}" for value in islice(values, OF_FILTERS_EACH))


def test_no_lookup_in_the_address_of_a_list_is_a_500(own: World, client: Client) -> None:
    statuses = {url: client.get(url).status_code for url in lookups()}
    assert len(statuses) > 500
    assert {url: status for url, status in statuses.items() if status not in (200, 302, 400, 403, 404)} == {}


@pytest.mark.parametrize("url", ["/admin/r/1/1/", "/admin/r/1/", "/admin/nothing/", "/nothing/"])
def test_what_is_not_there_is_404(own: World, client: Client, url: str) -> None:
    assert client.get(url, follow=True).status_code == 404


@pytest.mark.parametrize("data", [{"name": "a\0b"}, {"a\0b": "1"}])
def test_a_nul_in_a_form_is_400(own: World, client: Client, data: dict[str, str]) -> None:
    url, kind = address(type(own.shop), "change", own.shop.pk), "application/x-www-form-urlencoded"
    assert client.post(url, urlencode(data), content_type=kind).status_code == 400


def test_a_pattern_is_no_lookup(own: World, client: Client) -> None:
    page = client.get(address(type(own.order), "changelist"), {"number__regex": "."})
    assert page.status_code == 400
    assert "This address cannot be read" in page.content.decode()


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
@pytest.mark.parametrize(("language", "back"), [("en", "To the dashboard"), ("vi", "V\u1ec1 trang t\u1ed5ng quan")])
def test_each_page_is_in_the_language_of_its_reader_and_leads_back(name: str, language: str, back: str) -> None:
    with translation.override(language):
        page = loader.get_template(f"{name}.html").render()
    assert back in page
    assert f'lang="{language}"' in page
    assert 'href="/admin/"' in page


def answered(raised: Callable[[], None], method: str = "POST") -> HttpResponse | None:
    request = RequestFactory().generic(method, "/admin/auth/user/add/")
    request._messages = Said()  # type: ignore[attr-defined]
    try:
        raised()
    except Exception as error:
        return errors.BadInput(lambda _: HttpResponse()).process_exception(request, error)
    raise AssertionError("nothing was raised")


class Said(list[str]):
    def add(self, _level: int, text: str, _tags: str) -> None:
        self.append(text)


def doubled() -> None:
    raise IntegrityError("duplicate key") from UniqueViolation("duplicate key")


def too_long() -> None:
    raise DataError("value too long")


def other() -> None:
    raise IntegrityError("null value") from ValueError("not a double")


@pytest.mark.parametrize(
    ("raised", "method", "status"),
    [(doubled, "POST", 302), (doubled, "GET", None), (too_long, "GET", 400), (other, "POST", None)],
)
def test_what_the_database_refuses_is_the_sender_s_mistake(raised: Any, method: str, status: int | None) -> None:
    found = answered(raised, method)
    assert (found.status_code if found else None) == status


def test_the_same_account_made_twice_at_once_is_said_on_the_form(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second of two forms that were both found right: as its own check of the name sees it, the name is free."""
    client.force_login(get_user_model().objects.create_superuser("root", password="x"))
    get_user_model().objects.create_user("twice", password="x")
    monkeypatch.setattr("django.contrib.auth.forms.BaseUserCreationForm.validate_unique", lambda self: None)
    monkeypatch.setattr(
        "django.contrib.auth.forms.UserCreationForm.clean_username", lambda self: "twice", raising=False
    )
    monkeypatch.setattr("unfold.forms.UserCreationForm.validate_constraints", lambda self: None, raising=False)
    form = {"username": "twice", "password1": "a long enough one", "password2": "a long enough one"}
    page = client.post("/admin/auth/user/add/", form, follow=True)
    assert page.redirect_chain == [("/admin/auth/user/add/", 302)]
    assert "Somebody stored the same a moment before you." in page.content.decode()
