"""Lazada's codes -> our three errors, with what a person should do. Status 200 throughout: only the code counts.

`type` is muddled in the documentation and is not looked at. A fault of the app's settings is no fault of the thing that was
asked for: it waits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.connectors.lazada.mapping import fields
from integrations.wire import answers
from integrations.wire.errors import ChannelError, NotAuthorised, Rejected, TryLater
from integrations.wire.http import UNREADABLE

_BUSY = _("Lazada is busy or out of order.")
_RATE = _("Lazada's rate limit is reached.")
_SWITCHED_OFF = _("Lazada has switched this function off for a campaign.")
_TOKEN = _("Lazada no longer accepts the shop's token. Connect the shop again.")
_MARKET = _("This shop came through Lazada's service market: its token cannot be renewed. Connect the shop again.")
_SIGN = _("Lazada refuses our signature. Check app key and app secret.")
_CLOCK = _("Lazada finds the time of our call wrong. Set this machine's clock.")
_CODE = _("Lazada refuses the code. It works once and for half an hour: open the link again.")
_SELLER = _("The shop is not active at Lazada. See its Seller Center.")
_LIMITED = _("Lazada does not open this function for this kind of shop.")
_PARAM = _("Lazada refuses a value.")
_ORDER = _("Lazada does not know this order in this shop.")
_MISSING = _("Lazada does not know it.")
_STATE = _("Its state at Lazada does not allow this.")
_PACKAGE = _("Lazada does not know this package, or it was cancelled.")
_FBL = _("Lazada's own warehouse ships this order: nothing is to be done here.")
_WAREHOUSES = _("The items lie in different warehouses: pack them apart.")
_CARRIER = _("Lazada could not find a carrier. Try again, or see Seller Center.")
_LOCKED = _("Lazada is working on this order.")
_CAMPAIGN = _("A campaign holds the stock: it cannot be lowered until the campaign ends.")
_NEGATIVE = _("Lazada holds more units for open orders than this number leaves.")
_SKU = _("The SKU is not known at Lazada: read the listings again.")
_SEMI = _("Lazada manages this item: it cannot be changed here.")
_REASON = _("Choose a reason, write a comment and, for a refused refund, name a picture.")
_RETURN_STATE = _("The return's state does not allow this.")
_TOO_LONG = _("Lazada lists less than 180 days at once.")
_UNKNOWN = _("Lazada refuses. Its own words follow.")

# pauses in seconds
_SOON, _BAN, _CLOCK_PAUSE, _APP_PAUSE, _OFF_PAUSE = 5.0, 1.5, 60.0, 600.0, 900.0


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code stands for. `done`: a write answered so may have been done all the same."""

    kind: type[ChannelError]
    advice: Promise
    after: float = _SOON
    done: bool = False


_LATER = Meaning(TryLater, _BUSY, done=True)
_DEAD_TOKEN = Meaning(NotAuthorised, _TOKEN)


def _wait(advice: Promise, after: float = _APP_PAUSE) -> Meaning:
    return Meaning(TryLater, advice, after)


def _no(advice: Promise) -> Meaning:
    return Meaning(Rejected, advice)


ERRORS: dict[str, Meaning] = {
    # the gateway
    "IllegalAccessToken": _DEAD_TOKEN,
    "IllegalRefreshToken": _DEAD_TOKEN,
    "AUTH_TYPE_UNSUPPORTED": Meaning(NotAuthorised, _MARKET),
    "InvalidCode": _no(_CODE),
    "IncompleteSignature": _wait(_SIGN),
    "InvalidAppKey": _wait(_SIGN),
    "IllegalTimestamp": _wait(_CLOCK, _CLOCK_PAUSE),
    "MissingParameter": _no(_PARAM),
    "InvalidParameter": _no(_PARAM),
    "InvalidApiPath": _no(_LIMITED),
    "UnsupportedHTTPMethod": _no(_PARAM),
    **dict.fromkeys("ApiCallLimit 901 IopSystemFlowlimit ServiceCurrentlimit".split(), _wait(_RATE, _BAN)),
    "998": _wait(_SWITCHED_OFF, _OFF_PAUSE),
    **dict.fromkeys("ServiceTimeout 6 1000 40011".split(), _LATER),
    **dict.fromkeys("SellerNotVerified SellerNotActive".split(), _wait(_SELLER)),
    "Mp3SellerApiLimit": _no(_LIMITED),
    # lists
    **dict.fromkeys("17 19 14 36 74 75 38 39 56".split(), _no(_PARAM)),
    "1000012": _no(_TOO_LONG),
    # orders
    **dict.fromkeys("16 37".split(), _no(_ORDER)),
    # fulfilment
    **dict.fromkeys("700000 700026 700031 30012".split(), _no(_STATE)),
    **dict.fromkeys("700004 700022".split(), _no(_PARAM)),
    "700024": _wait(_LOCKED, _SOON),
    "700025": _no(_ORDER),
    "700027": _no(_FBL),
    "700029": _no(_WAREHOUSES),
    **dict.fromkeys("600001 600002".split(), _no(_PACKAGE)),
    "1003": _no(_CARRIER),
    # calling off, sending back
    **dict.fromkeys("102 103 105 115 120 121 125 126 133".split(), _no(_PARAM)),
    **dict.fromkeys("104 108 109 110 111".split(), _no(_REASON)),
    # "internal error", and also the answer to a number that is not known
    "106": _no(_MISSING),
    **dict.fromkeys("112 122 123 124 127".split(), _no(_MISSING)),
    **dict.fromkeys("107 113 114 131".split(), _no(_RETURN_STATE)),
    **dict.fromkeys("116 117 118 119".split(), _no(_PARAM)),
    # goods
    "501": _no(_UNKNOWN),
    **dict.fromkeys("4171 4152 513 201 4".split(), _no(_PARAM)),
    "4170": _no(_CAMPAIGN),
    "212": _no(_NEGATIVE),
    **dict.fromkeys("4193 4216".split(), _no(_SKU)),
    "4225": _no(_SEMI),
    "ITEM_NOT_FOUND": _no(_MISSING),
}
# read by the callers
THROTTLED = frozenset({"ApiCallLimit", "901", "IopSystemFlowlimit", "ServiceCurrentlimit"})
UNKNOWN_ORDERS = frozenset({"16", "37"})
UNKNOWN_RETURN = frozenset({"106", "112"})
UNKNOWN_ITEM = frozenset({"ITEM_NOT_FOUND"})
IN_CAMPAIGN = "4170"
BAD_CODE = "InvalidCode"
WRONG_STATE = "700000"
NOT_PACKABLE = "700026"
# an overview: the rows in `detail` say what failed
ROWS_FAILED = "501"
OK = "0"

_NOT_FOUND = re.compile(r"not (?:found|exist)", re.IGNORECASE)


def refusal(code: str, words: str = "") -> Rejected:
    """Our own refusal of what Lazada would refuse with this code of the table."""
    return Rejected(f"{ERRORS[code].advice} {words}".strip(), code=code)


def problem(code: str, words: str) -> ChannelError:
    """The error a code stands for, whether it came with the answer or with one of its rows."""
    meaning = ERRORS.get(code) or _no(_MISSING if _NOT_FOUND.search(words) else _UNKNOWN)
    reason = f"{meaning.advice} {words}".strip()
    if meaning.kind is TryLater:
        return TryLater(reason, after=meaning.after, code=code, maybe_done=meaning.done)
    return meaning.kind(reason, code=code)


def of_row(code: str, words: str) -> tuple[str, str]:
    """(code, sentence) of a row of a push that was not taken."""
    return code or ROWS_FAILED, problem(code or ROWS_FAILED, words).reason


def is_passing(code: str) -> bool:
    """Is nothing wrong with a row that was answered so?"""
    meaning = ERRORS.get(code)
    return meaning is not None and meaning.kind is TryLater


def is_missing(refused: Rejected, codes: frozenset[str]) -> bool:
    """Was it refused because there is no such thing? The words count where no code is documented."""
    return refused.code in codes or (refused.code not in ERRORS and bool(_NOT_FOUND.search(refused.reason)))


def failure(status: int, body: Any) -> ChannelError | None:
    """The error an answer stands for, None for a success. `body` is the parsed answer, None when it is no JSON."""
    code = fields.text(body, "code") if isinstance(body, dict) else ""
    if not code:
        return _unread(status)
    if code == ROWS_FAILED and answers.rows(body, "detail"):
        return None
    if code != OK:
        found = problem(code, fields.text(body, "message"))
        unknown = code not in ERRORS
        if unknown and (status == 429 or status >= 500):
            return _unread(status)
        return found
    return _inner(body) if status < 400 else _unread(status)


def _inner(body: answers.Row) -> ChannelError | None:
    """Newer APIs say in `result`, finance and promotions at the top, that it was no success; with two spellings."""
    for part in (answers.part(body, "result"), body):
        if part.get("success") is False:
            code = fields.text(part, "error_code") or fields.text(part, "errorCode")
            words = fields.text(part, "error_msg") or fields.text(part, "errorMsg")
            return problem(code or ROWS_FAILED, words)
    return None


def _unread(status: int) -> ChannelError:
    """An answer without Lazada's envelope: a gateway's page, or cut off."""
    if status == 429:
        return TryLater(str(_RATE), after=_BAN, code="429")
    refused = 400 <= status < 500
    return TryLater(str(_BUSY), code=str(status) if refused else UNREADABLE, maybe_done=not refused)
