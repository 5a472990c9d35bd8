"""Delivery of waiting messages: one call per message, outside any transaction, with back-off; a gone receiver is switched off."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from erpsync.alerts.messages import Text, sample_text, text_of
from erpsync.alerts.places import PLACES
from erpsync.alerts.places.base import Outcome, Refused, Sent, TryLater
from erpsync.models import AlertMessage, ContactPoint
from integrations.contract.errors import UNEXPECTED_ERRORS

log = structlog.get_logger(__name__)

# a run of the job sends so many at most, each call within its time-out
MOST = 50
LAST_TRY = 10
_WAIT = timedelta(seconds=30)
_TURN = Window(RowNumber(), partition_by="contact_point_id", order_by=("due_at", "id"))


def deliver_due() -> int:
    """Send what is due, and return how many were sent. One process at a time: a message is sent twice only when the process dies
    between the call and the note of it.

    The oldest of each contact point comes first, then the second of each: a dead one with hundreds that wait takes no turn of others.
    """
    now = timezone.now()
    due = AlertMessage.objects.filter(
        Q(contact_point__paused_until=None) | Q(contact_point__paused_until__lte=now),
        state=AlertMessage.State.WAITING, due_at__lte=now, contact_point__is_active=True,
    ).select_related("alert__shop", "contact_point").annotate(turn=_TURN).order_by("turn", "due_at", "id")[:MOST]  # fmt: skip
    sent = 0
    closed: set[int] = set()
    for message in due:
        point = message.contact_point
        if point.pk in closed:
            continue
        resolved = message.change == AlertMessage.Change.RESOLVED
        outcome = call(point, text_of(message.alert, resolved=resolved, language=point.language))
        note(message, outcome)
        sent += isinstance(outcome, Sent)
        # the rest of this place waits for its pause
        if not isinstance(outcome, Sent):
            closed.add(point.pk)
    return sent


def call(point: ContactPoint, text: Text) -> Outcome:
    """Send a text to a contact point and return the outcome; what goes wrong in the call is an outcome, too."""
    place = PLACES.get(point.kind)
    if place is None:
        return Refused("unknown kind")
    try:
        outcome = place.send(text, point.settings, point.secrets)
    except UNEXPECTED_ERRORS as error:
        # a setting that the service's library cannot take: the other contact points have their turn all the same
        log.exception("alert_call_failed", contact_point=point.pk)
        return TryLater(type(error).__name__)
    if isinstance(outcome, Sent) and outcome.new_settings:
        ContactPoint.objects.filter(pk=point.pk).update(settings=point.settings | outcome.new_settings)
    return outcome


def send_test(point: ContactPoint) -> Outcome:
    """Send the test message now. A receiver that takes it again is in order."""
    outcome = call(point, sample_text(point.language))
    if isinstance(outcome, Sent):
        ContactPoint.objects.filter(pk=point.pk).update(trouble="", paused_until=None)
    return outcome


def note(message: AlertMessage, outcome: Outcome) -> None:
    """Store an outcome at the message and its contact point."""
    now = timezone.now()
    point = ContactPoint.objects.filter(pk=message.contact_point_id)
    row = AlertMessage.objects.filter(pk=message.pk)
    match outcome:
        case Sent(reference=reference):
            row.update(state=AlertMessage.State.SENT, sent_at=now, reference=reference[:200], reason="")
            point.exclude(trouble="").update(trouble="", paused_until=None)
        case TryLater(reason=reason, after=after) if message.tries + 1 < LAST_TRY:
            wait = max(_WAIT * 2**message.tries, timedelta(seconds=after))
            row.update(tries=F("tries") + 1, due_at=now + wait, reason=reason[:300])
            point.update(trouble=reason[:300], paused_until=now + timedelta(seconds=after) if after else None)
        case TryLater(reason=reason) | Refused(reason=reason):
            row.update(state=AlertMessage.State.REFUSED, tries=F("tries") + 1, reason=reason[:300])
            point.update(trouble=reason[:300])
    if isinstance(outcome, Refused) and outcome.is_gone:
        point.update(is_active=False, off_at=now)
        AlertMessage.objects.filter(contact_point=message.contact_point_id, state=AlertMessage.State.WAITING).delete()
        log.warning("contact point switched off", contact_point=message.contact_point_id, reason=outcome.reason)
