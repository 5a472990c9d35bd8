"""Guide for new shops on the dashboard and on the shop's page: steps with their ticks, each with the page where it is done."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from commissions.models import CommissionRule
from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import list_of, page_of
from erpsync.shop_guide import (
    CATALOGUE,
    CONNECTED,
    FEES,
    HISTORY,
    MAPPED,
    PEOPLE,
    POS,
    STOCK,
    ShopGuide,
    open_guides,
)
from integrations.models import BackfillRun, Connection
from inventory.models import Listing

# shops unfolded or folded on the dashboard; the others say so on their own pages
SHOWN = 5


def of_my_shops(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the open guides of the shops that the user manages, the newest shop first; unfolded where there is one only."""
    found = open_guides(permissions.shop_ids(request, permissions.MANAGER))[:SHOWN]
    return [_shown(guide, unfolded=len(found) == 1) for guide in found]


def of_shop(request: HttpRequest, object_id: str | None) -> list[dict[str, Any]]:
    """Return the open guide of one shop for those who manage it, none or one."""
    mine = permissions.shop_ids(request, permissions.MANAGER)
    asked = [shop_id for shop_id in mine if str(shop_id) == object_id]
    return [_shown(guide, unfolded=True) for guide in open_guides(asked)] if asked else []


def _shown(guide: ShopGuide, *, unfolded: bool) -> dict[str, Any]:
    titles, addresses = _titles(guide), _addresses(guide)
    return {
        "shop": guide.shop.name,
        "url": page_of(guide.shop),
        "unfolded": unfolded,
        "done": guide.done,
        "all": len(guide.steps),
        "steps": [
            {"title": titles[step], "url": addresses[step], "done": done} for step, done in guide.steps.items()
        ],
    }  # fmt: skip


def _titles(guide: ShopGuide) -> dict[str, str]:
    n, m = words.units(guide.mapped), words.units(guide.listings)
    return {
        CONNECTED: _("Connect the shop"),
        CATALOGUE: _("Have the product book read") if guide.shop.keeps_stock else _("Have the listings read"),
        MAPPED: _("Map the listings to products: %(n)s of %(m)s") % {"n": n, "m": m},
        POS: _("Link the POS that keeps its stock"),
        STOCK: _("Say since when stock is counted"),
        HISTORY: _("Read the history"),
        FEES: _("Activate the fee rules"),
        PEOPLE: _("Invite a second person"),
    }


def _addresses(guide: ShopGuide) -> dict[str, str]:
    shop, connection = guide.shop, guide.connection_id
    connections = list_of(Connection)
    at_connection = f"{connections}{connection}/change/" if connection else f"{connections}add/"
    history = f"{list_of(BackfillRun)}add/" + (f"?connection={connection}" if connection else "")
    return {
        CONNECTED: at_connection,
        CATALOGUE: at_connection,
        MAPPED: f"{list_of(Listing)}?in_shop={shop.pk}&mapped=no",
        POS: at_connection,
        STOCK: page_of(shop),
        HISTORY: history,
        FEES: list_of(CommissionRule),
        PEOPLE: reverse("admin:inventory_shopmembership_invite"),
    }
