"""Side bar: daily work first, with a badge where something waits for a person."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from erpsync.admin.kit import permissions
from integrations.models import Authorisation, Connection, InboxEvent
from inventory.models import Breach, Listing
from inventory.queries import IS_UNMAPPED
from orders.models import Order, Return, ReturnLine


def _list(model: str) -> Any:
    return reverse_lazy(f"admin:{model}_changelist")


def _superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups and items for this user. The theme asks on every page."""
    waiting = counts(request)
    return [
        {"items": [{"title": _("Dashboard"), "icon": "dashboard", "link": reverse_lazy("admin:index")}]},
        {
            "title": _("Sales"),
            "separator": True,
            "items": [
                _item(_("Orders"), "receipt_long", "orders_order", waiting["attention"], "warning"),
                _item(_("Returns"), "assignment_return", "orders_return", waiting["returns"], "warning"),
                _item(_("Put back at the POS"), "move_to_inbox", "orders_returnline", waiting["put_back"], "warning"),
                _item(_("Customers"), "groups", "orders_customer"),
                _item(_("Settlements"), "payments", "commissions_statementline"),
                _item(_("Listings"), "sell", "inventory_listing", waiting["unmapped"], "warning"),
            ],
        },
        {
            "title": _("Goods"),
            "separator": True,
            "items": [
                _item(_("Stock"), "inventory_2", "inventory_stocklevel"),
                _item(_("Products"), "category", "inventory_product"),
                _item(_("Warehouses"), "warehouse", "inventory_warehouse"),
            ],
        },
        {
            "title": _("Channels"),
            "separator": True,
            "items": [
                _item(_("Connections"), "cable", "integrations_connection", waiting["red"], "danger"),
                _item(_("Histories"), "history", "integrations_backfillrun"),
                _item(_("Inbox"), "inbox", "integrations_inboxevent", waiting["dead"], "danger"),
                _item(_("Commands"), "send", "integrations_command"),
                _item(_("Refused deliveries"), "block", "integrations_refusal"),
                _item(_("App registrations"), "key", "integrations_appregistration"),
            ],
        },
        {
            "title": _("Settings"),
            "separator": True,
            "items": [
                _item(_("Shops"), "storefront", "inventory_shop"),
                _item(_("Members"), "group", "inventory_shopmembership"),
                _item(_("Accounts"), "person", "auth_user") | {"permission": _superuser},
                _item(_("Proof of the books"), "verified", "inventory_breach", waiting["breaches"], "danger")
                | {"permission": _superuser},
            ],
        },
    ]


def _item(title: Any, icon: str, model: str, badge: int = 0, variant: str = "info") -> dict[str, Any]:
    item = {"title": title, "icon": icon, "link": _list(model)}
    return item | {"badge": "99+" if badge > 99 else badge, "badge_variant": variant} if badge else item


def counts(request: HttpRequest) -> dict[str, int]:
    """Count the work that waits for this user, up to a hundred each: badges need no more, and a long table stays cheap."""
    shops = permissions.shop_ids(request)
    mine = permissions.connection_ids(request)
    of_mine = Q(connection_id__in=mine)
    if request.user.is_superuser:
        of_mine |= Q(connection__isnull=True)
    unmapped = Listing.objects.filter(IS_UNMAPPED, shop_id__in=shops)
    return {
        "attention": Order.objects.filter(has_problem=True, shop_id__in=shops)[:100].count(),
        "returns": Return.objects.filter(status="requested", shop_id__in=shops)[:100].count(),
        "put_back": ReturnLine.objects.filter(restock="at_pos", ret__shop_id__in=shops)[:100].count(),
        "unmapped": unmapped[:100].count(),
        "red": Connection.objects.filter(
            pk__in=mine, is_active=True, authorisation__state=Authorisation.State.RED
        ).count(),
        "dead": InboxEvent.objects.filter(of_mine, state="dead")[:100].count(),
        "breaches": Breach.objects.filter(ended_at__isnull=True)[:100].count() if request.user.is_superuser else 0,
    }
