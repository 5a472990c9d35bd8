"""Sendo's refusals -> our three errors, with what a person should do.

No error code of Sendo's is published, only the shape of a refusal; so the HTTP status, the envelope's `status_code` and
the words decide. Only what clearly says no is a no: whatever makes no sense is asked for again later.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.connectors.sendo.mapping import fields
from integrations.wire import answers
from integrations.wire.errors import ChannelError, NotAuthorised, Rejected, TryLater
from integrations.wire.http import UNREADABLE

_BUSY = _("Sendo is busy or out of order.")
_RATE = _("Sendo's rate limit is reached.")
_TOKEN = _("Sendo no longer accepts the token: another login of this shop has replaced it.")
_KEYS = _("Sendo refuses the shop key or secret key. Copy both from Seller Centre, Kết nối API.")
_CLOSED = _("Sendo has nothing at this address. Its API may have moved or closed.")
_FORBIDDEN = _("Sendo does not let this shop or this machine in. Check Seller Centre, Kết nối API.")
_SENSELESS = _("Sendo's answer makes no sense.")
_MISSING = _("Sendo does not know it.")
_UNKNOWN = _("Sendo refuses. Its own words follow.")

_SOON, _RATE_PAUSE, _LONG = 5.0, 2.0, 600.0
NOT_FOUND = "not_found"
RATE = "rate_limited"
STALE = "stale_token"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a status or a sentence stands for. `done`: a write answered so may have been done all the same."""

    kind: type[ChannelError]
    advice: Promise
    code: str
    after: float = _SOON
    done: bool = False

    def error(self, words: str = "") -> ChannelError:
        """As an error, with Sendo's own words."""
        reason = f"{self.advice} {words}".strip()
        if self.kind is TryLater:
            return TryLater(reason, after=self.after, code=self.code, maybe_done=self.done)
        return self.kind(reason, code=self.code)


_LATER = Meaning(TryLater, _BUSY, "busy", done=True)
_STALE = Meaning(NotAuthorised, _TOKEN, STALE)
_NONSENSE = Meaning(TryLater, _SENSELESS, UNREADABLE, 30.0, done=True)
_GONE = Meaning(Rejected, _MISSING, NOT_FOUND)

# HTTP status, or the envelope's status_code, whatever else is said
STATUS: Mapping[int, Meaning] = {
    401: _STALE,
    403: Meaning(TryLater, _FORBIDDEN, "forbidden", _LONG),
    408: _LATER,
    429: Meaning(TryLater, _RATE, RATE, _RATE_PAUSE),
}
# of an answer without Sendo's envelope: a gateway, or what stands there since the platform left
_OUTSIDE: Mapping[int, Meaning] = {404: Meaning(TryLater, _CLOSED, "closed", _LONG)}
# of a refusal in the envelope
_INSIDE: Mapping[int, Meaning] = {404: _GONE}
# words of a refusal; the first that fits counts
_WORDS: tuple[tuple[re.Pattern[str], Meaning], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), meaning)
    for pattern, meaning in (
        (r"(?:access|login|bearer|jwt)[ _]?token|token (?:is )?(?:expired|invalid)|unauthorized|đăng nhập", _STALE),
        (r"too many|quá nhiều|rate limit", STATUS[429]),
        (r"hệ thống (?:đang )?bận|system (?:is )?busy|internal server|time.?out", _LATER),
        (r"(?:sản phẩm|đơn hàng) không tồn tại|không tìm thấy (?:sản phẩm|đơn hàng)", _GONE),
        (r"(?:product|order)[a-z ]* (?:not found|(?:does|do) not exist)", _GONE),
    )
)


def failure(status: int, body: Any) -> ChannelError | None:
    """The error an answer stands for, None for a success. `body` is the parsed answer, None when it is no JSON.

    TryLater.maybe_done says that a write may have been done; for a read it means nothing.
    """
    envelope: Mapping[str, Any] = body if isinstance(body, dict) else {}
    code = status if status >= 400 else _code(envelope)
    if "exp" in envelope and "success" not in envelope:
        return _STALE.error()
    if code in STATUS:
        return STATUS[code].error(words(envelope))
    if code >= 500:
        return _LATER.error(words(envelope))
    if envelope.get("success") is True and code < 400:
        return None
    if envelope.get("success") is False:
        return _refused(code, envelope)
    return _OUTSIDE.get(status, _NONSENSE).error()


def login_failure(status: int, body: Any) -> ChannelError | None:
    """As `failure`, of a login: whatever is refused there, the keys are."""
    problem = failure(status, body)
    if isinstance(problem, Rejected | NotAuthorised):
        envelope = body if isinstance(body, dict) else {}
        return NotAuthorised(f"{_KEYS} {words(envelope)}".strip(), code="bad_keys")
    return problem


def nonsense(words: str) -> TryLater:
    """Our own words for an answer that cannot be."""
    return TryLater(f"{_SENSELESS} {words}", after=_NONSENSE.after, code=UNREADABLE)


def refusal(advice: Promise | str, code: str) -> Rejected:
    """Our own refusal of what Sendo would refuse."""
    return Rejected(str(advice), code=code)


def words(envelope: Mapping[str, Any]) -> str:
    """What a refusal says in Sendo's own words: the message and each detail, once."""
    error = answers.part(envelope, "error")
    found = [fields.text(error, "message")]
    for row in answers.rows(error, "error_details"):
        name, value = fields.text(row, "property_name"), fields.text(row, "value")
        about = f"{name} {value}".strip()
        found.append(f"{fields.text(row, 'message')} ({about})" if about else fields.text(row, "message"))
    return "; ".join(dict.fromkeys(filter(None, found)))[:500]


def _code(envelope: Mapping[str, Any]) -> int:
    value = envelope.get("status_code")
    return value if type(value) is int else 0


def _refused(code: int, envelope: Mapping[str, Any]) -> ChannelError:
    said = words(envelope)
    for pattern, meaning in _WORDS:
        if pattern.search(said):
            return meaning.error(said)
    if code in _INSIDE:
        return _INSIDE[code].error(said)
    details = answers.rows(answers.part(envelope, "error"), "error_details")
    own = next(filter(None, (fields.text(row, "code") for row in details)), "")
    return Rejected(f"{_UNKNOWN} {said}".strip(), code=(own or str(code or "refused"))[:100])
