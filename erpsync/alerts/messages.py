"""Wording of an alert's message in the contact point's language, with the way to the fix and to the run-book."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from erpsync import readable
from erpsync.alerts.kinds import KINDS, Severity
from erpsync.models import Alert


@dataclass(frozen=True, slots=True)
class Text:
    """A message before a kind of contact point puts it into its own form. `key` is the same for firing and resolved."""

    key: str
    kind: str
    severity: Severity
    resolved: bool
    title: str
    body: str
    fix_url: str
    runbook_url: str
    since: datetime
    language: str

    @property
    def plain(self) -> str:
        """Return the whole message as plain text."""
        links = () if self.resolved else (self.fix_url, self.runbook_url)
        return "\n".join(filter(None, (self.title, self.body, *links)))


def text_of(alert: Alert, *, resolved: bool, language: str) -> Text:
    """Return the message of a change. The alert comes with its shop."""
    kind = KINDS[alert.kind]
    with override(language):
        where = place_of(alert)
        title = f"{kind.title}: {where}" if where else str(kind.title)
        if resolved:
            title = pgettext("alert", "Resolved: %(title)s") % {"title": title}
        return Text(
            key=f"erpsync/{alert.kind}/{alert.channel or '-'}/{alert.shop_id or '-'}",
            kind=alert.kind,
            severity=kind.severity,
            resolved=resolved,
            title=title,
            body=_("Over since %(when)s.") % {"when": readable.moment(alert.resolved_at)}
            if resolved
            else sentence(alert),
            fix_url=settings.PUBLIC_URL + fix_path(alert),
            runbook_url=runbook_url(alert.kind),
            since=alert.fired_at,
            language=language,
        )


def sample_text(language: str) -> Text:
    """Return the message that the test button sends: it resolves by itself, so that nobody is called out of bed."""
    with override(language):
        return Text(
            key="erpsync/test/-/-", kind="test", severity=Severity.WARNING, resolved=False, title=_("Test of the alerts"),
            body=_("This is a test: alerts of the hub arrive here."), fix_url=f"{settings.PUBLIC_URL}/admin/", runbook_url="",
            since=timezone.now(), language=language,
        )  # fmt: skip


def place_of(alert: Alert) -> str:
    """Return the channel and the shop of an alert by name."""
    names = (readable.channel_title(alert.channel) if alert.channel else "", alert.shop.name if alert.shop else "")
    return " ".join(filter(None, names))


def sentence(alert: Alert) -> str:
    """Return the measured value in a sentence of the active language."""
    return str(KINDS[alert.kind].text) % {"value": readable.units(alert.value.normalize())}


def fix_path(alert: Alert) -> str:
    """Return the page of the admin where the condition is put right."""
    kind = KINDS[alert.kind]
    shop = "" if alert.shop_id is None else str(alert.shop_id)
    query = "&".join(part for part in kind.query.split("&") if shop or "{shop}" not in part).format(shop=shop)
    return reverse(f"admin:{kind.page}_changelist") + (f"?{query}" if query else "")


def runbook_url(kind: str) -> str:
    """Return the address of a kind's page in docs/runbook/; "" where RUNBOOK_URL is not set."""
    return f"{settings.RUNBOOK_URL}/{kind}.md" if settings.RUNBOOK_URL else ""
