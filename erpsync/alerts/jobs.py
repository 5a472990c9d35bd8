"""The scheduled job of alerts."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from erpsync.alerts.deliver import deliver_due
from erpsync.alerts.evaluate import evaluate
from erpsync.models import Alert
from integrations.work.locks import advisory_lock

KEPT = timedelta(days=180)


def run() -> None:
    """Each minute: evaluate all conditions, then send what is due. One process at a time."""
    with advisory_lock("alerts") as ours:
        if ours:
            evaluate()
            deliver_due()


def forget_old() -> None:
    """Delete alerts that were resolved half a year ago, with their messages."""
    Alert.objects.filter(resolved_at__lt=timezone.now() - KEPT).delete()
