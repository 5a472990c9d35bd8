"""Settings of a sink as its kind declares them: checked, and shown without anything that signs in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from integrations.accounts.registrations import check_fields, split_secrets, with_stored
from integrations.events.sinks import sink_kinds
from integrations.events.sinks.base import SinkKind
from integrations.models import EventSink


class WrongSettings(Exception):
    """Values that a sink cannot work with, by the field's name."""

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        super().__init__(", ".join(problems))
        self.problems = dict(problems)


def checked(kind: SinkKind, given: Mapping[str, str], sink: EventSink | None) -> tuple[dict[str, str], dict[str, str]]:
    """Return settings and secrets to be stored: the given values, beside those of `sink` that were not given. Raises WrongSettings.

    An empty secret leaves the stored one.
    """
    names = {field.name for field in kind.fields}
    if unknown := sorted(set(given) - names):
        raise WrongSettings({name: [gettext("There is no such setting.")] for name in unknown[:10]})
    stored = {**sink.settings, **sink.secrets} if sink else {}
    try:
        values = check_fields(kind.fields, with_stored(kind.fields, given, stored))
    except ValidationError as wrong:
        raise WrongSettings(wrong.message_dict) from wrong
    if problems := kind.problems(values):
        raise WrongSettings({name: [gettext(text)] for name, text in problems.items()})
    return split_secrets(kind.fields, values)


def shown(sink: EventSink) -> dict[str, str]:
    """Return the settings of a sink that are no secrets."""
    return {field.name: str(sink.settings.get(field.name, "")) for field in _fields(sink) if not field.secret}


def secrets_set(sink: EventSink) -> list[str]:
    """Return the names of the secret settings that are stored."""
    return [field.name for field in _fields(sink) if field.secret and sink.secrets.get(field.name)]


def _fields(sink: EventSink) -> Any:
    kind = sink_kinds().get(sink.kind)
    return kind.fields if kind else ()
