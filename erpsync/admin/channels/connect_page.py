"""Connect form: the account's id and a code or tokens; the account is checked before it is stored."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from core.reasons import sentence
from erpsync.admin.channels.consent_page import is_taken
from erpsync.admin.channels.link_fields import chosen_links, new_link_fields
from erpsync.admin.kit import declared
from integrations.accounts.connecting import connect_shop
from integrations.accounts.consents import consent_kind
from integrations.connectors import connector_of
from integrations.contract.errors import ChannelError
from integrations.models import AppRegistration, Connection


class ConnectForm(forms.Form):
    """Form to connect one account; its fields follow from the connector's declarations."""

    def __init__(self, request: HttpRequest, app: AppRegistration, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.app = request, app
        self.user: Any = request.user
        self.connector = connector_of(app.channel)
        text = UnfoldAdminTextInputWidget
        self.fields["shop_id"] = forms.CharField(
            label=_("Shop id at the channel"), max_length=64, widget=text,
            help_text=_("As the channel shows it: a number, or the name in the shop's address."),
        )  # fmt: skip
        self.fields["shop_name"] = forms.CharField(
            label=_("Name"), max_length=200, required=False, widget=text,
            help_text=_("Empty: the name the channel tells."),
        )  # fmt: skip
        self.fields |= declared.way_fields(consent_kind(app))
        self.fields |= declared.form_fields(self.connector.connection_fields, {})
        self.fields |= new_link_fields(request, self.connector)

    def clean_shop_id(self) -> str:
        """Refuse to take over a connected account of other people's shops."""
        shop_id: str = self.cleaned_data["shop_id"].strip()
        if is_taken(self.request, self.app, shop_id):
            raise ValidationError(_("This shop is connected already. Ask one of its managers to let you in."))
        return shop_id

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        declared.check(self, self.connector.connection_fields, {})
        return cleaned

    def connect(self) -> Connection | None:
        """Check the account and store it; None when it failed, with the reason in the form. Calls the channel."""
        data = self.cleaned_data
        ways = {name: data.get(name, "") for name in declared.WAYS}
        try:
            return connect_shop(
                self.app, shop_id=data["shop_id"], shop_name=data["shop_name"], user=self.user,
                settings=declared.given(data), **chosen_links(data), **ways,
            )  # fmt: skip
        except ValidationError as refused:
            for name, problems in refused.error_dict.items():
                self.add_error(name if name in self.fields else declared.PREFIX + name, problems)
        except ChannelError as error:
            text = gettext("%(channel)s answered: %(reason)s Nothing was stored.")
            self.add_error(None, text % {"channel": self.connector.title, "reason": sentence(error.reason)})
        return None
