"""Form fields for the fields that a connector declares: a secret is write-only, shown as set and never sent back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from erpsync.admin.kit.picture_field import PicturesField
from integrations.accounts.registrations import check_fields, with_stored
from integrations.contract.consent import ConsentKind
from integrations.contract.declarations import Field
from integrations.contract.pictures import Picture

PREFIX = "declared_"


def form_fields(fields: Sequence[Field], stored: Mapping[str, Any]) -> dict[str, forms.Field]:
    """Return a form field per declared one, filled with the stored value unless it is secret. None is required: see `check`."""
    return {PREFIX + field.name: _form_field(field, str(stored.get(field.name) or "")) for field in fields}


def option_fields(fields: Sequence[Field]) -> dict[str, forms.Field]:
    """Return the fields for options of a command: nothing is stored, so required ones are required."""
    found = form_fields(fields, {})
    for field in fields:
        found[PREFIX + field.name].required = field.required
    return found


def _form_field(field: Field, stored: str) -> forms.Field:
    # lazy: what the log says of a changed field is in English
    label, help_text = gettext_lazy(field.label), gettext(field.help_text) if field.help_text else ""
    if field.pictures:
        return PicturesField(label=label, help_text=help_text, required=field.required)
    if field.choices:
        choices = [(value, gettext(text)) for value, text in field.choices]
        return forms.ChoiceField(
            choices=choices, label=label, help_text=help_text, required=False, widget=UnfoldAdminSelectWidget,
            initial=stored or field.default,
        )  # fmt: skip
    if not field.secret:
        return forms.CharField(
            label=label, help_text=help_text, required=False, initial=stored or field.default,
            widget=UnfoldAdminTextareaWidget if field.several else UnfoldAdminTextInputWidget,
        )  # fmt: skip
    attrs = {"autocomplete": "new-password", "placeholder": gettext("set") if stored else gettext("not set")}
    kept = gettext("Set. Leave it empty to keep it.") if stored else ""
    return forms.CharField(
        label=label, help_text=" ".join(text for text in (help_text, kept) if text), required=False, strip=True,
        widget=UnfoldAdminPasswordWidget(attrs=attrs),
    )  # fmt: skip


def given(cleaned: Mapping[str, Any]) -> dict[str, str]:
    """Return the submitted values, by the connector's own names; files are no values."""
    return {
        name.removeprefix(PREFIX): str(value)
        for name, value in cleaned.items()
        if name.startswith(PREFIX) and not isinstance(value, tuple)
    }


def pictures(cleaned: Mapping[str, Any]) -> tuple[Picture, ...]:
    """Return the pictures that were handed in."""
    return tuple(one for value in cleaned.values() if isinstance(value, tuple) for one in value)


def check(form: forms.BaseForm, fields: Sequence[Field], stored: Mapping[str, Any]) -> dict[str, str]:
    """Return the checked values; a missing one becomes an error at its field. An empty secret keeps the stored one."""
    try:
        return check_fields(fields, with_stored(fields, given(form.cleaned_data), stored))
    except ValidationError as refused:
        for name, problems in refused.error_dict.items():
            form.add_error(PREFIX + name, problems)
    return {}


WAYS: Mapping[str, Any] = {
    "code": (
        _("Code"),
        _("From the address the channel sent you back to after you agreed. It works once and for some minutes only."),
    ),
    "access_token": (_("Access token"), _("If you have tokens already instead of a code.")),
    "refresh_token": (_("Refresh token"), _("With it the hub renews the access token by itself.")),
}


def way_fields(kind: ConsentKind) -> dict[str, forms.Field]:
    """Return the fields for a code or tokens; none where the registration's credentials are enough."""
    names: Sequence[str] = () if kind == ConsentKind.CREDENTIALS else tuple(WAYS)
    return {
        name: forms.CharField(
            label=WAYS[name][0], help_text=WAYS[name][1], required=False,
            widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}) if name == "code"
            else UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
        )
        for name in names
    }  # fmt: skip
