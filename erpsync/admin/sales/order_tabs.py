"""Tabs of the list of orders, in the order of work, each with the number of orders that wait there."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core import db
from erpsync.admin import worklists
from erpsync.admin.kit import words
from erpsync.admin.kit.base import list_of
from orders.models import Order

# by the worklist that each opens; all orders last, without a number
TABS = {
    "to_ship": _("To confirm"), "to_print": _("To print"), "to_hand_over": _("To hand over"), "refused": _("Failed commands"),
    "under_way": _("With the carrier"), "ended": _("Cancelled and returned"), "": _("All"),
}  # fmt: skip


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the tabs with their numbers, of the user's shops, and which of them is open."""
    counted = db.counts({name: worklists.orders(request, name).order_by()[: worklists.MOST] for name in TABS if name})
    opened = request.GET.get("attention", "")
    url = list_of(Order)
    return [
        {
            "name": name, "title": title, "url": f"{url}?attention={name}" if name else url, "chosen": name == opened,
            "n": words.up_to(worklists.MOST, counted[name]) if name else "",
        }
        for name, title in TABS.items()
    ]  # fmt: skip
