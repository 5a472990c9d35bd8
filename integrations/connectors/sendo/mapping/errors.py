"""Sendo's refusals -> our three errors, with advice for people.

No error code of Sendo's is published, only the shape of a refusal; so the HTTP status, the envelope's `status_code` and
the words decide. Only a clear no is a no: a malformed answer is asked for again later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.connectors.sendo.mapping import fields
from integrations.contract.errors import ChannelError, NotAuthorised, Rejected, TryLater
from integrations.contract.reasons import Cause, declare
from integrations.wire import answers
from integrations.wire.failures import UNREADABLE
from integrations.wire.meanings import Meanings, by_words, found_in, not_authorised, rejected, try_later

_BUSY = declare("sendo.busy", _("Sendo is busy or out of order."))
_RATE = declare("sendo.rate", _("Sendo's rate limit is reached."))
_TOKEN = declare("sendo.token", _("Sendo no longer accepts the token: another login of this shop has replaced it."))
_KEYS = declare("sendo.keys", _("Sendo refuses the shop key or secret key. Copy both from Seller Centre, Kết nối API."))
_CLOSED = declare("sendo.closed", _("Sendo has nothing at this address. Its API may have moved or closed."))
_FORBIDDEN = declare(
    "sendo.forbidden", _("Sendo does not let this shop or this machine in. Check Seller Centre, Kết nối API.")
)
_MALFORMED = declare("sendo.malformed", _("Sendo's answer makes no sense."))
_MISSING = declare("sendo.missing", _("Sendo does not know it."))
LIST_ENDS_EARLY = declare("sendo.list_ends_early", _("Sendo's page tokens of %(path)s die before the list is read."))
WHOLE_DONG = declare("sendo.whole_dong", _("A price must be whole dong."))
CONTRADICTION = declare("sendo.contradiction", _("Sendo says success and no at once."))
NO_VARIANT = declare("sendo.no_variant", _("The product has no such variant any more."))
NO_PRODUCT_ID = declare("sendo.no_product_id", _("This is no Sendo product id."))
UNCHANGEABLE = declare(
    "sendo.unchangeable", _("Sendo does not change a product that is deleted, cancelled or waits for approval.")
)
STATUS_FORBIDS = declare("sendo.status_forbids", _("The order's status at Sendo does not allow this: %(status)s."))
LOCKED = declare("sendo.locked", _("Sendo is checking the order: nothing may be done until it has."))
_UNKNOWN = declare("sendo.unknown", _("Sendo refuses. Its own words follow."))

_RATE_PAUSE, _MALFORMED_PAUSE, _LONG = 2.0, 30.0, 600.0
NOT_FOUND = "not_found"
VARIANT_NOT_FOUND = "no_variant"
RATE = "rate_limited"
STALE = "stale_token"
_BUSY_CODE, _FORBIDDEN_CODE, _CLOSED_CODE = "busy", "forbidden", "closed"

# our own codes, since Sendo has none
ERRORS = Meanings(
    codes={
        STALE: not_authorised(_TOKEN),
        NOT_FOUND: rejected(_MISSING),
        VARIANT_NOT_FOUND: rejected(NO_VARIANT),
        RATE: try_later(_RATE, _RATE_PAUSE),
        _BUSY_CODE: try_later(_BUSY, done=True),
        _FORBIDDEN_CODE: try_later(_FORBIDDEN, _LONG),
        _CLOSED_CODE: try_later(_CLOSED, _LONG),
        UNREADABLE: try_later(_MALFORMED, _MALFORMED_PAUSE, done=True),
    },
    unknown=rejected(_UNKNOWN),
)
# HTTP status, or the envelope's status_code, whatever else is said -> code
STATUS: Mapping[int, str] = {401: STALE, 403: _FORBIDDEN_CODE, 408: _BUSY_CODE, 429: RATE}
# of an answer without Sendo's envelope: a gateway, or whatever stands there since the platform left
_OUTSIDE: Mapping[int, str] = {404: _CLOSED_CODE}
# of a refusal in the envelope
_INSIDE: Mapping[int, str] = {404: NOT_FOUND}
# words of a refusal -> code
_WORDS = by_words(
    (r"(?:access|login|bearer|jwt)[ _]?token|token (?:is )?(?:expired|invalid)|unauthorized|đăng nhập", STALE),
    (r"too many|quá nhiều|rate limit", RATE),
    (r"hệ thống (?:đang )?bận|system (?:is )?busy|internal server|time.?out", _BUSY_CODE),
    (r"(?:sản phẩm|đơn hàng) không tồn tại|không tìm thấy (?:sản phẩm|đơn hàng)", NOT_FOUND),
    (r"(?:product|order)[a-z ]* (?:not found|(?:does|do) not exist)", NOT_FOUND),
    # in which words Sendo says so is not verified
    (
        r"biến thể không tồn tại|không tìm thấy biến thể|variant[a-z0-9_ ]* (?:not found|(?:does|do) not exist)",
        VARIANT_NOT_FOUND,
    ),
)


def failure(status: int, body: Any) -> ChannelError | None:
    """Return the error that an answer stands for, None for a success. `body` is the parsed answer, None when it is no JSON.

    TryLater.maybe_done says that a write may have been done; for a read it means nothing.
    """
    envelope: Mapping[str, Any] = body if isinstance(body, dict) else {}
    code = status if status >= 400 else _code(envelope)
    if "exp" in envelope and "success" not in envelope:
        return ERRORS.error(STALE)
    if code in STATUS:
        return ERRORS.error(STATUS[code], words(envelope))
    if code >= 500:
        return ERRORS.error(_BUSY_CODE, words(envelope))
    if envelope.get("success") is True and code < 400:
        return None
    if envelope.get("success") is False:
        return _refused(code, envelope)
    return ERRORS.error(_OUTSIDE.get(status, UNREADABLE))


def login_failure(status: int, body: Any) -> ChannelError | None:
    """Return the error of a login, as `failure` does: any refusal there is one of the keys."""
    problem = failure(status, body)
    if isinstance(problem, Rejected | NotAuthorised):
        envelope = body if isinstance(body, dict) else {}
        return NotAuthorised(_KEYS(words(envelope)), code="bad_keys")
    return problem


def malformed(words: str) -> TryLater:
    """Return our own error for a malformed answer."""
    return TryLater(_MALFORMED(words), after=_MALFORMED_PAUSE, code=UNREADABLE)


def refusal(advice: Cause, code: str) -> Rejected:
    """Return our own refusal of what Sendo would refuse."""
    return Rejected(advice, code=code)


def words(envelope: Mapping[str, Any]) -> str:
    """Return a refusal in Sendo's own words: the message and each detail, once."""
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
    message = words(envelope)
    if known := found_in(_WORDS, message) or _INSIDE.get(code):
        return ERRORS.error(known, message)
    details = answers.rows(answers.part(envelope, "error"), "error_details")
    own = next(filter(None, (fields.text(row, "code") for row in details)), "")
    return ERRORS.unknown.error((own or str(code or "refused"))[:100], message)


def refusal_form(code: str, words: str) -> tuple[int, object]:
    """Return (status, body) of a refusal as Sendo words it. Sendo has no codes: one that is a number is the status."""
    status = int(code) if code.isdecimal() else 400
    error = {"message": words, "error_details": [] if code.isdecimal() else [{"code": code, "message": words}]}
    return 200, {"success": False, "status_code": status, "error": error}
