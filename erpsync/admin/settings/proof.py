"""Breaches of the rules that always hold, with a repair where there is one. Superusers only."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin
from inventory.models import Breach
from inventory.services import proof as stock_proof
from orders.services import proof as order_proof

CHECKS = {check.code: check for check in (*stock_proof.CHECKS, *order_proof.CHECKS)}


class OpenFilter(DropdownFilter):
    """Filter: open or ended."""

    title = _("state")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Open")), ("no", _("Ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Breach]) -> QuerySet[Breach]:
        return queryset.filter(ended_at__isnull=self.value() == "yes") if self.value() else queryset


@admin.register(Breach)
class BreachAdmin(ShopAdmin):
    shop_path = "pk"
    list_display = ("rule", "subject", "expected_label", "found_label", "state", "first_seen_at", "last_seen_at")
    list_filter = (OpenFilter,)
    search_fields = ("subject",)
    ordering = ("-id",)
    sortable_by = ()
    actions_detail = ["repair"]
    empty_text = _("The books add up: the nightly proof found no breach.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "rule",
                    "advice",
                    "subject",
                    ("expected_label", "found_label"),
                    ("first_seen_at", "last_seen_at"),
                    "state",
                )
            },
        ),
    )

    def visible(self, request: HttpRequest, queryset: QuerySet[Breach]) -> QuerySet[Breach]:
        return queryset if request.user.is_superuser else queryset.none()

    def shop_id_of(self, obj: Any) -> int | None:
        return None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    @display(description=_("rule"))
    def rule(self, breach: Breach) -> str:
        check = CHECKS.get(breach.check_code)
        return gettext(check.title) if check else breach.check_code

    @display(description=_("what to do"))
    def advice(self, breach: Breach) -> str:
        check = CHECKS.get(breach.check_code)
        return gettext(check.advice) if check else "–"

    @display(description=_("expected"))
    def expected_label(self, breach: Breach) -> str:
        return words.units(breach.expected)

    @display(description=_("found"))
    def found_label(self, breach: Breach) -> str:
        return words.units(breach.found)

    @display(description=_("state"))
    def state(self, breach: Breach) -> SafeString:
        return words.label(_("Ended"), "success") if breach.ended_at else words.label(_("Open"), "danger")

    def hidden_actions(self, row: Breach) -> Collection[str]:
        check = CHECKS.get(row.check_code)
        offered = check is not None and check.repair is not None and row.ended_at is None
        return () if offered else self.actions_detail

    @action(
        description=_("Repair"), icon="build", permissions=["manage"],
        dialog={
            "title": _("Repair"), "form_submit_text": _("Repair"),
            "description": _("Mends this breach as its rule says. May be repeated."),
        },
    )  # fmt: skip
    def repair(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        breach = self.found(request, object_id)
        check = CHECKS.get(breach.check_code)
        if check is None or check.repair is None:
            messages.warning(request, _("This one needs a person: see what to do."))
        else:
            check.repair(breach.subject_id)
            stock_proof.prove([check])
            self.log_change(request, breach, _("Repaired"))
            messages.success(request, _("Repaired, and proved again."))
        return self.to_page(breach)
