"""Links between connections: roles, cardinality, what they mean for the stock a shop sells and for who sees a connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from integrations.accounts.links import (
    channels_with,
    choose_sources,
    link,
    served_by,
    shops_by_connection,
    sources_for,
    targets,
    unlink,
)
from integrations.contract.connector import Connector, Role
from integrations.contract.reads import Reader
from integrations.models import AppRegistration, Authorisation, Connection, Link
from inventory.models import Shop, Warehouse
from tests.integrations.toy import Toy, install, toy_connector

pytestmark = pytest.mark.django_db

PLAIN = replace(toy_connector(), reads={})
CONNECTORS = {
    role: replace(PLAIN, channel=f"toy_{role}", roles=frozenset({role}))
    for role in (Role.MARKETPLACE, Role.POS, Role.CRM, Role.LEDGER, Role.PAYMENTS, Role.CARRIER)
}
_numbers = count(1)

Connect = Callable[[Role], Connection]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    install(monkeypatch, *CONNECTORS.values())

    def connected(role: Role) -> Connection:
        number, connector = next(_numbers), CONNECTORS[role]
        app = AppRegistration.objects.create(channel=connector.channel, name=str(number))
        shop = None
        if connector.has_shop:
            shop = Shop.objects.create(
                name=f"{role} {number}", channel=connector.channel, keeps_stock=connector.keeps_stock
            )
        authorisation = Authorisation.objects.create(app=app, access_token="t")
        return Connection.objects.create(
            authorisation=authorisation, shop=shop, external_id=str(number), name=f"{role} {number}"
        )

    return connected


def branch(pos: Connection, name: str) -> Warehouse:
    return Warehouse.objects.create(name=name, shop=pos.own_shop, external_id=name)


@pytest.mark.parametrize(
    ("roles", "kinds", "expected"),
    [
        ({Role.MARKETPLACE}, (), True),
        ({Role.DIRECT}, (), True),
        ({Role.POS}, ("stock", "document"), True),
        ({Role.CRM}, ("customer",), False),
        ({Role.CRM}, ("customer", "order"), True),
        ({Role.CRM, Role.LEDGER}, ("listing",), True),
        ({Role.LEDGER}, (), False),
        ({Role.PAYMENTS}, ("payment",), False),
        ({Role.CARRIER, Role.RATES}, ("parcel",), False),
        ({Role.CATALOGUE}, ("product",), False),
    ],
)
def test_an_account_has_a_shop_when_it_brings_what_belongs_to_one(
    roles: set[Role], kinds: tuple[str, ...], expected: bool
) -> None:
    reader = Reader(read=Toy.read, changed=Toy.changed, batch=1)
    connector: Connector = replace(PLAIN, roles=frozenset(roles), reads=dict.fromkeys(kinds, reader))
    assert connector.has_shop is expected


def test_channels_are_found_by_the_role_they_can_play(connect: Connect) -> None:
    assert {role: channels_with(role) for role in (Role.POS, Role.CRM, Role.LEDGER)} == {
        Role.POS: ["kiotviet", "toy_pos"], Role.CRM: ["misa_crm", "toy_crm"], Role.LEDGER: ["toy_ledger"],
    }  # fmt: skip


def test_a_link_may_be_made_again_and_its_last_settings_count(connect: Connect) -> None:
    market, pos = connect(Role.MARKETPLACE), connect(Role.POS)
    first = link(market, Role.POS, pos, {"imports_itself": True})
    assert link(market, Role.POS, pos).pk == first.pk
    assert Link.objects.get().settings == {}
    assert list(targets(market, Role.POS)) == [pos]
    assert list(served_by(pos, Role.POS)) == [market]
    assert not targets(market, Role.CRM)
    assert not served_by(market, Role.POS)


@pytest.mark.parametrize("role", [Role.POS, Role.CRM, Role.LEDGER])
def test_there_is_one_pos_crm_and_ledger_and_a_new_one_replaces_it(connect: Connect, role: Role) -> None:
    market, former, latter = connect(Role.MARKETPLACE), connect(role), connect(role)
    link(market, role, former)
    link(market, role, latter)
    assert list(targets(market, role)) == [latter]
    with pytest.raises(IntegrityError), transaction.atomic():
        Link.objects.create(connection=market, role=role, target=former)


@pytest.mark.parametrize("role", [Role.PAYMENTS, Role.CARRIER])
def test_there_may_be_many_payment_accounts_and_carriers(connect: Connect, role: Role) -> None:
    market, first, second = connect(Role.MARKETPLACE), connect(role), connect(role)
    link(market, role, second)
    link(market, role, first)
    assert list(targets(market, role)) == [second, first]
    unlink(market, role, second)
    assert list(targets(market, role)) == [first]
    with pytest.raises(IntegrityError), transaction.atomic():
        Link.objects.create(connection=market, role=role, target=first)


def test_one_target_may_serve_many_and_unlinking_one_leaves_the_others(connect: Connect) -> None:
    ledger, markets = connect(Role.LEDGER), [connect(Role.MARKETPLACE) for _ in range(3)]
    for market in markets:
        link(market, Role.LEDGER, ledger)
    unlink(markets[0], Role.LEDGER)
    unlink(markets[0], Role.LEDGER)
    assert set(served_by(ledger, Role.LEDGER)) == set(markets[1:])


def test_a_target_has_the_role_and_is_another_connection(connect: Connect) -> None:
    market, pos = connect(Role.MARKETPLACE), connect(Role.POS)
    with pytest.raises(ValidationError, match=f"{pos.own_shop.name} is no crm"):
        link(market, Role.CRM, pos)
    with pytest.raises(ValidationError, match="to itself"):
        link(pos, Role.POS, pos)
    with pytest.raises(IntegrityError), transaction.atomic():
        Link.objects.create(connection=pos, role=Role.POS, target=pos)
    AppRegistration.objects.filter(channel="toy_pos").update(channel="gone")
    with pytest.raises(ValidationError, match="is no pos"):
        link(market, Role.POS, Connection.objects.get(pk=pos.pk))
    assert not Link.objects.exists()


# --- what a shop may sell from ---


def test_a_shop_sells_from_warehouses_managed_here_and_branches_of_its_pos(connect: Connect) -> None:
    market, pos, other = connect(Role.MARKETPLACE), connect(Role.POS), connect(Role.POS)
    here, branch_of_pos = Warehouse.objects.create(name="Kho nhà"), branch(pos, "Quận 1")
    foreign = branch(other, "Quận 7")
    link(connect(Role.MARKETPLACE), Role.POS, other)
    assert set(sources_for(market.own_shop)) == {here}
    link(market, Role.POS, pos)
    assert set(sources_for(market.own_shop)) == {here, branch_of_pos}
    with pytest.raises(ValidationError, match="Quận 7") as refused:
        choose_sources(market.own_shop, [here, foreign])
    assert set(refused.value.message_dict) == {"sells_from"}
    assert not market.own_shop.sells_from.exists()
    choose_sources(market.own_shop, [here, branch_of_pos])
    assert set(market.own_shop.sells_from.all()) == {here, branch_of_pos}


def test_a_shop_that_changes_its_pos_sells_from_no_branch_of_the_former(connect: Connect) -> None:
    market, former, latter = connect(Role.MARKETPLACE), connect(Role.POS), connect(Role.POS)
    here, old, new = Warehouse.objects.create(name="Kho nhà"), branch(former, "Quận 1"), branch(latter, "Quận 7")
    link(market, Role.POS, former)
    choose_sources(market.own_shop, [here, old])
    link(market, Role.POS, latter)
    assert set(market.own_shop.sells_from.all()) == {here}
    choose_sources(market.own_shop, [new])
    link(market, Role.POS, former)
    assert set(market.own_shop.sells_from.all()) == {old}


def test_a_pos_is_not_taken_from_a_shop_that_sells_its_stock(connect: Connect) -> None:
    market, pos = connect(Role.MARKETPLACE), connect(Role.POS)
    here, there = Warehouse.objects.create(name="Kho nhà"), branch(pos, "Quận 1")
    link(market, Role.POS, pos)
    choose_sources(market.own_shop, [here, there])
    with pytest.raises(ValidationError, match="Quận 1"):
        unlink(market, Role.POS)
    assert list(targets(market, Role.POS)) == [pos]
    choose_sources(market.own_shop, [here])
    unlink(market, Role.POS)
    assert not Link.objects.exists()


# --- whom a connection concerns ---


def test_a_connection_concerns_its_own_shop_else_all_shops_linked_to_it_in_either_direction(connect: Connect) -> None:
    first, second, pos = connect(Role.MARKETPLACE), connect(Role.MARKETPLACE), connect(Role.POS)
    ledger, carrier, idle = connect(Role.LEDGER), connect(Role.CARRIER), connect(Role.PAYMENTS)
    link(first, Role.POS, pos)
    for market in (first, second):
        link(market, Role.LEDGER, ledger)
    Link.objects.create(connection=carrier, role=Role.POS, target=pos)
    link(carrier, Role.LEDGER, ledger)
    assert shops_by_connection() == {
        first.pk: {first.shop_id}, second.pk: {second.shop_id}, pos.pk: {pos.shop_id},
        ledger.pk: {first.shop_id, second.shop_id}, carrier.pk: {pos.shop_id},
    }  # fmt: skip
    assert idle.pk not in shops_by_connection()
