"""TikTok Shop's error codes -> our three errors, with what a person should do.

36009004 is an umbrella: only its words tell a dead token from a wrong clock. A fault of the app's settings is no fault of the
thing that was asked for: it waits. The HTTP status decides first where it says "too often" or "broken".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.connectors.tiktok_shop.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import ChannelError, NotAuthorised, Rejected, TryLater
from integrations.wire.http import UNREADABLE

_BUSY = _("TikTok Shop is busy or out of order.")
_RATE = _("TikTok Shop's rate limit is reached.")
_CLOCK = _("TikTok Shop finds the time of our call wrong. Set this machine's clock.")
_TOKEN = _("TikTok Shop no longer accepts the shop's token. Connect the shop again.")
_LINK = _("This consent does not cover the shop. Connect the shop again.")
_SIGN = _("TikTok Shop refuses our signature. Check app key and app secret.")
_ADDRESS = _("TikTok Shop does not know this machine's address. Declare it in Partner Center, IP allow list.")
_PERMISSION = _("The app may not use this function. See its scopes in Partner Center, then connect the shop again.")
_CIPHER = _("TikTok Shop wants the shop's cipher. Connect the shop again.")
_ENDPOINT = _("TikTok Shop no longer offers this function in this version.")
_FORMAT = _("TikTok Shop refuses the form of our call.")
_PARAM = _("TikTok Shop refuses a value.")
_CODE = _("TikTok Shop refuses the code. It works once and for half an hour: open the link again.")
_PRODUCT = _("TikTok Shop refuses the change of the product.")
_PRODUCT_STATUS = _("The product cannot be changed in its present state at TikTok Shop.")
_CAMPAIGN = _("A campaign holds units of it: fewer cannot be shown until the campaign ends.")
_FROZEN = _("The package is frozen: the buyer or TikTok Shop is changing the order.")
_GONE = _("TikTok Shop does not know it.")
_UNKNOWN = _("TikTok Shop refuses. Its own words follow.")
_WAREHOUSE = _("Enter the warehouse's id in the shop's settings: it has several at TikTok Shop.")
_SELF_SHIPPED = _("The seller ships this order: enter the tracking number and the id of the shipping provider.")
_NOTHING_TO_SHIP = _("The order has no package that could be shipped now.")
_NOT_ASKED = _("The buyer's request waits no longer.")
_NO_DECISION = _("A return of this kind is answered in Seller Center only.")
_IMAGES = _("Pictures are changed in Seller Center.")

# pauses in seconds
_SOON, _RATE_PAUSE, _CLOCK_PAUSE, _APP_PAUSE = 5.0, 2.0, 60.0, 600.0


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code stands for. `done`: a write answered so may have been done all the same."""

    kind: type[ChannelError]
    advice: Promise
    after: float = _SOON
    done: bool = False


_LATER = Meaning(TryLater, _BUSY, done=True)
_TOO_OFTEN = Meaning(TryLater, _RATE, _RATE_PAUSE)


def _app(advice: Promise) -> Meaning:
    return Meaning(TryLater, advice, _APP_PAUSE)


def _no(advice: Promise) -> Meaning:
    return Meaning(Rejected, advice)


UMBRELLA = "36009004"
TOO_OFTEN = "36009002"
BAD_CODE = "36004004"
BAD_STATUS = "12052003"
ERRORS: Mapping[str, Meaning] = {
    "105002": Meaning(NotAuthorised, _TOKEN),
    "101000": Meaning(NotAuthorised, _LINK),
    "105005": _no(_PERMISSION),
    "106001": _app(_SIGN),
    "106013": _no(_CIPHER),
    TOO_OFTEN: _TOO_OFTEN,
    "36009003": _LATER,
    "36009007": _LATER,
    UMBRELLA: _no(_PARAM),
    "36009009": _no(_ENDPOINT),
    "36009010": _no(_ENDPOINT),
    "36009014": _no(_ENDPOINT),
    "36009021": _no(_FORMAT),
    "36009022": _no(_FORMAT),
    "36009023": _no(_FORMAT),
    "36009033": _app(_ADDRESS),
    BAD_CODE: _no(_CODE),
    "12052990": _no(_PRODUCT),
    BAD_STATUS: _no(_PRODUCT_STATUS),
    "10007014": _no(_FROZEN),
    "98001004": _no(_PARAM),
}
# a code without an entry of its own, by how it begins
_FAMILIES: Mapping[str, Meaning] = {"12052": _no(_PRODUCT)}
_WORDS: tuple[tuple[re.Pattern[str], Meaning], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), meaning)
    for pattern, meaning in (
        (r"timestamp", Meaning(TryLater, _CLOCK, _CLOCK_PAUSE)),
        (r"access[-_]token|token header", Meaning(NotAuthorised, _TOKEN)),
        (r"signature|app_key|app key|service does not exist", _app(_SIGN)),
        (r"unexpected identifier|shop_cipher", _no(_CIPHER)),
        (r"api version", _no(_ENDPOINT)),
        (r"system busy|try again later", _LATER),
    )
)
_GONE_WORDS = re.compile(r"(?:does not|doesn't|not) exist|not found|no such", re.IGNORECASE)
_CAMPAIGN_WORDS = re.compile(r"campaign|promotion|creator", re.IGNORECASE)

# our own refusals of what TikTok Shop would refuse
OURS: Mapping[str, Promise] = {
    "self_shipment": _SELF_SHIPPED,
    "nothing_to_ship": _NOTHING_TO_SHIP,
    "not_asked": _NOT_ASKED,
    "no_decision": _NO_DECISION,
    "images": _IMAGES,
    "gone": _GONE,
    "campaign": _CAMPAIGN,
    "warehouse": _WAREHOUSE,
}


def refusal(code: str, words: str = "") -> Rejected:
    """Our own refusal, by its name in OURS."""
    return Rejected(f"{OURS[code]} {words}".strip(), code=code)


def failure(status: int, body: Any) -> ChannelError | None:
    """The error an answer stands for, None for a success. `body` is the parsed answer, None when it is no JSON.

    TryLater.maybe_done says that a write may have been done; for a read it means nothing.
    """
    code = fields.text(body, "code") if isinstance(body, dict) else ""
    if not code:
        return _unread(status)
    if code == "0" and status < 400:
        return None
    message = fields.text(body, "message")
    meaning = _by_status(status) or _meaning(code, message)
    reason = f"{meaning.advice} {message}".strip()
    if meaning.kind is TryLater:
        return TryLater(reason, after=meaning.after, code=code, maybe_done=meaning.done)
    return meaning.kind(reason, code=code)


def is_gone(refused: Rejected) -> bool:
    """Was it refused because there is no such thing? The codes for that are not documented: the words tell."""
    return refused.code not in {UMBRELLA, BAD_CODE} and bool(_GONE_WORDS.search(refused.reason))


def of_row(row: Row) -> tuple[str, str]:
    """(code, sentence) of a row that failed at code 0. The cause behind a batch's own error, where it is told, counts."""
    cause = next(iter(answers.rows(answers.part(row, "detail"), "extra_errors")), row)
    code, message = fields.text(cause, "code"), fields.text(cause, "message")
    if _CAMPAIGN_WORDS.search(message):
        return code or "campaign", f"{_CAMPAIGN} {message}"
    return code or "refused", f"{_meaning(code, message).advice} {message}".strip()


def _by_status(status: int) -> Meaning | None:
    if status == 429:
        return _TOO_OFTEN
    return _LATER if status >= 500 or status == 408 else None


def _meaning(code: str, message: str) -> Meaning:
    if code == UMBRELLA:
        for pattern, meaning in _WORDS:
            if pattern.search(message):
                return meaning
    if code in ERRORS:
        return ERRORS[code]
    return next((meaning for start, meaning in _FAMILIES.items() if code.startswith(start)), _no(_UNKNOWN))


def _unread(status: int) -> ChannelError:
    """An answer without the envelope: a gateway's page, or cut off."""
    if status == 429:
        return TryLater(str(_RATE), after=_RATE_PAUSE, code="429")
    refused = 400 <= status < 500
    return TryLater(str(_BUSY), code=str(status) if refused else UNREADABLE, maybe_done=not refused)
