"""Table of alert kinds: the condition, how it is said, how urgent it is, and the list of the admin where it is put right.

Each kind has its page in docs/runbook/, which a test checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from erpsync.alerts import readings
from erpsync.alerts.readings import Reading


class Severity(StrEnum):
    """Severity levels, named as PagerDuty's. Critical alerts are sent in quiet hours, too."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class AlertKind:
    """`text` takes %(value)s. `page` is a list of the admin and `query` its filters, with {shop}. `minutes` between two checks."""

    key: str
    title: Promise
    text: Promise
    severity: Severity
    measure: Callable[[], Iterable[Reading]]
    page: str
    query: str = ""
    minutes: int = 1


_INBOX = "integrations_inboxevent"
_CONNECTIONS = "integrations_connection"

KINDS: Mapping[str, AlertKind] = {
    kind.key: kind
    for kind in (
        AlertKind(
            "red_connection", _("A shop must be connected again"), _("The consent holds no more: %(value)s connection(s)."),
            Severity.CRITICAL, readings.red_connection, _CONNECTIONS,
        ),
        AlertKind(
            "failure_rate", _("Many events fail"), _("%(value)s %% of the events of the last 15 minutes failed (limit 10 %%)."),
            Severity.CRITICAL, readings.failure_rate, _INBOX, "attention=yes&in_shop={shop}",
        ),
        AlertKind(
            "backlog", _("News waits"), _("The oldest event has waited for %(value)s minutes (limit 5)."),
            Severity.CRITICAL, readings.backlog, _INBOX, "in_state=pending&in_shop={shop}",
        ),
        AlertKind(
            "silence", _("The channel sends no notices"),
            _("No notice within an hour, while the comparison found %(value)s changes."),
            Severity.ERROR, readings.silence, _CONNECTIONS,
        ),
        AlertKind(
            "drift", _("Stock drifts"), _("%(value)s listings were found with a wrong number within 15 minutes (limit 50)."),
            Severity.ERROR, readings.drift, "inventory_stockdrift", "open=yes&in_shop={shop}",
        ),
        AlertKind(
            "dead_letters", _("Dead letters"), _("%(value)s events wait for a person."),
            Severity.ERROR, readings.dead_letters, _INBOX, "attention=yes&in_shop={shop}",
        ),
        AlertKind(
            "late_orders", _("Orders are late"), _("%(value)s orders are past their ship-by time."),
            Severity.ERROR, readings.late_orders, "orders_order", "attention=late&in_shop={shop}",
        ),
        AlertKind(
            "consent_ending", _("A consent ends soon"), _("Days left: %(value)s. Connect the shop again before it ends."),
            Severity.WARNING, readings.consent_ending, _CONNECTIONS,
        ),
        AlertKind(
            "mismatch", _("The channel settles other amounts"),
            _("Open differences come to %(value)s %% of the sales of 30 days (limit 1 %%)."),
            Severity.WARNING, readings.mismatch, "commissions_feematch", "in_shop={shop}", minutes=15,
        ),
        AlertKind(
            "contact_point_off", _("A contact point gets no more alerts"),
            _("%(value)s contact point(s) were switched off, since the other side wants no more."),
            Severity.ERROR, readings.contact_point_off, "erpsync_contactpoint",
        ),
    )
}  # fmt: skip
