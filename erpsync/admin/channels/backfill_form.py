"""Form to start backfills of a connection: kinds, span, and order."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from erpsync.admin.kit.days import midnight
from integrations.accounts.connections import NotPossible
from integrations.connectors import connector_of
from integrations.ingest.backfill import planning
from integrations.ingest.resources import kind_named, kinds
from integrations.models import BackfillRun, Connection


def kinds_of(connection: Connection) -> list[tuple[str, Any]]:
    """Return the kinds of this connection that have a history: (kind, title)."""
    readers = connector_of(connection.channel).reads
    return [(name, kind.history) for name, kind in kinds().items() if kind.history and name in readers]


def kind_title(kind: str) -> str:
    """Return the title of the things of a kind."""
    found = kind_named(kind)
    return str(found.history or found.label)


class DayInput(UnfoldAdminTextInputWidget):
    """Field of a day as it is written everywhere here: a browser's own calendar goes by the browser's language."""

    def __init__(self) -> None:
        super().__init__({"placeholder": _("day/month/year"), "inputmode": "numeric", "autocomplete": "off"})


class StartForm(forms.Form):
    """Form to start backfills of one connection: kinds and span."""

    kinds = forms.MultipleChoiceField(label=_("What"), widget=UnfoldAdminCheckboxSelectMultipleWidget)
    since = forms.DateField(
        label=_("From"), required=False, widget=DayInput,
        help_text=_("Empty: from the beginning, which is found by itself."),
    )  # fmt: skip
    until = forms.DateField(
        label=_("To"), required=False, widget=DayInput, help_text=_("This day included. Empty: until now."),
    )  # fmt: skip
    newest_first = forms.BooleanField(
        label=_("newest first"), required=False, initial=True, widget=UnfoldBooleanSwitchWidget,
        help_text=_("The last weeks are there first; the oldest orders come last."),
    )  # fmt: skip

    def __init__(self, connection: Connection, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connection = connection
        offered = kinds_of(connection)
        kinds = self.fields["kinds"]
        assert isinstance(kinds, forms.MultipleChoiceField), "declared above"
        kinds.choices = offered
        kinds.initial = [kind for kind, _title in offered]

    def start(self, actor: Any) -> list[BackfillRun]:
        """Start one run per chosen kind; a refusal becomes an error of the form."""
        data, runs = self.cleaned_data, []
        until = data["until"] and data["until"] + timedelta(days=1)
        for kind in data["kinds"]:
            try:
                runs.append(planning.start(
                    self.connection, kind, since=_start(data["since"]), until=_start(until),
                    newest_first=data["newest_first"], actor=actor,
                ))  # fmt: skip
            except NotPossible as refused:
                self.add_error(None, f"{kind_title(kind)}: {refused}")
        return runs


def _start(day: date | None) -> datetime | None:
    return midnight(day) if day else None
