"""Side bar: daily work first, with a badge where something waits for a person."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from commissions.models import Finding
from core import db
from erpsync import permissions
from erpsync.admin import worklists
from erpsync.models import Alert
from integrations.models import Authorisation, Connection
from inventory.models import Breach, Listing
from inventory.queries import IS_UNMAPPED
from orders.models import ReturnLine


def _list(model: str) -> Any:
    return reverse_lazy(f"admin:{model}_changelist")


def _superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser)


def _manager(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser or permissions.shop_ids(request, permissions.MANAGER))


def _operator(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser or permissions.shop_ids(request, permissions.OPERATOR))


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups and items for this user. The theme asks on every page."""
    waiting = counts(request)
    return [
        {
            "items": [
                {"title": _("Dashboard"), "icon": "dashboard", "link": reverse_lazy("admin:index")},
                _item(_("Alerts"), "notifications", "erpsync_alert", waiting["alerts"], "danger"),
            ]
        },
        {
            "title": _("Sales"),
            "separator": True,
            "items": [
                _item(_("Orders"), "receipt_long", "orders_order", waiting["attention"], "warning"),
                _item(_("Waves"), "conveyor_belt", "orders_wave"),
                _item(_("Pack by scanning"), "barcode_scanner", "orders_packedparcel")
                | {"link": reverse_lazy("admin:orders_packedparcel_scan"), "permission": _operator},
                _item(_("Packing photos"), "photo_library", "orders_parcelphoto"),
                _item(_("Hand-overs"), "local_shipping", "orders_handover"),
                _item(_("Arranging by rules"), "rule_settings", "integrations_arrangerule"),
                _item(_("Label prints"), "print", "integrations_printrun"),
                _item(_("Returns"), "assignment_return", "orders_return", waiting["returns"], "warning"),
                _item(_("Put back at the POS"), "move_to_inbox", "orders_returnline", waiting["put_back"], "warning"),
                _item(_("Tags"), "label", "orders_ordertag"),
                _item(_("Customers"), "groups", "orders_customer"),
                _item(_("Listings"), "sell", "inventory_listing", waiting["unmapped"], "warning"),
            ],
        },
        {
            "title": _("Money"),
            "separator": True,
            "items": [
                _item(_("Findings"), "troubleshoot", "commissions_finding", waiting["findings"], "warning"),
                _item(_("Fee checks"), "fact_check", "commissions_feematch", waiting["fees"], "warning"),
                _item(_("Settlements"), "payments", "commissions_statementline"),
                _item(_("Payout checks"), "account_balance", "commissions_payoutmatch"),
                _item(_("Payouts"), "payments", "commissions_payout"),
                _item(_("Payout terms"), "event_upcoming", "commissions_payoutterm"),
                _item(_("Fee rules"), "gavel", "commissions_commissionrule"),
                _item(_("Statement files"), "upload_file", "commissions_statementfile"),
                _item(_("Commission entries"), "calculate", "commissions_commissionentry"),
                _item(_("Commissions report"), "bar_chart", "commissions_commissionentry")
                | {"link": reverse_lazy("admin:commissions_commissionentry_sums")},
            ],
        },
        {
            "title": _("Goods"),
            "separator": True,
            "items": [
                _item(_("Stock"), "inventory_2", "inventory_stocklevel"),
                _item(_("Wrong numbers at channels"), "rule", "inventory_stockdrift", waiting["drifts"], "warning"),
                _item(_("Products"), "category", "inventory_product"),
                _item(_("May be the same"), "compare_arrows", "inventory_productpair")
                | {"link": reverse_lazy("admin:inventory_productpair_proposals")},
                _item(_("Warehouses"), "warehouse", "inventory_warehouse"),
            ],
        },
        {
            "title": _("Channels"),
            "separator": True,
            "items": [
                _item(_("Connections"), "cable", "integrations_connection", waiting["red"], "danger"),
                _item(_("Histories"), "history", "integrations_backfillrun"),
                _item(_("Sync runs"), "sync", "integrations_syncrun"),
                _item(_("Service figures"), "monitoring", "integrations_syncrun")
                | {"link": reverse_lazy("admin:integrations_syncrun_service")},
                _item(_("Inbox"), "inbox", "integrations_inboxevent", waiting["dead"], "danger"),
                _item(_("Commands"), "send", "integrations_command", waiting["refused"], "danger"),
                _item(_("Refused deliveries"), "block", "integrations_refusal"),
                _item(_("App registrations"), "key", "integrations_appregistration"),
            ],
        },
        {
            "title": _("Events out"),
            "separator": True,
            "items": [
                _item(_("Event sinks"), "outbound", "integrations_eventsink") | {"permission": _manager},
                _item(_("Undelivered events"), "schedule_send", "integrations_eventdelivery")
                | {"permission": _manager},
                _item(_("Broken events"), "report", "core_brokenevent", waiting["broken"], "danger")
                | {"permission": _manager},
                _item(_("Delivery attempts"), "receipt", "integrations_deliveryattempt") | {"permission": _manager},
            ],
        },
        {
            "title": _("Settings"),
            "separator": True,
            "items": [
                _item(_("Shops"), "storefront", "inventory_shop"),
                _item(_("Members"), "group", "inventory_shopmembership"),
                _item(_("Exports"), "download", "erpsync_export"),
                _item(_("Contact points"), "campaign", "erpsync_contactpoint") | {"permission": _manager},
                _item(_("Data requests"), "person_search", "erpsync_datarequest") | {"permission": _manager},
                _item(_("API keys"), "vpn_key", "erpsync_apikey") | {"permission": _manager},
                _item(_("Accounts"), "person", "auth_user") | {"permission": _superuser},
                _item(_("Backups"), "backup", "erpsync_backup") | {"permission": _superuser},
                _item(_("Sign-ins"), "login", "erpsync_signin") | {"permission": _superuser},
                _item(_("Proof of the books"), "verified", "inventory_breach", waiting["breaches"], "danger")
                | {"permission": _superuser},
            ],
        },
    ]


def _item(title: Any, icon: str, model: str, badge: int = 0, variant: str = "info") -> dict[str, Any]:
    item = {"title": title, "icon": icon, "link": _list(model)}
    return item | {"badge": "99+" if badge > 99 else badge, "badge_variant": variant} if badge else item


def counts(request: HttpRequest) -> dict[str, int]:
    """Count the work that waits for this user, up to a hundred each, in one statement: badges need no more, long tables stay cheap."""
    shops = permissions.shop_ids(request)
    mine = permissions.connection_ids(request)
    alerts = Alert.objects.filter(resolved_at__isnull=True)
    breaches = Breach.objects.filter(ended_at__isnull=True)
    rows: dict[str, QuerySet[Any]] = {
        "alerts": alerts if request.user.is_superuser else alerts.filter(shop_id__in=shops),
        "attention": worklists.orders(request, "yes"),
        "returns": worklists.returns_to_answer(request),
        "put_back": ReturnLine.objects.filter(restock="at_pos", ret__shop_id__in=shops),
        "unmapped": Listing.objects.filter(IS_UNMAPPED, shop_id__in=shops),
        "red": Connection.objects.filter(pk__in=mine, is_active=True, authorisation__state=Authorisation.State.RED),
        "fees": worklists.fee_findings(request),
        "findings": Finding.objects.filter(shop_id__in=shops, state=Finding.State.OPEN),
        "drifts": worklists.drifts(request),
        "dead": worklists.dead_letters(request),
        "refused": worklists.refused_commands(request),
        "broken": worklists.broken_events(request).filter(is_left_out=False),
        "breaches": breaches if request.user.is_superuser else breaches.none(),
    }
    return db.counts({name: queryset.order_by()[:100] for name, queryset in rows.items()})
