"""Mail to whoever looks after a sink that the hub has switched off by itself: the sink cannot tell them."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, override

from core.mails import send_mail
from integrations.models import EventSink

log = structlog.get_logger(__name__)

_BY_ITSELF = (EventSink.Off.GONE, EventSink.Off.FAILING)


def tell_contacts() -> int:
    """Send one mail for each sink that was switched off and of which nobody was told; return how many. May be repeated, by several
    processes: a row is held while its mail is sent, and a mail that fails is tried again.
    """
    told = 0
    due = EventSink.objects.filter(is_active=False, off_reason__in=_BY_ITSELF, told_at=None).exclude(contact="")
    for pk in due.values_list("pk", flat=True):
        with transaction.atomic():
            sink = due.select_for_update(no_key=True, skip_locked=True).filter(pk=pk).first()
            if sink is not None and _send(sink):
                EventSink.objects.filter(pk=pk).update(told_at=timezone.now())
                told += 1
    return told


def _send(sink: EventSink) -> bool:
    with override(settings.LANGUAGE_CODE):
        subject = gettext("Events are no longer sent to %(sink)s") % {"sink": sink.name}
        reason = f"{sink.get_off_reason_display()}. {sink.trouble}".strip()
        body = gettext(
            "The hub has switched off “%(sink)s” on %(when)s: %(reason)s\n\nNothing is lost: it keeps its place. Put the receiver right, "
            "send a test event, and switch it on again:\n%(url)s"
        )
        values = {
            "sink": sink.name,
            "when": f"{timezone.localtime(sink.off_at):%d/%m/%Y %H:%M}",
            "reason": reason,
            "url": _page(sink),
        }
    problem = send_mail(subject, body % values, [sink.contact])
    if problem:
        log.warning("mail_failed", sink=sink.pk, error=problem)
    return not problem


def _page(sink: EventSink) -> str:
    return f"{settings.PUBLIC_URL}/admin/integrations/eventsink/{sink.pk}/change/"
