"""Alerts by mail, through EMAIL_URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_noop as _

from core.mails import send_mail
from erpsync.alerts.messages import Text
from erpsync.alerts.places.base import Outcome, Place, Sent, TryLater
from integrations.contract.declarations import Field


class Mail(Place):
    key, title = "mail", _("Mail")
    fields = (Field("to", _("Addresses"), several=True, help_text=_("One per line.")),)

    def send(self, text: Text, settings: Mapping[str, Any], secrets: Mapping[str, Any]) -> Outcome:
        problem = send_mail(f"[erpsync] {text.title}", text.plain, _addresses(settings["to"]))
        return TryLater(problem) if problem else Sent()

    def problems(self, values: Mapping[str, str]) -> Mapping[str, str]:
        try:
            for address in _addresses(values["to"]):
                validate_email(address)
        except ValidationError:
            return {"to": _("Enter mail addresses, one per line.")}
        return {}


def _addresses(text: str) -> list[str]:
    return text.split()
