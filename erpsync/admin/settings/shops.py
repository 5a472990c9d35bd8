"""Admin of shops with their stock policy, of memberships, and of user accounts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.forms import ModelChoiceField, ModelForm, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import AdminPasswordChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from erpsync import permissions, shop_guide
from erpsync.admin.desk import guide
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin, ShopInline
from erpsync.admin.kit.log_texts import said
from erpsync.admin.settings.account_form import GROUPS, AccountForm, put_in_group
from erpsync.admin.settings.invite_page import InviteView
from erpsync.models import AuthenticatorApp
from erpsync.signin import second_factor, sessions
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


@admin.register(ShopMembership)
class MembershipAdmin(ShopAdmin):
    list_display = ("user", "shop", "role_label")
    search_fields = ("user__username", "shop__name")
    ordering = ("shop__name", "user__username")
    fields = ("user", "shop", "role")
    actions_list = ["invite"]
    empty_text = _("Let people into a shop: choose the person, the shop and the role.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShopMembership]:
        return super().get_queryset(request).select_related("user", "shop")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser or permissions.shop_ids(request, permissions.MANAGER))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (
            self.has_add_permission(request)
            if obj is None
            else permissions.may(request, obj.shop_id, permissions.MANAGER)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return ("user", "shop") if obj else ()

    @action(description=_("Invite a person"), icon="person_add", permissions=["manage"], url_path="invite")
    def invite(self, request: HttpRequest) -> HttpResponseBase:
        return InviteView.as_view(model_admin=self)(request)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "shop":
            kwargs["queryset"] = Shop.objects.filter(pk__in=permissions.shop_ids(request, permissions.MANAGER))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_actions(self, request: HttpRequest) -> Any:
        """One by one, on its own page: Django's bulk deletion asks no row for its shop."""
        return {name: act for name, act in super().get_actions(request).items() if name != "delete_selected"}

    @display(description=_("role"))
    def role_label(self, membership: ShopMembership) -> str:
        return membership.get_role_display()


admin.site.unregister(User)
# what a person may do is said by the role in each shop
admin.site.unregister(Group)


@admin.register(User)
class PeopleAdmin(DjangoUserAdmin, ShopAdmin):  # type: ignore[type-arg, misc]
    """Accounts: superusers make them; a manager sees who works in the same shops."""

    form, add_form, change_password_form = AccountForm, UserCreationForm, AdminPasswordChangeForm
    list_display = ("username", "full_name", "is_staff", "is_superuser", "is_active", "last_login")
    list_filter = ("is_superuser", "is_active")
    filter_horizontal = ()
    empty_text = _("Nobody matches.")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": (("first_name", "last_name"), "email")}),
        (
            _("Access"),
            {
                "fields": (
                    ("is_active", "is_staff", "is_superuser"),
                    ("in_finance", "in_privacy"),
                    ("last_login", "date_joined"),
                )
            },
        ),
    )
    add_fieldsets = ((None, {"fields": ("username", "password1", "password2")}),)
    readonly_fields = ("last_login", "date_joined")

    def visible(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        if request.user.is_superuser:
            return queryset
        return queryset.filter(shop_memberships__shop_id__in=permissions.shop_ids(request)).distinct()

    actions_detail = ["take_second_factor_away"]

    def hidden_actions(self, row: User) -> Collection[str]:
        return () if AuthenticatorApp.objects.filter(user=row).exists() else ("take_second_factor_away",)

    @action(
        description=_("Take the second factor away"), icon="phonelink_erase", permissions=["change"], variant=ActionVariant.DANGER,
        dialog={
            "title": _("Take the second factor away"), "form_submit_text": _("Take it away"),
            "description": _(
                "For somebody who lost the phone and the recovery codes. Make sure who asks: from then on the password alone opens"
                " the account. All its sessions end."
            ),
        },
    )  # fmt: skip
    def take_second_factor_away(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        person: User = self.found(request, object_id)
        second_factor.take_away(person)
        sessions.end_sessions(person.pk)
        self.log_change(request, person, gettext("Second factor taken away"))
        messages.success(request, gettext("The second factor is off."))
        return self.to_page(person)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    has_add_permission = has_change_permission = has_view_permission

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what an account did is kept with it. Switch it off instead."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.is_staff = True  # an account that cannot open the admin would be of no use
        super().save_model(request, obj, form, change)
        for switch, name in GROUPS.items():
            if switch in form.cleaned_data:
                put_in_group(obj, name, form.cleaned_data[switch])

    @display(description=_("name"))
    def full_name(self, user: User) -> str:
        return user.get_full_name() or "–"
