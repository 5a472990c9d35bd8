"""Nothing of one shop is visible to a member of another: over every admin class there is, by list, search, address and action."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from orders.models import OrderTag
from tests.erpsync.admin.worlds import World, managed, rows, world

pytestmark = pytest.mark.django_db

OTHERS = "ZZOTHERS"
OWN = "AAOWN"


def address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def own(db: None) -> World:
    return world(OWN)


@pytest.fixture
def others(own: World) -> dict[str, set[Any]]:
    """What the other shop brought: its rows by model."""
    before = rows()
    world(OTHERS)
    return {label: keys - before[label] for label, keys in rows().items()}


@pytest.fixture
def member(client: Client, own: World) -> Client:
    client.force_login(own.manager)
    return client


def buttons(model_admin: Any) -> list[str]:
    """The buttons of a row's page, those in menus too."""
    offered = getattr(model_admin, "actions_detail", None) or ()
    return [name for one in offered for name in (one["items"] if isinstance(one, dict) else (one,))]


def every_page(model: type[Model], key: Any) -> Iterator[str]:
    """Every address that names one row of a model: its pages and its actions."""
    model_admin = admin.site._registry[model]
    yield from (address(model, page, quote(key)) for page in ("change", "delete", "history"))
    for name in buttons(model_admin):
        yield address(model, name, quote(key))


def test_the_other_shop_has_a_row_of_everything_that_is_shown(others: dict[str, set[Any]]) -> None:
    """Else the tests below would pass by looking at nothing."""
    assert not [model._meta.label for model in managed() if not others[model._meta.label]]


@pytest.mark.parametrize("term", ["", OTHERS, f"{OTHERS}-SKU", f"{OTHERS}-dead", f"{OTHERS}-ORDER-1-T"])
def test_lists_and_searches_show_nothing_of_another_shop(
    others: dict[str, set[Any]], member: Client, term: str
) -> None:
    for model in managed():
        answer = member.get(address(model, "changelist"), {"q": term} if term else {})
        assert answer.status_code in (200, 302, 403), model
        shown = answer.content.decode()
        for echo in (f'value="{term}"', f"q%3D{term}", f"q={term}"):
            shown = shown.replace(echo, "") if term else shown
        assert OTHERS not in shown, model


def test_no_page_of_another_shop_opens(others: dict[str, set[Any]], member: Client) -> None:
    for model in managed():
        for key in others[model._meta.label]:
            for url in every_page(model, key):
                for answer in (member.get(url), member.post(url, {"_form_submitted": "on", "post": "yes"})):
                    assert answer.status_code in (302, 403, 404), url
                    assert OTHERS not in answer.content.decode(), url


def test_nothing_of_another_shop_is_offered_by_autocomplete(others: dict[str, set[Any]], member: Client) -> None:
    for model in managed():
        for field in model._meta.get_fields():
            if field.is_relation and not field.auto_created and field.related_model in admin.site._registry:
                query = {
                    "app_label": model._meta.app_label,
                    "model_name": model._meta.model_name,
                    "field_name": field.name,
                }
                answer = member.get(reverse("admin:autocomplete"), query | {"term": OTHERS})
                assert OTHERS not in answer.content.decode(), field


def test_no_bulk_action_touches_another_shop(others: dict[str, set[Any]], member: Client) -> None:
    before = {
        model: list(model._default_manager.order_by("pk").values()) for model in managed() if others[model._meta.label]
    }
    for model in managed():
        for name in admin.site._registry[model].actions or ():
            action = name if isinstance(name, str) else name.__name__
            chosen = {"action": action, "_selected_action": [str(key) for key in others[model._meta.label]]}
            answer = member.post(address(model, "changelist"), chosen, follow=True)
            assert OTHERS not in answer.content.decode(), (model, action)
    assert before == {model: list(model._default_manager.order_by("pk").values()) for model in before}


def test_pages_of_ones_own_rows_name_nothing_of_another_shop(
    own: World, others: dict[str, set[Any]], member: Client
) -> None:
    """Choices in forms, filters and rows behind a row are places where a name slips out."""
    opened = 0
    for model in managed():
        for key in rows()[model._meta.label] - others[model._meta.label]:
            answer = member.get(address(model, "change", quote(key)))
            opened += answer.status_code == 200
            assert OTHERS not in answer.content.decode(), (model, key)
    assert opened >= 8


def test_a_superuser_sees_both(own: World, others: dict[str, set[Any]], admin_client: Client) -> None:
    for model in managed():
        answer = admin_client.get(address(model, "changelist"))
        assert answer.status_code == 200, model
        # all shops of the house see a tag's name: it bears no mark
        for mark in () if model is OrderTag else (OTHERS, OWN):
            assert mark in answer.content.decode(), model
        for key in others[model._meta.label]:
            assert admin_client.get(address(model, "change", quote(key))).status_code == 200, (model, key)


def test_staff_without_a_shop_sees_no_list(others: dict[str, set[Any]], client: Client, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user("new", is_staff=True))
    assert {client.get(address(model, "changelist")).status_code for model in managed()} == {403}


@pytest.mark.parametrize("role", ["viewer", "operator", "manager"])
def test_a_viewer_looks_and_touches_nothing(client: Client, role: str) -> None:
    made = world("ROLE", role=role)
    client.force_login(made.manager)
    for model in managed():
        model_admin = admin.site._registry[model]
        for name in buttons(model_admin):
            for key in rows()[model._meta.label]:
                answer = client.get(address(model, name, quote(key)))
                if role == "viewer":
                    assert answer.status_code in (403, 404), (model, name)
    nothing_behind = {"stocks-TOTAL_FORMS": 0, "stocks-INITIAL_FORMS": 0}
    client.post(
        address(type(made.listing), "change", made.listing.pk),
        {"units": 3, "product": made.product.pk, "wanted_price": "", **nothing_behind},
    )
    made.listing.refresh_from_db()
    assert made.listing.units == (1 if role == "viewer" else 3)
