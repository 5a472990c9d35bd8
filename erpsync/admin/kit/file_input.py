"""Inputs for uploaded files, in the look of the theme."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.safestring import SafeString
from unfold.widgets import INPUT_CLASSES

_FOR_THE_THEME = SafeString('<input type="text" hidden disabled aria-hidden="true">')


class FilesInput(forms.ClearableFileInput):
    """Field of a browser that takes several files."""

    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": " ".join([*INPUT_CLASSES, "py-2"]), **(attrs or {})})

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the field. The theme's script wants a text input beside every file input, to write the chosen name into."""
        return _FOR_THE_THEME + super().render(name, value, attrs, renderer)


class FileInput(FilesInput):
    """Field of a browser that takes one file."""

    allow_multiple_selected = False
