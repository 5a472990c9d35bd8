"""Roles, scopes and the rules about them: the one place that the admin and the API ask who may do what.

A leaf: it knows ids of shops and no table. `erpsync.permissions` makes an `Access` of a request, and rows of an `Access`.

A person has a role in each shop of a membership. An API key has one role in each of its shops, and only the scopes that it
was given: it may do what both allow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

VIEWER, OPERATOR, MANAGER = "viewer", "operator", "manager"
RANK: Mapping[str, int] = {VIEWER: 1, OPERATOR: 2, MANAGER: 3}

READ, WRITE = "read", "write"
# the role that a verb needs in the shop of the row
ROLE_FOR: Mapping[str, str] = {READ: VIEWER, WRITE: OPERATOR}
# group of the people who may change what holds for a whole channel: its commission rules and rate tables
FINANCE = "finance"
# group of the people who may erase a buyer from all shops, as superusers may
PRIVACY = "privacy"
# what a product costs us is for managers: whoever packs, or a partner's shop window, needs no margin
SEES_COST = MANAGER

# what an API key may be given, by resource
VERBS: Mapping[str, tuple[str, ...]] = {
    # writes of orders are notes and tags; shipping and cancelling are commands
    "orders": (READ, WRITE),
    "returns": (READ,),
    # names, telephones, addresses, wherever they stand: in orders, too
    "customers": (READ,),
    "products": (READ,),
    "listings": (READ, WRITE),
    "prices": (WRITE,),
    "warehouses": (READ,),
    "stock": (READ, WRITE),
    "shops": (READ,),
    "connections": (READ,),
    "statements": (READ,),
    "commissions": (READ, WRITE),
    "drift": (READ, WRITE),
    "inbox": (READ, WRITE),
    "commands": (READ, WRITE),
    "backfills": (READ, WRITE),
    # of what kind they may be is said by the scopes above; who writes subscribes addresses to them
    "events": (READ, WRITE),
    # buyers' requests for their data, and only for managers; an erasure needs the right of whoever made the key, too
    "privacy": (READ, WRITE),
}
SCOPES: tuple[str, ...] = tuple(f"{resource}:{verb}" for resource, verbs in VERBS.items() for verb in verbs)
# short ways to name many scopes
GROUPS: Mapping[str, tuple[str, ...]] = {
    "all": SCOPES,
    **{verb: tuple(scope for scope in SCOPES if scope.endswith(f":{verb}")) for verb in (READ, WRITE)},
    **{f"{resource}:*": tuple(f"{resource}:{verb}" for verb in verbs) for resource, verbs in VERBS.items()},
}


@dataclass(frozen=True, slots=True)
class Access:
    """Permissions of one caller.

    `roles`: by shop id; `everything`: a superuser; `scopes`: of a key, None for a person; `finance`: a person of that group, who
    has a role in some shop as well; `privacy`: likewise.
    """

    roles: Mapping[int, str]
    everything: bool = False
    scopes: frozenset[str] | None = None
    finance: bool = False
    privacy: bool = False

    def shop_ids(self, role: str = VIEWER) -> list[int]:
        """Return the shops in which the caller has this role or a higher one."""
        return sorted(shop for shop, has in self.roles.items() if RANK[has] >= RANK[role])

    def may(self, shop_id: int | None, role: str) -> bool:
        """Return whether the caller has this role in a shop. Rows without a shop are for superusers."""
        if shop_id is None:
            return self.everything
        return RANK.get(self.roles.get(shop_id, ""), 0) >= RANK[role]

    def may_change_rules(self, shop_id: int | None) -> bool:
        """Return whether the caller may change commission rules of a shop; None: those of a whole channel, and rate tables."""
        return self.everything or self.finance if shop_id is None else self.may(shop_id, MANAGER)

    def may_erase(self, shops: Iterable[int]) -> bool:
        """Return whether the caller may erase a person whom these shops know: it cannot be undone, and no shop is left out.

        Managers alone may not, though they may hand out what their shops hold.
        """
        return self.everything or (self.privacy and all(self.may(shop, MANAGER) for shop in shops))

    def has_scope(self, scope: str) -> bool:
        """Return whether the caller may use what needs this scope; people need none."""
        return self.scopes is None or scope in self.scopes


def role_for(scopes: Iterable[str]) -> str:
    """Return the lowest role that these scopes need."""
    needed = (ROLE_FOR[scope.rpartition(":")[2]] for scope in scopes)
    return max(needed, key=RANK.__getitem__, default=VIEWER)


def expanded(names: Iterable[str]) -> list[str]:
    """Return the scopes that these names stand for (`orders:read`, `stock:*`, `read`, `all`), sorted. Raises ValueError."""
    found: set[str] = set()
    for name in names:
        if name not in SCOPES and name not in GROUPS:
            raise ValueError(name)
        found.update(GROUPS.get(name, (name,)))
    return sorted(found)
