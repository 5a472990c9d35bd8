"""Listing content: title, description and pictures, sent to the channel at once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from erpsync.admin.kit.base import page_of
from erpsync.admin.kit.views import AdminView
from integrations.accounts.connections import NotPossible
from integrations.contract.errors import ChannelError
from integrations.contract.publisher import ContentPush
from integrations.publishing.content import describe
from inventory.models import Listing


class DescribeForm(forms.Form):
    """Form with the current content. Only changed parts are sent; an emptied one stays as it is."""

    title = forms.CharField(label=_("Title"), max_length=500, required=False, widget=UnfoldAdminTextInputWidget)
    description = forms.CharField(
        label=_("Description"), required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 12}),
        help_text=_("Plain text or HTML, as the channel has it. Empty: it stays as it is."),
    )  # fmt: skip
    images = forms.CharField(
        label=_("Pictures"), required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("Addresses, one per line, the main picture first. Some channels take only pictures that they keep already."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Return the parts that differ from the current content. Browsers write the ends of lines in their own way."""
        typed = {name: str(value).replace("\r\n", "\n") for name, value in (super().clean() or {}).items()}
        changed = {
            name: value for name, value in typed.items() if value and value != str(self.initial.get(name, "")).strip()
        }
        if not self.errors and not changed:
            raise ValidationError(_("Nothing was changed."))
        return changed

    def push(self, item_id: str) -> ContentPush:
        """Return the push with the changed parts."""
        changed = self.cleaned_data
        images = tuple(changed["images"].split()) if "images" in changed else None
        return ContentPush(item_id, changed.get("title"), changed.get("description"), images)


class DescribeView(AdminView, FormView):  # type: ignore[type-arg]
    """Page of the form: descriptions are too long for a dialog."""

    title = _("Title, description, pictures")
    template_name = "admin/integrations/connect.html"
    form_class = DescribeForm

    def has_permission(self) -> bool:
        return bool(self.model_admin.has_operate_permission(self.request, self.kwargs["listing"].pk))

    def get_initial(self) -> dict[str, Any]:
        listing: Listing = self.kwargs["listing"]
        return {
            "title": listing.title,
            "description": listing.description.replace("\r\n", "\n"),
            "images": "\n".join(listing.images),
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        listing: Listing = self.kwargs["listing"]
        text = gettext("%(item)s at %(shop)s, with all its variations. The channel may look at it before buyers do.")
        return super().get_context_data(
            **kwargs, opts=Listing._meta, back=page_of(listing), submit_text=_("Send to the channel"),
            intro=text % {"item": listing.title, "shop": listing.shop},
        )  # fmt: skip

    def form_valid(self, form: DescribeForm) -> HttpResponse:
        listing: Listing = self.kwargs["listing"]
        try:
            describe(listing, form.push(listing.item_id))
        except (NotPossible, ChannelError) as error:
            form.add_error(None, str(error.reason))
            return self.form_invalid(form)
        self.model_admin.described(
            self.request, listing, [form.fields[name].label for name in sorted(form.cleaned_data)]
        )
        return HttpResponseRedirect(page_of(listing))
