"""Words and colours of statement files."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from commissions.models import StatementFile, StatementLine
from integrations.connectors import channels, connector_of

STATE_COLOURS = {"checked": "info", "imported": "success", "refused": "danger"}
# sums that a file says of itself, by their names in `Contents.totals`
TOTALS = {
    "paid": _("Paid for orders"),
    "adjustments": _("Adjustments"),
    "settlement": _("Settled"),
    "fees": _("Fees"),
    "total": _("Sum of all rows"),
    "withdrawn": _("Transferred to the bank"),
    "in": _("Money in"),
    "out": _("Money out"),
    "opening": _("Balance before"),
    "closing": _("Balance after"),
}
_KINDS = dict(StatementLine.Kind.choices)


def kind_title(file: StatementFile) -> Any:
    """Return what a file is, in words; "–" for one that was not recognised."""
    port = connector_of(file.channel).statement_files if file.channel in channels() else None
    return next((profile.title for profile in port.profiles if profile.kind == file.kind), "–") if port else "–"


def line_kind(kind: str) -> Any:
    """Return our kind of a line in words."""
    return _KINDS.get(kind, kind)
