"""The record of sign-ins: a row for people and a line in the log, both bounded."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.contrib.auth import get_user_model
from django.utils import timezone

from erpsync.models import SignIn

log = structlog.get_logger(__name__)

KEPT = timedelta(days=180)
MOST_ROWS = 100_000


def note(outcome: SignIn.Outcome, name: str, address: str) -> None:
    """Record what happened. A name that no account has is not kept: people type passwords into that field."""
    known = name if get_user_model().objects.filter(username=name).exists() else ""
    log.info("sign_in", outcome=outcome.value, account=known or "(unknown)", sender=address)
    SignIn.objects.create(outcome=outcome, name=known[:150], address=address[:45])


def forget_old() -> None:
    """Delete what is older than `KEPT`, and of the rest what is beyond `MOST_ROWS`. A job; may be repeated."""
    SignIn.objects.filter(at__lt=timezone.now() - KEPT).delete()
    oldest_kept = SignIn.objects.order_by("-id").values_list("id", flat=True)[MOST_ROWS - 1 : MOST_ROWS].first()
    if oldest_kept is not None:
        SignIn.objects.filter(id__lt=oldest_kept).delete()
