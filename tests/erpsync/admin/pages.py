"""Pages of the admin and their buttons, as tests press them."""

from __future__ import annotations

from typing import Any

CONFIRMED = {"_form_submitted": "on"}


def page(obj: Any, action: str = "change") -> str:
    return f"/admin/{obj._meta.app_label}/{obj._meta.model_name}/{obj.pk}/{action}/"


def said(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])
