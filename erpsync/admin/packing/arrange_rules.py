"""Rules that arrange shipments: written by managers, with a log of what each run took and why it left the others."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from core.reasons import Reason
from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin, ShopInline
from integrations.models import ArrangeRule, ArrangeRun
from inventory.models import Shop, Warehouse

# orders of one reason that are named in a row of the log
NAMED = 10


class ArrangeRuleForm(ModelForm):  # type: ignore[type-arg]
    """A rule for shops that the user manages."""

    class Meta:
        model = ArrangeRule
        fields = (
            "name",
            "is_active",
            "only_shops",
            "delay_minutes",
            "from_time",
            "until_time",
            "warehouse",
            "carriers",
        )
        widgets = {"only_shops": UnfoldAdminCheckboxSelectMultipleWidget}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if (cleaned.get("from_time") is None) != (cleaned.get("until_time") is None):
            self.add_error("until_time", _("Enter both times, or none."))
        return cleaned


class RunInline(ShopInline):
    model = ArrangeRun
    verbose_name_plural = _("What it did")
    fields = readonly_fields = ("created_at", "taken_label", "left_label")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ArrangeRun]:
        return super().get_queryset(request).order_by("-id")

    @display(description=_("arranged"))
    def taken_label(self, run: ArrangeRun) -> Any:
        return words.lines([words.units(len(run.taken)), _orders(run.taken)]) if run.taken else "–"

    @display(description=_("left, and why"))
    def left_label(self, run: ArrangeRun) -> Any:
        by_reason: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in run.left_out:
            by_reason[str(Reason.from_json(row["reason"]))].append(row)
        return words.lines(
            words.lines([f"{reason} ({words.units(len(rows))})", _orders(rows)]) for reason, rows in by_reason.items()
        ) or "–"  # fmt: skip


def _orders(rows: list[dict[str, Any]]) -> SafeString:
    """Return links to the first orders of a row of the log."""
    links = [
        words.link(reverse("admin:orders_order_change", args=(row["order"],)), row["number"]) for row in rows[:NAMED]
    ]
    if more := len(rows) - NAMED if len(rows) > NAMED else 0:
        links.append(words.label(ngettext("and %(n)s more", "and %(n)s more", more) % {"n": words.units(more)}))
    return words.lines(links)


@admin.register(ArrangeRule)
class ArrangeRuleAdmin(ShopAdmin):
    """Rules of which the user has a role in every shop; managers of all of them change it. One is switched off, never deleted."""

    form = ArrangeRuleForm
    list_display = ("name", "state_label", "shops_label", "delay_minutes", "hours_label", "last_label")
    ordering = ("name", "pk")
    sortable_by = ()
    inlines = (RunInline,)
    empty_text = _("No rule arranges shipments yet. Add one: it begins when you switch it on, and logs what it does.")
    fieldsets = (
        (None, {
            "fields": (
                ("name", "is_active"), "only_shops", "delay_minutes", ("from_time", "until_time"), ("warehouse", "carriers"),
            ),
            "description": _("Arranged as if by “Arrange shipment” in the list: the shops' settings decide about pick-up. Never an order"
                             " that is held back, nor one of a buyer who is."),
        }),
    )  # fmt: skip

    def visible(self, request: HttpRequest, queryset: QuerySet[ArrangeRule]) -> QuerySet[ArrangeRule]:
        if request.user.is_superuser:
            return queryset
        foreign = ArrangeRule.only_shops.through.objects.exclude(shop_id__in=permissions.shop_ids(request))
        return queryset.filter(only_shops__isnull=False).exclude(pk__in=foreign.values("arrangerule_id")).distinct()

    def get_queryset(self, request: HttpRequest) -> QuerySet[ArrangeRule]:
        took = ArrangeRun.objects.filter(rule_id=OuterRef("pk")).exclude(taken=[]).order_by("-pk")
        found = super().get_queryset(request).prefetch_related("only_shops").select_related("warehouse")
        return found.annotate(last=Subquery(took.values("created_at")[:1]))

    def may(self, request: HttpRequest, obj: Any, role: str) -> bool:
        mine = set(permissions.shop_ids(request, role))
        return bool(request.user.is_superuser) or {shop.pk for shop in obj.only_shops.all()} <= mine

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser or permissions.shop_ids(request, permissions.MANAGER))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request) and (obj is None or self.may(request, obj, permissions.MANAGER))

    def _seen(self, db_field: Any, request: HttpRequest, kwargs: dict[str, Any]) -> dict[str, Any]:
        if db_field.remote_field.model is Shop:
            mine = permissions.shop_ids(request, permissions.MANAGER)
            kwargs["queryset"] = Shop.objects.filter(pk__in=mine, keeps_stock=False)
        elif db_field.remote_field.model is Warehouse:
            kwargs["queryset"] = permissions.warehouses(request)
        return super()._seen(db_field, request, kwargs)

    @display(description=_("state"))
    def state_label(self, rule: ArrangeRule) -> SafeString:
        return words.label(_("On"), "success") if rule.is_active else words.label(_("Off"))

    @display(description=_("shops"))
    def shops_label(self, rule: ArrangeRule) -> str:
        return ", ".join(shop.name for shop in rule.only_shops.all())

    @display(description=_("hours"))
    def hours_label(self, rule: ArrangeRule) -> Any:
        if rule.from_time is None or rule.until_time is None:
            return _("any")
        return f"{rule.from_time:%H:%M} – {rule.until_time:%H:%M}"

    @display(description=_("last arranged"))
    def last_label(self, rule: Any) -> str:
        return words.moment(rule.last)
