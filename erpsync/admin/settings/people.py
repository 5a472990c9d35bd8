"""Members of shops, and the accounts of people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import AdminPasswordChangeForm, UserCreationForm

from erpsync import permissions
from erpsync.admin.kit.base import ShopAdmin
from erpsync.admin.settings.account_form import GROUPS, AccountForm, put_in_group
from erpsync.admin.settings.invite_page import InviteView
from erpsync.models import AuthenticatorApp
from erpsync.signin import second_factor, sessions
from inventory.models import Shop, ShopMembership


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
                    ("is_active", "is_superuser"),
                    "is_staff",
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
        self.log_change(request, person, _("Second factor taken away"))
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
