"""Registrations in the admin: credentials and settings side by side on the form, apart in the database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from integrations.accounts.registrations import webhook_address
from integrations.contract.declarations import Field
from integrations.models import AppRegistration
from inventory.models import ShopMembership
from tests.erpsync.admin.worlds import world
from tests.integrations.toy import install, toy_connector

pytestmark = pytest.mark.django_db

CONNECTOR = replace(
    toy_connector(),
    account_fields=(Field("key", "Key"), Field("secret", "Secret", secret=True)),
    account_settings=(
        Field("page", "Page", required=False, choices=(("", "New"), ("old", "Old"))),
        Field("place", "Place"),
    ),
)
FIXED = {"name": "Toy", "base_url": "", "callback_url": "", "is_active": "on"}


def posted(**declared: str) -> dict[str, str]:
    return FIXED | {f"declared_{name}": value for name, value in declared.items()}


@pytest.fixture
def form(monkeypatch: pytest.MonkeyPatch) -> str:
    install(monkeypatch, CONNECTOR)
    return f"{reverse('admin:integrations_appregistration_add')}?channel=toy"


def stored_text() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials, settings::text FROM integrations_appregistration")
        [(credentials, settings)] = cursor.fetchall()
    return credentials, settings


def test_credentials_are_encrypted_and_settings_are_plain(admin_client: Client, form: str) -> None:
    answer = admin_client.post(form, posted(key="k-1", secret="s-1", page="old", place="Hà Nội"))
    assert answer.status_code == 302, answer.context["errors"]
    app = AppRegistration.objects.get()
    assert (app.credentials, app.settings) == ({"key": "k-1", "secret": "s-1"}, {"page": "old", "place": "Hà Nội"})
    credentials, settings = stored_text()
    assert not {word for word in ("k-1", "s-1", "place") if word in credentials}
    assert settings == '{"page": "old", "place": "Hà Nội"}'


def test_both_are_shown_but_secrets_and_a_setting_can_be_emptied(admin_client: Client, form: str) -> None:
    admin_client.post(form, posted(key="k-1", secret="s-1", page="old", place="Hà Nội"))
    app = AppRegistration.objects.get()
    address = reverse("admin:integrations_appregistration_change", args=[app.pk])
    fields = admin_client.get(address).context["adminform"].form.fields
    assert [name for name in fields if name.startswith("declared_")] == [
        f"declared_{name}" for name in ("key", "secret", "page", "place")
    ]
    assert [fields[f"declared_{name}"].initial for name in ("key", "secret", "page", "place")] == [
        "k-1", None, "old", "Hà Nội",
    ]  # fmt: skip
    assert "s-1" not in admin_client.get(address).content.decode()
    assert admin_client.post(address, posted(key="k-2", secret="", page="", place="Huế")).status_code == 302
    app.refresh_from_db()
    assert (app.credentials, app.settings) == ({"key": "k-2", "secret": "s-1"}, {"page": "", "place": "Huế"})


def test_what_is_missing_is_named_at_its_field_and_nothing_is_stored(admin_client: Client, form: str) -> None:
    answer = admin_client.post(form, posted(key="", secret="", page="wrong", place=""))
    assert set(answer.context["adminform"].form.errors) == {
        "declared_key", "declared_secret", "declared_page", "declared_place",
    }  # fmt: skip
    assert not AppRegistration.objects.exists()


def test_a_missing_setting_makes_a_registration_incomplete(admin_client: Client, form: str) -> None:
    AppRegistration.objects.create(channel="toy", name="Toy", credentials={"key": "k", "secret": "s"})
    listed = reverse("admin:integrations_appregistration_changelist")
    assert "Incomplete" in admin_client.get(listed).content.decode()
    AppRegistration.objects.update(settings={"place": "Huế"})
    assert "Incomplete" not in admin_client.get(listed).content.decode()


@pytest.mark.parametrize(("role", "shown"), [("viewer", False), ("operator", False), ("manager", True)])
def test_the_webhook_address_is_for_managers_of_a_shop_of_the_app(client: Client, role: str, *, shown: bool) -> None:
    own = world("OWN", channel="sendo", role=role)
    AppRegistration.objects.filter(pk=own.app.pk).update(callback_url=webhook_address(own.app))
    client.force_login(own.manager)
    page = client.get(reverse("admin:integrations_appregistration_change", args=[own.app.pk]))
    assert page.status_code == 200
    assert (own.app.key in page.content.decode()) is shown


def test_a_manager_elsewhere_does_not_read_the_address(client: Client) -> None:
    own, other = world("OWN", role="viewer"), world("OTHER")
    ShopMembership.objects.create(user=own.manager, shop=other.shop, role="manager")
    client.force_login(own.manager)
    page = client.get(reverse("admin:integrations_appregistration_change", args=[own.app.pk]))
    assert own.app.key not in page.content.decode()
