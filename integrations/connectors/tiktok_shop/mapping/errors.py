"""TikTok Shop's error codes -> our three errors, with what a person should do.

36009004 is an umbrella: only its message tells a dead token from a wrong clock. A fault of the app's settings is no fault of the
thing that was asked for: it waits. The HTTP status decides first where it says "too often" or "broken".
"""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.connectors.tiktok_shop.mapping import fields
from integrations.contract.errors import ChannelError, Rejected
from integrations.contract.reasons import Reason, declare, with_words
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.meanings import (
    Meaning,
    Meanings,
    by_words,
    not_authorised,
    rejected,
    try_later,
    without_envelope,
)

_BUSY = declare("tiktok_shop.busy", _("TikTok Shop is busy or out of order."))
_RATE = declare("tiktok_shop.rate", _("TikTok Shop's rate limit is reached."))
_CLOCK = declare("tiktok_shop.clock", _("TikTok Shop finds the time of our call wrong. Set this machine's clock."))
_TOKEN = declare("tiktok_shop.token", _("TikTok Shop no longer accepts the shop's token. Connect the shop again."))
_LINK = declare("tiktok_shop.link", _("This consent does not cover the shop. Connect the shop again."))
_SIGN = declare("tiktok_shop.sign", _("TikTok Shop refuses our signature. Check app key and app secret."))
_ADDRESS = declare(
    "tiktok_shop.address",
    _("TikTok Shop does not know this machine's address. Declare it in Partner Center, IP allow list."),
)
_PERMISSION = declare(
    "tiktok_shop.permission",
    _("The app may not use this function. See its scopes in Partner Center, then connect the shop again."),
)
_CIPHER = declare("tiktok_shop.cipher", _("TikTok Shop wants the shop's cipher. Connect the shop again."))
_ENDPOINT = declare("tiktok_shop.endpoint", _("TikTok Shop no longer offers this function in this version."))
_FORMAT = declare("tiktok_shop.format", _("TikTok Shop refuses the form of our call."))
_PARAM = declare("tiktok_shop.param", _("TikTok Shop refuses a value."))
_CODE = declare(
    "tiktok_shop.code", _("TikTok Shop refuses the code. It works once and for half an hour: open the link again.")
)
_PRODUCT = declare("tiktok_shop.product", _("TikTok Shop refuses the change of the product."))
_PRODUCT_STATUS = declare(
    "tiktok_shop.product_status", _("The product cannot be changed in its present state at TikTok Shop.")
)
_CAMPAIGN = declare(
    "tiktok_shop.campaign", _("A campaign holds units of it: fewer cannot be shown until the campaign ends.")
)
_FROZEN = declare("tiktok_shop.frozen", _("The package is frozen: the buyer or TikTok Shop is changing the order."))
_GONE = declare("tiktok_shop.gone", _("TikTok Shop does not know it."))
LABEL_BEING_MADE = declare("tiktok_shop.label_being_made", _("TikTok Shop is still making the label."))
_UNKNOWN = declare("tiktok_shop.unknown", _("TikTok Shop refuses. Its own words follow."))
_WAREHOUSE = declare(
    "tiktok_shop.warehouse", _("Enter the warehouse's id in the shop's settings: it has several at TikTok Shop.")
)
_SELF_SHIPPED = declare(
    "tiktok_shop.self_shipped",
    _("The seller ships this order: enter the tracking number and the id of the shipping provider."),
)
_NOTHING_TO_SHIP = declare("tiktok_shop.nothing_to_ship", _("The order has no package that could be shipped now."))
_NOT_ASKED = declare("tiktok_shop.not_asked", _("The buyer's request waits no longer."))
_NO_DECISION = declare("tiktok_shop.no_decision", _("A return of this kind is answered in Seller Center only."))
_PICTURE = declare("tiktok_shop.picture", _("TikTok Shop took a picture without giving it a name."))
_IMAGES = declare("tiktok_shop.images", _("Pictures are changed in Seller Center."))

# pauses in seconds
_RATE_PAUSE, _CLOCK_PAUSE, _APP_PAUSE = 2.0, 60.0, 600.0
_LATER = try_later(_BUSY, done=True)
_TOO_OFTEN = try_later(_RATE, _RATE_PAUSE)

UMBRELLA = "36009004"
TOO_OFTEN = "36009002"
BAD_CODE = "36004004"
BAD_STATUS = "12052003"
UNAUTHORISED = "105002"
NOT_COVERED = "101000"
ERRORS = Meanings(
    codes={
        UNAUTHORISED: not_authorised(_TOKEN),
        NOT_COVERED: not_authorised(_LINK),
        "105005": rejected(_PERMISSION),
        "106001": try_later(_SIGN, _APP_PAUSE),
        "106013": rejected(_CIPHER),
        TOO_OFTEN: _TOO_OFTEN,
        "36009003": _LATER,
        "36009007": _LATER,
        UMBRELLA: rejected(_PARAM),
        "36009009": rejected(_ENDPOINT),
        "36009010": rejected(_ENDPOINT),
        "36009014": rejected(_ENDPOINT),
        "36009021": rejected(_FORMAT),
        "36009022": rejected(_FORMAT),
        "36009023": rejected(_FORMAT),
        "36009033": try_later(_ADDRESS, _APP_PAUSE),
        BAD_CODE: rejected(_CODE),
        "12052990": rejected(_PRODUCT),
        BAD_STATUS: rejected(_PRODUCT_STATUS),
        "10007014": rejected(_FROZEN),
        "98001004": rejected(_PARAM),
        # our own refusals of what TikTok Shop would refuse
        "self_shipment": rejected(_SELF_SHIPPED),
        "nothing_to_ship": rejected(_NOTHING_TO_SHIP),
        "not_asked": rejected(_NOT_ASKED),
        "no_decision": rejected(_NO_DECISION),
        "images": rejected(_IMAGES),
        "picture": rejected(_PICTURE),
        "gone": rejected(_GONE),
        "warehouse": rejected(_WAREHOUSE),
    },
    families={"12052": rejected(_PRODUCT)},
    ambiguous=frozenset({UMBRELLA}),
    words=by_words(
        (r"timestamp", try_later(_CLOCK, _CLOCK_PAUSE)),
        (r"access[-_]token|token header", not_authorised(_TOKEN)),
        (r"signature|app_key|app key|service does not exist", try_later(_SIGN, _APP_PAUSE)),
        (r"unexpected identifier|shop_cipher", rejected(_CIPHER)),
        (r"api version", rejected(_ENDPOINT)),
        (r"system busy|try again later", _LATER),
    ),
    unknown=rejected(_UNKNOWN),
)
refusal = ERRORS.refusal
_GONE_WORDS = re.compile(r"(?:does not|doesn't|not) exist|not found|no such", re.IGNORECASE)
_CAMPAIGN_WORDS = re.compile(r"campaign|promotion|creator", re.IGNORECASE)


def failure(status: int, body: Any) -> ChannelError | None:
    """Return the error that an answer stands for, None for a success. `body` is the parsed answer, None when it is no JSON.

    TryLater.maybe_done says that a write may have been done; for a read it means nothing.
    """
    code = fields.text(body, "code") if isinstance(body, dict) else ""
    if not code:
        return without_envelope(status, busy=_BUSY, rate=_RATE, rate_pause=_RATE_PAUSE)
    if code == "0" and status < 400:
        return None
    message = fields.text(body, "message")
    meaning = _by_status(status) or ERRORS.of(code, message)
    return meaning.error(code, message)


def is_gone(refused: Rejected) -> bool:
    """Return whether it was refused because there is no such thing. The codes for that are not documented: the message decides."""
    return says_gone(refused.code, refused.reason.words)


def says_gone(code: str, reason: str) -> bool:
    """Return whether a refusal, or that of a row of a push, says that there is no such thing."""
    return code not in {UMBRELLA, BAD_CODE} and bool(_GONE_WORDS.search(reason))


def of_row(row: Row) -> tuple[str, Reason]:
    """Return (code, sentence) of a row that failed at code 0. The cause behind a batch's own error counts, where there is one."""
    cause = next(iter(answers.rows(answers.part(row, "detail"), "extra_errors")), row)
    code, message = fields.text(cause, "code"), fields.text(cause, "message")
    if _CAMPAIGN_WORDS.search(message):
        return code or "campaign", _CAMPAIGN(message)
    return code or "refused", with_words(ERRORS.of(code, message).advice, message)


def _by_status(status: int) -> Meaning | None:
    if status == 429:
        return _TOO_OFTEN
    return _LATER if status >= 500 or status == 408 else None


_REFUSED_VALUE = 98001004


def refusal_form(code: str, words: str) -> tuple[int, object]:
    """Return (status, body) of a refusal as TikTok Shop words it. Its codes are numbers; any other word is a refused value."""
    return 200, {"code": int(code) if code.isdecimal() else _REFUSED_VALUE, "message": words}
