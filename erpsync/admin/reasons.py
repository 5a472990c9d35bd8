"""Why we say no: asked for where a channel wants to know it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget


class ReasonForm(BaseDialogForm):
    """A reason by the channel's own code, and words for whoever judges. Both may be left empty."""

    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=100, widget=UnfoldAdminTextInputWidget,
        help_text=_("The channel's own code of the reason. Empty: the one that the shop's settings name, or the usual one."),
    )  # fmt: skip
    text = forms.CharField(
        label=_("In your words"), required=False, max_length=500, widget=UnfoldAdminTextareaWidget,
        help_text=_("Sent along where the channel takes it."),
    )  # fmt: skip

    def options(self) -> dict[str, Any]:
        """What was filled in, as options of a command."""
        return {name: told for name in ("reason", "text") if (told := self.cleaned_data[name])}
