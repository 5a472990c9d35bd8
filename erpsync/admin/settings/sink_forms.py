"""Forms of event sinks: the fields that their kind declares, and the dialogs of switching on and sending again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from core.event_types import event_types
from erpsync.admin.kit import declared
from erpsync.admin.kit.kinds import KindForm
from integrations.events.addresses import REFUSED_ADDRESSES, AddressRefused, resolve
from integrations.models import EventSink

WHERE = (
    ("stopped", _("From where it stopped")),
    ("since", _("From the events since this time")),
    ("now", _("From now on: what happened meanwhile is not sent")),
)


def _moment(label: Any, *, required: bool = True) -> forms.SplitDateTimeField:
    return forms.SplitDateTimeField(label=label, required=required, widget=UnfoldAdminSplitDateTimeWidget)


class SinkForm(KindForm):
    """The fixed fields, and those that the kind of sink declares."""

    no_shops = _("Choose the shops whose events are sent.")
    types = forms.MultipleChoiceField(
        label=_("events"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("None chosen: all of them, those of later versions too."),
    )  # fmt: skip

    class Meta:
        model = EventSink
        fields = ("name", "contact", "only_shops", "types", "sends_personal")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "types" in self.fields:
            chosen = self.fields["types"]
            assert isinstance(chosen, forms.MultipleChoiceField), "declared above"
            chosen.choices = [(name, name) for name in sorted(event_types())]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        values = self.values_to_store
        if url := values.get("url", "") if values.get("url", "").startswith("http") else "":
            try:
                resolve(url)
            except AddressRefused as refused:
                self.add_error(declared.PREFIX + "url", REFUSED_ADDRESSES[str(refused)])
        return cleaned


class SwitchOnForm(BaseDialogForm):
    """Position from which a sink goes on."""

    where = forms.ChoiceField(label=_("Go on"), choices=WHERE, initial="stopped", widget=UnfoldAdminRadioSelectWidget)
    since = _moment(_("Since"), required=False)

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("where") == "since" and not self.cleaned_data.get("since"):
            raise ValidationError(_("Say since when."))
        return self.cleaned_data

    def place(self) -> dict[str, Any]:
        """Return the arguments of `switch_on`."""
        where = self.cleaned_data["where"]
        return {"now": where == "now", "since": self.cleaned_data["since"] if where == "since" else None}


class ReplayForm(BaseDialogForm):
    """Past events to send again."""

    since = _moment(_("From"))
    until = _moment(_("To"))
    types = forms.MultipleChoiceField(
        label=_("events"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget, help_text=_("None chosen: all of them."),
    )  # fmt: skip
    entity = forms.CharField(
        label=_("Only of"), required=False, widget=UnfoldAdminTextInputWidget, help_text=_("The subject of an event, such as order/17."),
    )  # fmt: skip

    def __init__(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        chosen = self.fields["types"]
        assert isinstance(chosen, forms.MultipleChoiceField), "declared above"
        chosen.choices = [(name, name) for name in sorted(event_types())]

    def span(self) -> tuple[datetime, datetime]:
        """Return the chosen time range."""
        return self.cleaned_data["since"], self.cleaned_data["until"]
