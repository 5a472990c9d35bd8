"""Form field for the pictures of a command: files that are looked into before anything is stored."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from unfold.widgets import INPUT_CLASSES

from integrations.accounts.connections import NotPossible
from integrations.contract.pictures import Picture
from integrations.documents.pictures import MAX_BYTES, MOST, checked


class PicturesInput(forms.FileInput):
    """Input that takes several files."""

    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__({"multiple": True, "accept": "image/jpeg,image/png", "class": " ".join(INPUT_CLASSES)})


class PicturesField(forms.FileField):
    """Several pictures; cleaned to a tuple of `Picture`."""

    widget = PicturesInput

    def __init__(self, *, label: Any, help_text: str, required: bool) -> None:
        limits = gettext("JPEG or PNG, at most %(most)d, each of at most %(mb)d MB.") % {
            "most": MOST, "mb": MAX_BYTES // 1_000_000,
        }  # fmt: skip
        words = " ".join(filter(None, (help_text, limits)))
        super().__init__(label=label, help_text=words, required=required, widget=PicturesInput())

    def clean(self, data: Any, initial: Any = None) -> tuple[Picture, ...]:
        files = data if isinstance(data, list) else [data] if data else []
        if self.required and not files:
            raise ValidationError(self.error_messages["required"], code="required")
        try:
            return checked([one.read() for one in files])
        except NotPossible as refused:
            raise ValidationError(str(refused)) from refused
