"""What a person may tell with a command: why an order is cancelled, and what speaks against a return."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from integrations.connectors.base import Command, Field
from integrations.connectors.choices import reason_fields
from integrations.connectors.lazada import aftersales, commands
from integrations.wire.http import Line


def command_fields(line: Line, command: Command) -> tuple[Field, ...]:
    """See the contract. Lazada is asked which reasons it takes."""
    return _FIELDS[command.kind](line, command) if command.kind in _FIELDS else ()


def _cancel(line: Line, command: Command) -> tuple[Field, ...]:
    emptying = _("%(reason)s (Lazada also sets the stock to 0)")
    return reason_fields(
        [
            (number, emptying % {"reason": words} if number in commands.EMPTYING else words)
            for number, words in commands.cancel_reasons(line, command)
        ]
    )


def _reject_cancellation(line: Line, command: Command) -> tuple[Field, ...]:
    known = _("Lazada's number of the reason, if you know one.")
    return (Field("reason", _("Reason"), required=False, help_text=known),)


def _reject_return(line: Line, command: Command) -> tuple[Field, ...]:
    reasons, pictured = aftersales.refusal(line, command)
    images = _("Addresses of pictures that show it, one per line. Lazada must be able to open them.")
    return (
        *reason_fields(reasons),
        Field("text", _("In your words")),
        Field("images", _("Pictures"), required=pictured, several=True, help_text=images),
    )


_FIELDS: Mapping[str, Callable[[Line, Command], tuple[Field, ...]]] = {
    commands.CANCEL: _cancel,
    commands.REJECT: _reject_cancellation,
    aftersales.REJECT: _reject_return,
}
