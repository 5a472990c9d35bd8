"""Error mapping: refusals to the three channel errors. Neither `success` nor `code` alone marks a bad answer.

A good ledger page says `success: false` and code 0, a good token code 0; so an answer is bad when its HTTP status is, when an error
text is there, or when what was asked for is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.connectors.misa_crm.mapping import fields
from integrations.contract.errors import ChannelError, NotAuthorised, Rejected
from integrations.contract.reasons import declare
from integrations.wire.answers import Row
from integrations.wire.meanings import Meaning, not_authorised, rejected, try_later

_TEXTS = ("user_msg", "error_message", "dev_msg")
# no limits are published, nor when they end
_QUOTA_PAUSE, _BROKEN_PAUSE = 15.0, 5.0
# an answer without what was asked for is as good as none: the outcome of a write is then unknown
MALFORMED = "unreadable_answer"

_CONNECT = declare("misa_crm.connect", _("MISA CRM no longer accepts the token. Check AppID and secret."))
_CREDENTIALS = declare(
    "misa_crm.credentials", _("MISA CRM refuses the credentials. Check AppID and secret on its connection page.")
)
_REFUSES = declare("misa_crm.refuses", _("MISA CRM refuses."))
NO_RESULT = declare("misa_crm.no_result", _("MISA CRM tells no result of %(call)s."))
ANOTHER_ORDER = declare(
    "misa_crm.another_order", _("MISA CRM has another sale order %(number)s that the hub did not write.")
)
OTHER_LINES = declare(
    "misa_crm.other_lines",
    _("The lines of sale order %(number)s have changed, and MISA CRM keeps others than were sent: correct them there."),
)
ODD_STATES = declare(
    "misa_crm.odd_states",
    _("The setting “States of sale orders” cannot be read at %(place)s: write label = word; label = word."),
)
OURS = declare("misa_crm.ours", _("A copy of an order that the hub wrote itself."))
_REFUSED = rejected(_REFUSES)
_OUT_OF_ORDER = try_later(declare("misa_crm.broken", _("MISA CRM is out of order.")), _BROKEN_PAUSE)
_TOO_OFTEN = try_later(declare("misa_crm.too_often", _("MISA CRM was asked too often.")), _QUOTA_PAUSE)
# by HTTP status, or the same number as `code` at HTTP 200
STATUS: Mapping[int, Meaning] = {401: not_authorised(_CONNECT), 403: _REFUSED, 408: _TOO_OFTEN, 429: _TOO_OFTEN}


def failure(status: int, body: Any, wanted: str) -> ChannelError | None:
    """Return the error an answer stands for; None for a good one. `wanted`: "data" of a read, "results" of a write."""
    envelope = body if isinstance(body, Mapping) else {}
    words, code = failure_words(envelope), _code(envelope)
    for number in (status, code):
        if known := _OUT_OF_ORDER if number >= 500 else STATUS.get(number):
            return known.error(str(number), words)
    if status >= 400 or words:
        return _REFUSED.error(str(code or status), words)
    if body is not None and not isinstance(envelope.get(wanted), list | Mapping):
        return _OUT_OF_ORDER.error(MALFORMED)
    return None


def token_failure(status: int, body: Any) -> ChannelError | None:
    """Return the error of a token answer of `/Account`, whose refusals come at 200 or at 400; None for a good one."""
    envelope = body if isinstance(body, Mapping) else {}
    if status == 429 or status >= 500:
        return _OUT_OF_ORDER.error(str(status))
    token = envelope.get("data")
    if status < 400 and isinstance(token, str) and token:
        return None
    words = failure_words(envelope)
    if status < 400 and not words:
        return None if body is None else _OUT_OF_ORDER.error(MALFORMED)
    return NotAuthorised(_CREDENTIALS(words), code=str(_code(envelope) or status))


def row_refusal(result: Row) -> Rejected | None:
    """Return the refusal of a written row, None when it was taken. Field names are stable, their texts are for people."""
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
    return Rejected(_REFUSES(words), code=named[0][0] if named else "")


def failure_words(result: Row) -> str:
    """Return the text of a refusal, of an envelope or of a row; "" where there is none."""
    return next((found for name in _TEXTS if (found := fields.text(result, name))), "")


def _code(envelope: Row) -> int:
    found = envelope.get("code")
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def refusal_form(code: str, words: str) -> tuple[int, object]:
    """Return (status, body) of a refusal as MISA CRM words it."""
    return 400, {"success": False, "code": int(code) if code.isdecimal() else 400, "user_msg": words}
