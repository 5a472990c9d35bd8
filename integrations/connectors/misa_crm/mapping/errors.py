"""Refusals -> our three errors. Neither `success` nor `code` alone tells a good answer from a bad one.

A good ledger page says `success: false` and code 0, a good token code 0; so an answer is bad when its HTTP status is, when an error
text is there, or when what was asked for is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.connectors.misa_crm.mapping import fields
from integrations.wire.answers import Row
from integrations.wire.errors import ChannelError, NotAuthorised, Rejected, TryLater

# HTTP status (or the same number as `code` at HTTP 200) -> what it means for the same call
STATUS: Mapping[int, type[ChannelError]] = {401: NotAuthorised, 403: Rejected, 408: TryLater, 429: TryLater}
_TEXTS = ("user_msg", "error_message", "dev_msg")
# which limits there are is not published, so neither is when they end
_QUOTA_PAUSE, _BROKEN_PAUSE = 15.0, 5.0
# an answer without what was asked for is as good as none: for a write nobody knows
SENSELESS = "unreadable_answer"

_CONNECT = _("MISA CRM no longer accepts the token. Check AppID and secret.")
_CREDENTIALS = _("MISA CRM refuses the credentials. Check AppID and secret on its connection page.")
_REFUSED = _("MISA CRM refuses.")
_OUT_OF_ORDER = _("MISA CRM is out of order.")
_TOO_OFTEN = _("MISA CRM was asked too often.")


def failure(status: int, body: Any, wanted: str) -> ChannelError | None:
    """The error an answer stands for; None for a good one. `wanted`: "data" of a read, "results" of a write."""
    envelope = body if isinstance(body, Mapping) else {}
    words = next((found for name in _TEXTS if (found := fields.text(envelope, name))), "")
    code = _code(envelope)
    for number in (status, code):
        if number >= 500:
            return TryLater(f"{_OUT_OF_ORDER} {words}".strip(), after=_BROKEN_PAUSE, code=str(number))
        if kind := STATUS.get(number):
            return _error(kind, number, words)
    if status >= 400 or words:
        return Rejected(f"{_REFUSED} {words}".strip(), code=str(code or status))
    if body is not None and not isinstance(envelope.get(wanted), list | Mapping):
        return TryLater(str(_OUT_OF_ORDER), after=_BROKEN_PAUSE, code=SENSELESS)
    return None


def token_failure(status: int, body: Any) -> ChannelError | None:
    """The same for `/Account`, whose refusals come at 200 or at 400."""
    envelope = body if isinstance(body, Mapping) else {}
    if status == 429 or status >= 500:
        return TryLater(str(_OUT_OF_ORDER), after=_BROKEN_PAUSE, code=str(status))
    token = envelope.get("data")
    if status < 400 and isinstance(token, str) and token:
        return None
    if status < 400 and not any(fields.text(envelope, name) for name in _TEXTS):
        return None if body is None else TryLater(str(_OUT_OF_ORDER), after=_BROKEN_PAUSE, code=SENSELESS)
    words = next((found for name in _TEXTS if (found := fields.text(envelope, name))), "")
    return NotAuthorised(f"{_CREDENTIALS} {words}".strip(), code=str(_code(envelope) or status))


def row_refusal(result: Row) -> Rejected | None:
    """Why a written row was refused, None when it was taken. Field names are stable, their texts are for people."""
    if result.get("success") is True:
        return None
    infos = fields.rows(result.get("validate_infos") or result.get("validate_result"))
    named = [
        (
            fields.text(info, "field_name") or fields.text(info, "FieldName"),
            fields.text(info, "error_message") or fields.text(info, "ErrorMessage"),
        )
        for info in infos
    ]
    words = "; ".join(f"{field}: {text}" for field, text in named) or failure_words(result)
    return Rejected(f"{_REFUSED} {words}".strip(), code=named[0][0] if named else "")


def failure_words(result: Row) -> str:
    """What a refused row says where it names no field."""
    return next((found for name in _TEXTS if (found := fields.text(result, name))), "")


def _error(kind: type[ChannelError], number: int, words: str) -> ChannelError:
    if kind is TryLater:
        return TryLater(f"{_TOO_OFTEN} {words}".strip(), after=_QUOTA_PAUSE, code=str(number))
    return kind(f"{_CONNECT if kind is NotAuthorised else _REFUSED} {words}".strip(), code=str(number))


def _code(envelope: Row) -> int:
    found = envelope.get("code")
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
