"""Alerts by mail, through EMAIL_URL."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email
from django.utils.translation import gettext_noop as _

from erpsync.alerts.messages import Text
from erpsync.alerts.places.base import Outcome, Place, Sent, TryLater
from integrations.contract.declarations import Field

TIMEOUT_SECONDS = 10


class Mail(Place):
    key, title = "mail", _("Mail")
    fields = (Field("to", _("Addresses"), several=True, help_text=_("One per line.")),)

    def send(self, text: Text, settings: Mapping[str, Any], secrets: Mapping[str, Any]) -> Outcome:
        mail = EmailMessage(
            f"[erpsync] {text.title}"[:200].replace("\n", " "), text.plain, to=_addresses(settings["to"]),
            connection=get_connection(timeout=TIMEOUT_SECONDS),
        )  # fmt: skip
        try:
            mail.send()
        except (OSError, smtplib.SMTPException) as error:
            return TryLater(type(error).__name__)
        return Sent()

    def problems(self, values: Mapping[str, str]) -> Mapping[str, str]:
        try:
            for address in _addresses(values["to"]):
                validate_email(address)
        except ValidationError:
            return {"to": _("Enter mail addresses, one per line.")}
        return {}


def _addresses(text: str) -> list[str]:
    return text.split()
