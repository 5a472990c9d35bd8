"""Plain mails, through EMAIL_URL."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

TIMEOUT_SECONDS = 10
SUBJECT_CHARACTERS = 200
_TO_THE_LOG = "django.core.mail.backends.console.EmailBackend"


def is_configured() -> bool:
    """Return whether mails leave the hub. Without EMAIL_URL they are written to the log, where no secret may stand."""
    return settings.EMAIL_BACKEND != _TO_THE_LOG


def send_mail(subject: str, text: str, to: Sequence[str]) -> str:
    """Send a mail within a time-out; return the type of the error that hindered it, "" for none. Its text may name the login."""
    line = subject[:SUBJECT_CHARACTERS].replace("\n", " ")
    mail = EmailMessage(line, text, to=list(to), connection=get_connection(timeout=TIMEOUT_SECONDS))
    try:
        mail.send()
    except (OSError, smtplib.SMTPException) as error:
        return type(error).__name__
    return ""
