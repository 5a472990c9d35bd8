"""Page that invites a person: one form, and the link for the first password, shown once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from core import mails
from erpsync import permissions
from erpsync.admin.kit.base import list_of
from erpsync.admin.kit.log_texts import said
from erpsync.admin.kit.views import AdminView
from erpsync.admin.settings.account_form import GROUPS, AccountForm, put_in_group
from erpsync.signin import invitations
from erpsync.signin.invitations import Invitation
from erpsync.signin.language import language_of
from inventory.models import Shop, ShopMembership

LINK_DAYS = settings.PASSWORD_RESET_TIMEOUT // 86_400


class InviteForm(forms.Form):
    """Person, role and shops; for superusers also the groups."""

    person = forms.CharField(
        label=_("E-mail or user name"), max_length=150, widget=UnfoldAdminTextInputWidget,
        help_text=_("Of an account that exists already, or of a new one. A new one with an e-mail signs in with it."),
    )  # fmt: skip
    display_name = forms.CharField(
        label=_("Name"), max_length=150, required=False, widget=UnfoldAdminTextInputWidget,
        help_text=_("As colleagues see it. An account that exists keeps its own."),
    )  # fmt: skip
    role = forms.ChoiceField(
        label=_("role"), choices=ShopMembership.Role.choices, initial=ShopMembership.Role.OPERATOR,
        widget=UnfoldAdminSelectWidget, help_text=_("In all shops ticked below. A higher role that the person has stays."),
    )  # fmt: skip
    shops = forms.ModelMultipleChoiceField(
        label=_("shops"), queryset=Shop.objects.none(), widget=UnfoldAdminCheckboxSelectMultipleWidget,
        error_messages={"required": _("Choose at least one shop.")},
    )  # fmt: skip

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = request.user
        managed = Shop.objects.filter(pk__in=permissions.shop_ids(request, permissions.MANAGER))
        if isinstance(shops := self.fields["shops"], forms.ModelMultipleChoiceField):
            shops.queryset = managed
        if request.user.is_superuser:
            for switch in GROUPS:
                known = AccountForm.declared_fields[switch]
                self.fields[switch] = forms.BooleanField(
                    label=known.label, help_text=known.help_text, required=False, widget=UnfoldBooleanSwitchWidget
                )

    def clean_person(self) -> str:
        """Return the name; raise what speaks against it, with the form's word on what to do."""
        name: str = self.cleaned_data["person"].strip()
        known = invitations.find_person(name)
        if known is None:
            invitations.check_new_name(name)
        elif known.pk == self.user.pk:
            raise ValidationError(_("This is your own account."))
        self.is_new = known is None
        return name

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "person" in cleaned and self.is_new and not cleaned.get("display_name"):
            self.add_error("display_name", _("Nobody has this account yet: type the person's name."))
        return cleaned


class InviteView(AdminView):
    """The page; for managers, in their own shops, and superusers."""

    title = _("Invite a person")
    template_name = "admin/settings/invite.html"

    def has_permission(self) -> bool:
        return bool(self.model_admin.has_manage_permission(self.request))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.pop("form", None) or InviteForm(self.request)
        context = {"opts": ShopMembership._meta, "back": list_of(ShopMembership), "form": form, "days": LINK_DAYS}
        return super().get_context_data(**context | kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = InviteForm(request, request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(**kwargs, form=form))
        invitation = self._invite(request, form.cleaned_data)
        outcome = {
            "invitation": invitation,
            "shops": ", ".join(membership.shop.name for membership in invitation.memberships),
            "has_password": invitation.person.has_usable_password(),
            "mail": _send(invitation),
        }
        return self.render_to_response(self.get_context_data(**kwargs, **outcome))

    @transaction.atomic
    def _invite(self, request: HttpRequest, chosen: dict[str, Any]) -> Invitation:
        managed = None if request.user.is_superuser else permissions.shop_ids(request, permissions.MANAGER)
        invitation = invitations.invite(
            chosen["person"], display_name=chosen["display_name"], role=chosen["role"], shops=chosen["shops"], managed=managed,
        )  # fmt: skip
        joined = [name for switch, name in GROUPS.items() if chosen.get(switch)]
        for name in joined:
            put_in_group(invitation.person, name, is_in=True)
        self._log(request, invitation, ShopMembership.Role(chosen["role"]), joined)
        return invitation

    def _log(self, request: HttpRequest, invitation: Invitation, role: ShopMembership.Role, groups: list[str]) -> None:
        person: User = invitation.person
        text = said(_("%(person)s was invited as %(role)s"), person=person.get_username(), role=[role.label])
        self.model_admin.log_rows(request, invitation.memberships, text)
        if groups:
            self.model_admin.log_change(
                request, person, said(_("Invited, with the groups %(groups)s"), groups=[*groups])
            )
        elif invitation.link:
            self.model_admin.log_change(request, person, said(_("Link for the first password made")))


def _send(invitation: Invitation) -> dict[str, str] | None:
    """Mail the link; return the address and the problem, None where nothing was sent."""
    address = invitation.person.email
    if not invitation.link or not address or not mails.is_configured():
        return None
    with override(language_of(invitation.person.pk)):
        subject, text = _words(invitation)
    return {"to": address, "problem": mails.send_mail(subject, text, [address])}


def _words(invitation: Invitation) -> tuple[str, str]:
    text = gettext(
        "You are invited to the shops on erpsync. Your user name: %(name)s\n\nSet your password here within %(days)s days. The link"
        " works once:\n%(link)s\n"
    ) % {"name": invitation.person.get_username(), "days": LINK_DAYS, "link": invitation.link}
    return gettext("Invitation to erpsync"), text
