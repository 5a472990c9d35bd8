"""Links, connections and registrations of a database that the version before filled, after migrating forward.

The dump is the whole database: schema, rows and `django_migrations`. Who sees what is asked of the code as it is now.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest
from pytest_django.plugin import DjangoDbBlocker

from core.db import fetch
from core.encryption import encrypt
from erpsync import permissions
from integrations.accounts.links import sources_for
from integrations.models import AppRegistration, Authorisation, Connection, Link
from inventory.models import Shop, ShopMembership

# one database for all: two workers would each migrate one
pytestmark = pytest.mark.xdist_group("links")

DUMP = Path(__file__).with_name("before_the_house_opened.sql")

# a registration as the version before stored it, settings among its credentials
TIKI = """
INSERT INTO public.integrations_appregistration
    (channel, name, key, credentials, settings, base_url, callback_url, queue_ack, is_active)
VALUES ('tiki', 'Tiki', 'tiki-key', %s, '{"limit_write": "9"}', '', '', '', true)
"""
OF_TIKI = {
    "client_id": "t", "client_secret": "ts", "webhook_secret": "tw", "app_kind": "in_house", "client_auth": "form",
    "queue_code": "q", "redirect_uri": "https://x",
}  # fmt: skip


@pytest.fixture(scope="module")
def database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The dump in a database of its own on the test's server, as the default one, migrated by the code as it is now."""
    settings = connection.settings_dict
    own, name = settings["NAME"], f"{settings['NAME']}_links"
    with django_db_blocker.unblock():
        connection.close()
        with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
            cursor.execute(f'CREATE DATABASE "{name}"')
        settings["NAME"] = name
        try:
            with connection.cursor() as cursor:
                cursor.execute(DUMP.read_text())
                cursor.execute(TIKI, [encrypt(json.dumps(OF_TIKI), place="integrations_appregistration.credentials")])
            call_command("migrate", verbosity=0)
            yield
        finally:
            connection.close()
            settings["NAME"] = own
            with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
                cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            ContentType.objects.clear_cache()


@pytest.fixture
def migrated(database: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


def seen_by(name: str, role: str = permissions.VIEWER) -> list[int]:
    request = HttpRequest()
    request.user = get_user_model().objects.get(username=name)
    return permissions.connection_ids(request, role)


def test_everything_of_a_connection_is_kept(migrated: None) -> None:
    assert list(Link.objects.values_list("connection_id", "role", "target_id", "settings").order_by("pk")) == [
        (23, "pos", 21, {}),
        (23, "crm", 22, {}),
        (24, "pos", 21, {"imports_itself": True}),
    ]
    rows = Connection.objects.order_by("pk").values_list("pk", "shop_id", "external_id", "name", "is_active", "trouble")
    assert [(*row[:5], str(row[5])) for row in rows] == [
        (21, 11, "nhaminh", "Cửa hàng Nhà Minh", True, ""),
        (22, 12, "NHAMINH", "Sổ khách Nhà Minh", True, ""),
        (23, 13, "220451", "Shopee Nhà Minh", True, ""),
        (24, 14, "VN8KL", "Lazada Nhà Minh", True, ""),
        (25, 15, "sendo-9", "Sendo Nhà Minh", True, "Sendo does not answer"),
    ]
    assert all(found.created_at == found.own_shop.created_at for found in Connection.objects.select_related("shop"))
    assert Shop.objects.count() == 5
    assert ShopMembership.objects.count() == 7


def test_the_same_people_see_and_change_the_same_connections(migrated: None) -> None:
    everything = [21, 22, 23, 24, 25]
    assert {name: seen_by(name) for name in ("chi_hoa", "nhan_vien_shopee", "ke_toan_crm", "admin")} == {
        "chi_hoa": everything, "nhan_vien_shopee": [23], "ke_toan_crm": [22], "admin": everything,
    }  # fmt: skip
    assert {name: seen_by(name, permissions.MANAGER) for name in ("chi_hoa", "nhan_vien_shopee", "ke_toan_crm")} == {
        "chi_hoa": everything, "nhan_vien_shopee": [], "ke_toan_crm": [22],
    }  # fmt: skip


def test_every_shop_may_go_on_selling_from_its_warehouses(migrated: None) -> None:
    for shop in Shop.objects.all():
        assert set(shop.sells_from.all()) <= set(sources_for(shop)), shop


def test_settings_leave_the_credentials_and_secrets_stay_readable(migrated: None) -> None:
    assert Authorisation.objects.get(pk=53).refresh_token == "shopee-refresh-token"
    assert {app.channel: (app.credentials, app.settings) for app in AppRegistration.objects.all()} == {
        "kiotviet": (
            {"client_id": "kv-client", "client_secret": "kv-secret", "webhook_secret": "kv-webhook"},
            {},
        ),
        "lazada": ({"app_key": "2002", "app_secret": "lazada-secret"}, {}),
        "misa_crm": ({"client_id": "NhaMinh", "client_secret": "misa-secret"}, {}),
        "sendo": ({"secret_key": "sd-secret", "shop_key": "sd-shop"}, {}),
        "shopee": (
            {"partner_id": "1001", "partner_key": "shopee-key", "push_partner_key": ""},
            {"consent_page": "", "escrow_method": "", "push_key": ""},
        ),
        "tiki": (
            {"client_id": "t", "client_secret": "ts", "webhook_secret": "tw"},
            {"app_kind": "in_house", "client_auth": "form", "limit_write": "9", "queue_code": "q", "redirect_uri": "https://x"},
        ),
    }  # fmt: skip


def test_the_way_back_keeps_who_is_linked_to_whom(migrated: None) -> None:
    """The last test: the database is that of the version before afterwards."""
    executor = MigrationExecutor(connection)
    # by its steps: the squashed migration that replaces them has no way back in the middle
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    executor.migrate([("integrations", "0007_command")])
    rows = fetch(
        "SELECT id, pos_id, crm_id, pos_imports_itself FROM integrations_connection WHERE shop_id IS NOT NULL ORDER BY id"
    )
    assert rows == [
        (21, None, None, False),
        (22, None, None, False),
        (23, 21, 22, False),
        (24, 21, None, True),
        (25, None, None, False),
    ]
