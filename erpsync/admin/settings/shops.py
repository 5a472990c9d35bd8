"""Admin of shops with their stock policy."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.forms import ModelChoiceField, ModelForm, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from erpsync import permissions, shop_guide
from erpsync.admin.desk import guide
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin, ShopInline
from erpsync.admin.kit.log_texts import said
from integrations.accounts.links import check_sources, sources_for
from inventory.models import Shop, ShopMembership, Warehouse
from inventory.services.shops import refresh_shop


class ShopForm(ModelForm):  # type: ignore[type-arg]
    """Stock policy of a shop: it may sell from warehouses managed here and from branches of its linked POS."""

    class Meta:
        model = Shop
        fields = ("sells_from", "platform_warehouse")
        # in a list box, one plain click takes all other warehouses away, and every listing's number with them
        widgets = {"sells_from": UnfoldAdminCheckboxSelectMultipleWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(field := self.fields.get("sells_from"), ModelMultipleChoiceField) and field.queryset is not None:
            # a source of before stays on the form, to be refused by name: dropped in silence, the listings would show nothing
            allowed = Q(pk__in=field.queryset.values("pk")) & Q(pk__in=sources_for(self.instance).values("pk"))
            field.queryset = Warehouse.objects.filter(allowed | Q(pk__in=self.instance.sells_from.values("pk")))
        if isinstance(place := self.fields.get("returns_to"), ModelChoiceField) and place.queryset is not None:
            usable = Q(pk__in=place.queryset.values("pk"))
            place.queryset = Warehouse.objects.filter(usable | Q(pk=self.instance.returns_to_id))
        if isinstance(place := self.fields.get("platform_warehouse"), ModelChoiceField) and place.queryset is not None:
            usable = Q(pk__in=place.queryset.values("pk")) & Q(pk__in=sources_for(self.instance).values("pk"))
            place.queryset = Warehouse.objects.filter(usable | Q(pk=self.instance.platform_warehouse_id))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        place = cleaned.get("platform_warehouse")
        if place is not None and place in cleaned.get("sells_from", ()):
            text = _(
                "The shop sells from this warehouse: what lies at the platform is another stock. Choose another one."
            )
            self.add_error("platform_warehouse", text)
        return cleaned

    def clean_sells_from(self) -> QuerySet[Warehouse]:
        chosen: QuerySet[Warehouse] = self.cleaned_data["sells_from"]
        try:
            check_sources(self.instance, list(chosen))
        except ValidationError as refused:
            raise ValidationError(refused.error_dict["sells_from"]) from refused
        return chosen


class MemberInline(ShopInline):
    model = ShopMembership
    verbose_name_plural = _("People in this shop")
    fields = readonly_fields = ("user", "role_label")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShopMembership]:
        return super().get_queryset(request).select_related("user")

    @display(description=_("role"))
    def role_label(self, membership: ShopMembership) -> str:
        return membership.get_role_display()


@admin.register(Shop)
class ShopAdminPage(ShopAdmin):
    shop_path = "pk"
    form = ShopForm
    list_display = ("shop", "channel_label", "kind", "safety_stock", "share_percent", "priority", "pushes")
    search_fields = ("name",)
    ordering = ("name", "id")
    sortable_by = ("shop",)
    inlines = (MemberInline,)
    change_form_before_template = "admin/dashboard/guides.html"
    actions_detail = ["dismiss_guide"]
    empty_text = _("A shop appears here when it is connected.")

    def shop_id_of(self, obj: Any) -> int | None:
        return obj.pk

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return bool(request.user.is_superuser or permissions.shop_ids(request, permissions.MANAGER))
        return permissions.may(request, obj.pk, permissions.MANAGER)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        facts = (None, {"fields": (("name", "channel_label"), ("currency", "time_zone"), ("kind", "created_at"))})
        if obj is not None and obj.keeps_stock:
            return (facts,)
        policy = {
            "fields": (
                "sells_from", "returns_to", "platform_warehouse", ("safety_stock", "share_percent"), ("scarce_below", "priority"),
                ("price_move_percent", "zero_when_unmapped"), ("asks_about_drift", "pushes_paused"), ("stock_since", "labels_after_packing"),
            ),
            "description": _("How much of the stock this shop shows. Every listing is computed anew when you save."),
        }  # fmt: skip
        return (facts, (_("Stock policy"), policy))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return ("name", "channel_label", "currency", "time_zone", "kind", "created_at")

    def _seen(self, db_field: Any, request: HttpRequest, kwargs: dict[str, Any]) -> dict[str, Any]:
        if db_field.remote_field.model is Warehouse:
            kwargs["queryset"] = permissions.usable_warehouses(request)
        return super()._seen(db_field, request, kwargs)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Show or save the shop, below its guide while it is new."""
        context = {"guides": guide.of_shop(request, object_id)} | (extra_context or {})
        return super().changeform_view(request, object_id, form_url, context)

    def hidden_actions(self, row: Shop) -> Collection[str]:
        return () if shop_guide.has_open_guide(row.pk) else ("dismiss_guide",)

    @action(
        description=_("Hide the guide"), icon="visibility_off", permissions=["manage"],
        dialog={
            "title": _("Hide the guide"), "form_submit_text": _("Hide it"),
            "description": _("The steps of a new shop are shown to nobody any more. What is open stays to be done."),
        },
    )  # fmt: skip
    def dismiss_guide(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        shop: Shop = self.found(request, object_id)
        shop_guide.end_guides([shop.pk], by=request.user.pk)
        self.log_change(request, shop, said(_("Guide for the new shop hidden")))
        return self.to_page(shop)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        refresh_shop(form.instance)

    @display(description=_("shop"), ordering="name")
    def shop(self, shop: Shop) -> str:
        return shop.name

    @display(description=_("channel"))
    def channel_label(self, shop: Shop) -> str:
        return words.channel_title(shop.channel)

    @display(description=_("kind"))
    def kind(self, shop: Shop) -> SafeString:
        return words.label(_("Keeps the stock"), "primary") if shop.keeps_stock else words.label(_("Sells"), "info")

    @display(description=_("pushes"))
    def pushes(self, shop: Shop) -> Any:
        if shop.keeps_stock:
            return "–"
        return words.label(_("Paused"), "warning") if shop.pushes_paused else words.label(_("On"), "success")
