"""Shops, the people who may work in them, and the branches of a POS."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from core.db import columns, execute, fetch
from inventory.models import Shop, ShopMembership, Warehouse
from inventory.services.wanted import refresh_wanted
from inventory.snapshots import WarehouseSnapshot

_BRANCHES = """
INSERT INTO inventory_warehouse AS known (shop_id, external_id, name, is_active, position)
SELECT %s, n.external_id, n.name, n.is_active, n.position - 1
FROM unnest(%s::text[], %s::text[], %s::bool[]) WITH ORDINALITY AS n(external_id, name, is_active, position)
ON CONFLICT (shop_id, external_id) WHERE shop_id IS NOT NULL DO UPDATE SET name = excluded.name, is_active = excluded.is_active
"""

_GONE = """
UPDATE inventory_warehouse SET is_active = false WHERE shop_id = %s AND is_active AND external_id <> ALL(%s)
"""


def selling_warehouses(shop_ids: Collection[int]) -> dict[int, list[int]]:
    """Return the active warehouses each shop sells from, first choice first."""
    found: dict[int, list[int]] = defaultdict(list)
    for shop, warehouse in fetch(
        "SELECT s.shop_id, w.id FROM inventory_shop_sells_from s JOIN inventory_warehouse w ON w.id = s.warehouse_id"
        " WHERE w.is_active AND s.shop_id = ANY(%s) ORDER BY w.position, w.id",
        list(shop_ids),
    ):
        found[shop].append(warehouse)
    return found


def open_shop(channel: str, name: str, *, keeps_stock: bool) -> Shop:
    """Create a shop with the usual stock policy. Not repeatable: the caller knows whether there is one."""
    return Shop.objects.create(channel=channel, name=name, keeps_stock=keeps_stock)


def rename_shop(shop_id: int, name: str) -> None:
    """Give a shop the name its channel shows. May be repeated."""
    Shop.objects.filter(pk=shop_id).update(name=name)


def count_stock_since(shop_id: int, since: datetime) -> None:
    """Set the time from which orders of a shop move stock; what was placed before is history. May be repeated."""
    Shop.objects.filter(pk=shop_id).update(stock_since=since)


def give_priority(shop_id: int, priority: int) -> None:
    """Set a shop's turn for the last units, the lowest number first; its listings follow with the next change of stock."""
    Shop.objects.filter(pk=shop_id).update(priority=priority)


def set_legal_form(shop_ids: Collection[int], legal_form: str) -> None:
    """Set the legal form of the owner of these shops, which decides the taxes that channels withhold. May be repeated."""
    Shop.objects.filter(pk__in=shop_ids).update(legal_form=legal_form)


def let_in(shop: Shop, user_id: int, role: str = ShopMembership.Role.MANAGER) -> None:
    """Give a user this role in a shop. May be repeated; the last role counts."""
    ShopMembership.objects.update_or_create(shop=shop, user_id=user_id, defaults={"role": role})


def sync_branches(shop: Shop, branches: Sequence[WarehouseSnapshot]) -> None:
    """Store the branches of a POS as it lists them now; one that is missing is switched off. May be repeated.

    A branch keeps the position a person gave it.
    """
    rows = {branch.external_id: (branch.external_id, branch.name[:200], branch.is_active) for branch in branches}
    execute(_BRANCHES, shop.id, *columns(list(rows.values()), 3))
    execute(_GONE, shop.id, list(rows))


def sell_from(shop: Shop, warehouses: Sequence[Warehouse]) -> None:
    """Offer the stock of these warehouses, and recompute what every listing of the shop should show. May be repeated."""
    shop.sells_from.set(warehouses)
    refresh_shop(shop)


def refresh_shop(shop: Shop) -> None:
    """Recompute what the listings of a shop should show after its stock policy changed. May be repeated."""
    rows = fetch(
        "SELECT DISTINCT product_id FROM inventory_listing WHERE shop_id = %s AND product_id IS NOT NULL", shop.id
    )
    refresh_wanted(row[0] for row in rows)


def pause_pushes(shop_ids: Sequence[int], *, paused: bool) -> int:
    """Pause or resume all pushes of these shops and return how many changed. May be repeated."""
    return Shop.objects.filter(id__in=shop_ids).exclude(pushes_paused=paused).update(pushes_paused=paused)
