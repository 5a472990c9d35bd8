"""Links between connections: services that write them, and what follows from them for stock and permissions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core.db import fetch
from core.transactions import in_transaction
from integrations.connectors import channels, connector_of
from integrations.contract.connector import Role
from integrations.models import SINGLE_ROLES, Connection, Link
from inventory.models import Shop, Warehouse
from inventory.services.shops import sell_from

# setting of a POS link: the POS imports the shop's orders by itself, so we never write them there
IMPORTS_ITSELF = "imports_itself"


@in_transaction
def link(connection: Connection, role: str, target: Connection, settings: Mapping[str, Any] | None = None) -> Link:
    """Make `target` the POS, the CRM, a carrier, ... of a connection. May be repeated; the last settings count.

    Of the roles of which there is one, it replaces the former. A shop whose POS changes sells from no branch of the former.
    Raises ValidationError for a target that is no such system.
    """
    if connection.pk == target.pk:
        raise ValidationError(_("A connection cannot be linked to itself."))
    if target.channel not in channels() or role not in connector_of(target.channel).roles:
        raise ValidationError(
            _("%(target)s is no %(role)s."), params={"target": str(target), "role": role}, code="wrong_role"
        )
    _lock(connection)
    if role in SINGLE_ROLES:
        Link.objects.filter(connection=connection, role=role).exclude(target=target).delete()
    made, _created = Link.objects.update_or_create(
        connection=connection, role=role, target=target, defaults={"settings": dict(settings or {})}
    )
    if role == Role.POS and connection.shop is not None:
        _leave_former_branches(connection.shop, target)
    return made


@in_transaction
def unlink(connection: Connection, role: str, target: Connection | None = None) -> None:
    """Remove the links of a role, or the one to `target`. May be repeated.

    Raises ValidationError while the shop sells from branches of the POS: without them its listings would show nothing.
    """
    _lock(connection)
    ending = Link.objects.filter(connection=connection, role=role)
    if target is not None:
        ending = ending.filter(target=target)
    if role == Role.POS and ending.exists():
        check_leaving_pos(connection)
    ending.delete()


def check_leaving_pos(connection: Connection) -> None:
    """Raise ValidationError while the shop of a connection sells from branches of its POS."""
    if connection.shop is None:
        return
    branches = connection.shop.sells_from.filter(shop__connection__in=targets(connection, Role.POS))
    if names := ", ".join(branches.values_list("name", flat=True)):
        text = _("This shop sells from branches of the POS (%(branches)s): choose other warehouses first.")
        raise ValidationError(text, params={"branches": names}, code="sells_from_branches")


def targets(connection: Connection, role: str) -> QuerySet[Connection]:
    """Return the connections that play this role for a connection, oldest link first."""
    return Connection.objects.filter(serves__connection=connection, serves__role=role).order_by("serves__pk")


def served_by(target: Connection, role: str) -> QuerySet[Connection]:
    """Return the connections for which `target` plays this role."""
    return Connection.objects.filter(links__target=target, links__role=role)


def channels_with(role: str) -> list[str]:
    """Return the channels whose accounts can play this role."""
    return [channel for channel in channels() if role in connector_of(channel).roles]


def sources_for(shop: Shop) -> QuerySet[Warehouse]:
    """Return the warehouses that a shop may sell from: those managed here, its own, and the branches of its linked POS."""
    pos_shops = Connection.objects.filter(serves__role=Role.POS, serves__connection__shop=shop).values("shop_id")
    return Warehouse.objects.filter(Q(shop=None) | Q(shop=shop) | Q(shop_id__in=pos_shops))


def check_sources(shop: Shop, warehouses: Sequence[Warehouse]) -> None:
    """Raise ValidationError, by field, for warehouses that a shop may not sell from: no order would be written there."""
    allowed = set(sources_for(shop).values_list("pk", flat=True))
    if wrong := ", ".join(warehouse.name for warehouse in warehouses if warehouse.pk not in allowed):
        text = _(
            "%(warehouses)s: branches of a POS that is not linked to this shop, so its orders would not get there."
        )
        raise ValidationError({"sells_from": ValidationError(text, params={"warehouses": wrong}, code="other_pos")})


@in_transaction
def choose_sources(shop: Shop, warehouses: Sequence[Warehouse]) -> None:
    """Sell from these warehouses. May be repeated. Raises ValidationError as `check_sources`."""
    check_sources(shop, warehouses)
    sell_from(shop, warehouses)


# a connection is its shop's; one without belongs to every shop that is linked to it, in either direction
_SHOPS = """
SELECT id, shop_id FROM integrations_connection WHERE shop_id IS NOT NULL
UNION
SELECT mine.id, other.shop_id FROM integrations_connection mine
JOIN integrations_link link ON mine.id IN (link.connection_id, link.target_id)
JOIN integrations_connection other ON other.id IN (link.connection_id, link.target_id) AND other.shop_id IS NOT NULL
WHERE mine.shop_id IS NULL
"""


def shops_by_connection() -> dict[int, set[int]]:
    """Return by connection the shops whose members it concerns: its own, else all that are linked to it. One query."""
    found: dict[int, set[int]] = defaultdict(set)
    for connection_id, shop_id in fetch(_SHOPS):
        found[connection_id].add(shop_id)
    return found


def _lock(connection: Connection) -> None:
    """Serialise changes of one connection's links: replacing is a deletion and an insertion."""
    Connection.objects.select_for_update(of=("self",), no_key=True).get(pk=connection.pk)


def _leave_former_branches(shop: Shop, pos: Connection) -> None:
    """Sell from no branch of another POS; from the new one's branches where nothing else is left."""
    sources = list(shop.sells_from.all())
    kept = [source for source in sources if source.shop_id in (None, shop.pk, pos.shop_id)]
    if kept != sources:
        sell_from(shop, kept or list(pos.own_shop.branches.filter(is_active=True)))
