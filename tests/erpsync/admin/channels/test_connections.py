"""Connections in the admin: who sees and changes one without a shop, and the links on a connection's page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.contrib.auth.models import AbstractBaseUser
from django.test import Client
from django.urls import reverse

from integrations.accounts.links import link, targets
from integrations.connectors import connector_of
from integrations.contract.connector import Health, Role
from integrations.models import AppRegistration, Authorisation, BackfillRun, Connection, InboxEvent, Link
from inventory.models import ShopMembership, Warehouse
from tests.erpsync.admin.worlds import World, world
from tests.integrations.toy import install, toy_connector

pytestmark = pytest.mark.django_db

LEDGER = replace(
    toy_connector(), channel="toy_ledger", title="Toy ledger", roles=frozenset({Role.LEDGER}), reads={},
    check=lambda access: Health("Sổ cái Sen Việt"),
)  # fmt: skip
CARRIER = replace(LEDGER, channel="toy_carrier", title="Toy carrier", roles=frozenset({Role.CARRIER}))


@dataclass
class Books:
    """A ledger without a shop that serves two shops, with a dead letter."""

    first: World
    second: World
    stranger: World
    ledger: Connection
    dead: InboxEvent


@pytest.fixture(autouse=True)
def guests(monkeypatch: pytest.MonkeyPatch, redis: object) -> None:
    install(monkeypatch, LEDGER, CARRIER)


def account(channel: str, name: str) -> Connection:
    app = AppRegistration.objects.create(channel=channel, name=name)
    granted = Authorisation.objects.create(app=app, access_token="t")
    return Connection.objects.create(authorisation=granted, external_id=name, name=name)


@pytest.fixture
def books() -> Books:
    ledger = account("toy_ledger", "Sổ cái")
    first, second, stranger = (world(mark, channel="shopee") for mark in ("FIRST", "SECOND", "STRANGER"))
    for served in (first, second):
        link(served.connection, Role.LEDGER, ledger)
    dead = InboxEvent.objects.create(
        app=ledger.authorisation.app, connection=ledger, kind="journal", external_id="DEAD-ENTRY", source="webhook",
        state="dead", reason_code="no_answer",
    )  # fmt: skip
    return Books(first, second, stranger, ledger, dead)


def page(row: Any, name: str = "change") -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{name}", args=[row.pk])


def listed(client: Client, model: type[Any]) -> str:
    return client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")).content.decode()


def as_role(client: Client, user: AbstractBaseUser, role: str) -> None:
    ShopMembership.objects.filter(user=user).update(role=role)
    client.force_login(user)


def test_a_viewer_of_a_linked_shop_sees_the_connection_and_its_dead_letters(client: Client, books: Books) -> None:
    as_role(client, books.first.manager, "viewer")
    for row, name in ((books.ledger, "Sổ cái"), (books.dead, "DEAD-ENTRY")):
        assert client.get(page(row)).status_code == 200
        assert name in listed(client, type(row))
    assert "Sổ cái" in client.get(reverse("admin:index")).content.decode()
    assert client.post(page(books.ledger), {}).status_code == 403
    assert client.post(page(books.dead, "retry_this"), {"_form_submitted": "on"}).status_code == 403


def test_a_shared_account_names_only_those_of_its_shops_that_the_reader_may_see(
    client: Client, admin_client: Client, books: Books
) -> None:
    as_role(client, books.first.manager, "viewer")
    shown = client.get(page(books.ledger)).content.decode()
    assert str(books.first.connection) in shown
    assert str(books.second.connection) not in shown
    assert str(books.second.connection) in admin_client.get(page(books.ledger)).content.decode()


def test_a_stranger_finds_neither(client: Client, books: Books) -> None:
    client.force_login(books.stranger.manager)
    for row, name in ((books.ledger, "Sổ cái"), (books.dead, "DEAD-ENTRY")):
        # Django's admin answers a row that is not there with the way back to its list
        assert client.get(page(row)).status_code in (302, 404)
        assert client.get(page(row, "history")).status_code in (302, 404)
        assert name not in listed(client, type(row))
    assert client.get(page(books.ledger, "check_now")).status_code == 404
    assert client.get(page(books.dead, "retry_this")).status_code == 404
    assert "Sổ cái" not in client.get(reverse("admin:index")).content.decode()


def test_it_is_changed_by_those_who_manage_all_linked_shops(client: Client, books: Books) -> None:
    client.force_login(books.first.manager)
    assert client.post(page(books.ledger), {}).status_code == 403
    assert client.post(page(books.ledger, "check_now"), {"_form_submitted": "on"}).status_code == 403
    ShopMembership.objects.create(user=books.first.manager, shop=books.second.shop, role="operator")
    assert client.post(page(books.ledger), {}).status_code == 403
    assert client.post(page(books.dead, "retry_this"), {"_form_submitted": "on"}).status_code == 200
    ShopMembership.objects.filter(user=books.first.manager).update(role="manager")
    assert client.post(page(books.ledger), {}).status_code == 302
    books.ledger.refresh_from_db()
    assert not books.ledger.is_active


def test_all_dead_letters_of_a_shared_account_are_retried_by_operators_of_all_its_shops(
    client: Client, books: Books
) -> None:
    address = reverse("admin:integrations_inboxevent_retry_all")
    client.force_login(books.first.manager)
    client.post(address, {"_form_submitted": "on"})
    books.dead.refresh_from_db()
    assert books.dead.state == "dead"
    ShopMembership.objects.create(user=books.first.manager, shop=books.second.shop, role="operator")
    client.post(address, {"_form_submitted": "on"})
    # the dead letter is settled by a new event
    assert [event.state for event in InboxEvent.objects.filter(external_id="DEAD-ENTRY").order_by("pk")] == [
        "duplicate", "pending",
    ]  # fmt: skip


def test_a_connection_with_a_shop_is_that_shops_alone(client: Client, books: Books) -> None:
    """Links show nobody the POS' till sales, and take from nobody the connection of the own shop."""
    pos = world("POS", channel="kiotviet")
    Link.objects.create(connection=books.first.connection, role=Role.POS, target=pos.connection)
    client.force_login(books.first.manager)
    assert client.get(page(pos.connection)).status_code in (302, 404)
    assert client.post(page(books.first.connection), {"pos": pos.connection.pk}).status_code == 302
    client.force_login(pos.manager)
    assert client.get(page(books.first.connection)).status_code in (302, 404)


def test_an_account_linked_to_nobody_is_for_superusers(client: Client, admin_client: Client, books: Books) -> None:
    Link.objects.all().delete()
    client.force_login(books.first.manager)
    assert "Sổ cái" not in listed(client, Connection)
    assert "Sổ cái" in listed(admin_client, Connection)
    assert admin_client.get(page(books.ledger)).status_code == 200
    assert admin_client.get(page(books.ledger, "disconnect")).status_code == 200


def test_history_of_an_account_without_a_shop_is_listed(admin_client: Client, client: Client, books: Books) -> None:
    run = BackfillRun.objects.create(connection=books.ledger, kind="order", until="2026-11-21T00:00Z", state="paused")
    assert "Sổ cái" in listed(admin_client, BackfillRun)
    client.force_login(books.second.manager)
    assert "Sổ cái" in client.get(page(run)).content.decode()
    client.force_login(books.stranger.manager)
    assert "Sổ cái" not in listed(client, BackfillRun)


# --- the form of links ---


def test_links_are_chosen_on_the_page_of_a_connection(client: Client, books: Books) -> None:
    carriers = [account("toy_carrier", name) for name in ("GHN", "GHTK", "foreign")]
    for carrier in carriers[:2]:
        link(books.first.connection, Role.CARRIER, carrier)
    link(books.stranger.connection, Role.CARRIER, carriers[2])
    client.force_login(books.first.manager)
    form = client.get(page(books.first.connection)).context["adminform"].form
    assert [name for name in form.fields if not name.startswith("declared_")] == [
        "is_active", "pos", "pos_imports_itself", "crm", "ledger", "carrier",
    ]  # fmt: skip
    assert list(form.fields["carrier"].queryset) == carriers[:2]
    assert form.fields["ledger"].initial == books.ledger
    client.post(page(books.first.connection), {"is_active": "on", "carrier": [carriers[1].pk]})
    assert list(targets(books.first.connection, Role.CARRIER)) == [carriers[1]]
    assert not targets(books.first.connection, Role.LEDGER)
    client.post(page(books.first.connection), {"is_active": "on", "carrier": [carriers[2].pk]})
    assert list(targets(books.first.connection, Role.CARRIER)) == [carriers[1]]


def test_a_pos_that_imports_by_itself_is_a_setting_of_its_link(client: Client, books: Books) -> None:
    pos, mine = world("POS", channel="kiotviet"), books.first.connection
    ShopMembership.objects.create(user=books.first.manager, shop=pos.shop, role="operator")
    client.force_login(books.first.manager)
    client.post(page(mine), {"is_active": "on", "pos": pos.connection.pk, "pos_imports_itself": "on"})
    assert list(mine.links.filter(role="pos").values_list("target", "settings")) == [
        (pos.connection.pk, {"imports_itself": True})
    ]
    assert client.get(page(mine)).context["adminform"].form.fields["pos_imports_itself"].initial
    client.post(page(mine), {"is_active": "on", "pos": pos.connection.pk})
    assert list(mine.links.filter(role="pos").values_list("settings", flat=True)) == [{}]


def test_a_pos_whose_stock_is_sold_stays_and_the_page_says_why(client: Client, books: Books) -> None:
    pos, mine = world("POS", channel="kiotviet"), books.first.connection
    link(mine, Role.POS, pos.connection)
    books.first.shop.sells_from.add(pos.warehouse)
    client.force_login(books.first.manager)
    answer = client.post(page(mine), {"is_active": "on", "pos": ""})
    assert "sells from branches of the POS (POS branch)" in answer.content.decode()
    assert list(targets(mine, Role.POS)) == [pos.connection]
    # whoever saves the page without a right to see the POS keeps it
    client.post(page(mine), {"is_active": "on", "pos": pos.connection.pk})
    assert list(targets(mine, Role.POS)) == [pos.connection]


def test_a_shop_is_offered_warehouses_managed_here_and_branches_of_its_pos(client: Client, books: Books) -> None:
    pos, other = world("POS", channel="kiotviet"), world("OTHER", channel="kiotviet")
    here = Warehouse.objects.create(name="Kho nhà")
    user, shop = books.first.manager, books.first.shop
    for seen in (pos, other):
        ShopMembership.objects.create(user=user, shop=seen.shop, role="operator")
    books.second.shop.sells_from.add(here)
    ShopMembership.objects.create(user=user, shop=books.second.shop, role="operator")
    link(books.first.connection, Role.POS, pos.connection)
    client.force_login(user)
    form = client.get(page(shop)).context["adminform"].form
    assert set(form.fields["sells_from"].queryset) == {here, pos.warehouse, books.first.warehouse}
    policy = {
        "sells_from": [here.pk, other.warehouse.pk], "returns_to": "", "safety_stock": 0, "share_percent": 100, "price_move_percent": 50,
        "scarce_below": 0, "priority": 1, "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0,
    }  # fmt: skip
    assert client.post(page(shop), policy).status_code == 200
    assert set(shop.sells_from.all()) == {books.first.warehouse}
    # a source of the days before links is named, not dropped
    shop.sells_from.add(other.warehouse)
    assert "OTHER branch: branches of a POS that is not linked" in client.post(page(shop), policy).content.decode()
    answer = client.post(page(shop), policy | {"sells_from": [here.pk, pos.warehouse.pk]})
    assert answer.status_code == 302, answer.context["errors"]
    assert set(shop.sells_from.all()) == {here, pos.warehouse}


# --- connecting ---


def test_an_account_without_a_shop_is_connected_for_the_shops_it_serves(client: Client, books: Books) -> None:
    app = books.ledger.authorisation.app
    address = f"{reverse('admin:integrations_connection_add')}?app={app.pk}"
    client.force_login(books.first.manager)
    form = client.get(address).context["form"]
    assert list(form.fields) == ["shop_id", "shop_name", "serves"]
    assert set(form.fields["serves"].queryset) == {books.first.connection}
    assert client.post(address, {"shop_id": "B2"}).status_code == 200
    assert client.post(address, {"shop_id": "B2", "serves": [books.second.connection.pk]}).status_code == 200
    assert not Connection.objects.filter(external_id="B2").exists()
    answer = client.post(address, {"shop_id": "B2", "serves": [books.first.connection.pk]})
    made = Connection.objects.get(external_id="B2")
    assert answer["Location"] == page(made)
    assert (made.shop, made.name) == (None, "Sổ cái Sen Việt")
    assert list(targets(books.first.connection, Role.LEDGER)) == [made]
    assert client.get(page(made)).status_code == 200


def test_a_shared_account_is_not_taken_over(client: Client, books: Books) -> None:
    app = books.ledger.authorisation.app
    client.force_login(books.first.manager)
    answer = client.post(
        f"{reverse('admin:integrations_connection_add')}?app={app.pk}",
        {"shop_id": books.ledger.external_id, "serves": [books.first.connection.pk]},
    )
    assert "connected already" in answer.content.decode()


@pytest.mark.parametrize(("kind", "fields"), [("", {"code", "access_token", "refresh_token"}), ("in_house", set())])
def test_an_in_house_tiki_app_asks_for_no_code_and_shows_no_page(
    admin_client: Client, kind: str, fields: set[str]
) -> None:
    """The kind of consent is the registration's, not the channel's."""
    settings = {"app_kind": kind}
    keys = {"client_id": "i", "client_secret": "s"} | settings
    app = AppRegistration.objects.create(channel="tiki", name="T", credentials=keys, settings=settings)
    context = admin_client.get(f"{reverse('admin:integrations_connection_add')}?app={app.pk}").context
    assert set(context["form"].fields) & {"code", "access_token", "refresh_token"} == fields
    assert bool(context["agree_at"]) is bool(fields)
    assert admin_client.post(reverse("connect_leave", args=[app.pk])).status_code == (302 if fields else 404)
    assert connector_of("tiki").consent is not None
    made = Connection.objects.create(authorisation=Authorisation.objects.create(app=app), external_id="7", name="Tiki")
    dialog = admin_client.get(page(made, "connect_again")).content.decode()
    assert {name for name in ("code", "access_token", "refresh_token") if f'name="{name}"' in dialog} == fields
    assert (page(made, "agree_again") in admin_client.get(page(made)).content.decode()) is bool(fields)
