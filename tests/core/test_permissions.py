from __future__ import annotations

import pytest

from core.permissions import GROUPS, MANAGER, OPERATOR, ROLE_FOR, SCOPES, VIEWER, Access, expanded, role_for
from inventory.models import ShopMembership


def test_a_role_counts_for_itself_and_all_below_it() -> None:
    access = Access({1: VIEWER, 2: OPERATOR, 3: MANAGER})
    assert access.shop_ids() == [1, 2, 3]
    assert access.shop_ids(OPERATOR) == [2, 3]
    assert [access.may(shop, MANAGER) for shop in (1, 2, 3, 4)] == [False, False, True, False]


def test_rows_without_a_shop_are_for_superusers() -> None:
    assert not Access({1: MANAGER}).may(None, VIEWER)
    assert Access({}, everything=True).may(None, MANAGER)


def test_a_key_has_only_its_scopes_and_a_person_needs_none() -> None:
    assert Access({1: VIEWER}).has_scope("orders:read")
    key = Access({1: VIEWER}, scopes=frozenset({"orders:read"}))
    assert (key.has_scope("orders:read"), key.has_scope("stock:read")) == (True, False)


def test_scopes_are_named_singly_or_in_groups() -> None:
    assert expanded(["orders:read", "stock:*"]) == ["orders:read", "stock:read", "stock:write"]
    assert expanded(["all"]) == sorted(SCOPES)
    assert set(expanded(["read", "write"])) == set(SCOPES)
    with pytest.raises(ValueError, match="orders:delete"):
        expanded(["orders:delete"])


def test_every_scope_has_a_role_that_it_needs() -> None:
    assert role_for(["orders:read", "stock:read"]) == VIEWER
    assert role_for(["orders:read", "commands:write"]) == OPERATOR
    assert {role_for([scope]) for scope in SCOPES} == set(ROLE_FOR.values())
    assert not set(GROUPS) & set(SCOPES)


def test_the_roles_of_a_membership_are_these() -> None:
    assert ShopMembership.Role.values == [VIEWER, OPERATOR, MANAGER]
