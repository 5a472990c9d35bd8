"""Lazada's codes -> our three errors, with advice for people. Status 200 throughout: only the code counts.

`type` is muddled in the documentation and is not looked at. A fault of the app's settings is no fault of the thing that was
asked for: it waits.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.connectors.lazada.mapping import fields
from integrations.contract.errors import ChannelError, Rejected
from integrations.contract.reasons import Reason, declare
from integrations.wire import answers
from integrations.wire.meanings import (
    Meaning,
    Meanings,
    by_words,
    found_in,
    not_authorised,
    rejected,
    try_later,
    without_envelope,
)

_BUSY = declare("lazada.busy", _("Lazada is busy or out of order."))
_RATE = declare("lazada.rate", _("Lazada's rate limit is reached."))
_SWITCHED_OFF = declare("lazada.switched_off", _("Lazada has switched this function off for a campaign."))
_TOKEN = declare("lazada.token", _("Lazada no longer accepts the shop's token. Connect the shop again."))
_MARKET = declare(
    "lazada.market",
    _("This shop came through Lazada's service market: its token cannot be renewed. Connect the shop again."),
)
_SIGN = declare("lazada.sign", _("Lazada refuses our signature. Check app key and app secret."))
_CLOCK = declare("lazada.clock", _("Lazada finds the time of our call wrong. Set this machine's clock."))
_CODE = declare("lazada.code", _("Lazada refuses the code. It works once and for half an hour: open the link again."))
_SELLER = declare("lazada.seller", _("The shop is not active at Lazada. See its Seller Center."))
_LIMITED = declare("lazada.limited", _("Lazada does not open this function for this kind of shop."))
_PARAM = declare("lazada.param", _("Lazada refuses a value."))
_ORDER = declare("lazada.order", _("Lazada does not know this order in this shop."))
_MISSING = declare("lazada.missing", _("Lazada does not know it."))
_STATE = declare("lazada.state", _("Its state at Lazada does not allow this."))
_PACKAGE = declare("lazada.package", _("Lazada does not know this package, or it was cancelled."))
_FBL = declare("lazada.fbl", _("Lazada's own warehouse ships this order: nothing is to be done here."))
_WAREHOUSES = declare("lazada.warehouses", _("The items lie in different warehouses: pack them apart."))
_CARRIER = declare("lazada.carrier", _("Lazada could not find a carrier. Try again, or see Seller Center."))
_LOCKED = declare("lazada.locked", _("Lazada is working on this order."))
_CAMPAIGN = declare("lazada.campaign", _("A campaign holds the stock: it cannot be lowered until the campaign ends."))
_NEGATIVE = declare("lazada.negative", _("Lazada holds more units for open orders than this number leaves."))
_SKU = declare("lazada.sku", _("The SKU is not known at Lazada: read the listings again."))
_SEMI = declare("lazada.semi", _("Lazada manages this item: it cannot be changed here."))
_REASON = declare("lazada.reason", _("Choose a reason, write a comment and, for a refused refund, name a picture."))
_RETURN_STATE = declare("lazada.return_state", _("The return's state does not allow this."))
_TOO_LONG = declare("lazada.too_long", _("Lazada lists less than 180 days at once."))
CROWDED_SECOND = declare("lazada.crowded_second", _("Lazada lists more orders of one second than can be read."))
LABEL_NOT_READY = declare("lazada.label_not_ready", _("Lazada's label is not ready yet."))
CANCELLATION = declare("lazada.cancellation", _("A cancellation before delivery, which the order reports."))
_UNKNOWN = declare("lazada.unknown", _("Lazada refuses. Its own words follow."))

# pauses in seconds
_SOON, _BAN, _CLOCK_PAUSE, _APP_PAUSE, _OFF_PAUSE = 5.0, 1.5, 60.0, 600.0, 900.0
_LATER = try_later(_BUSY, done=True)
_DEAD_TOKEN = not_authorised(_TOKEN)
_APP_KEYS = try_later(_SIGN, _APP_PAUSE)

UNKNOWN_SKU = frozenset({"4193", "4216"})
_CODES: dict[str, Meaning] = {
    # the gateway
    "IllegalAccessToken": _DEAD_TOKEN,
    "IllegalRefreshToken": _DEAD_TOKEN,
    "AUTH_TYPE_UNSUPPORTED": not_authorised(_MARKET),
    "InvalidCode": rejected(_CODE),
    "IncompleteSignature": _APP_KEYS,
    "InvalidAppKey": _APP_KEYS,
    "IllegalTimestamp": try_later(_CLOCK, _CLOCK_PAUSE),
    "MissingParameter": rejected(_PARAM),
    "InvalidParameter": rejected(_PARAM),
    "InvalidApiPath": rejected(_LIMITED),
    "UnsupportedHTTPMethod": rejected(_PARAM),
    **dict.fromkeys("ApiCallLimit 901 IopSystemFlowlimit ServiceCurrentlimit".split(), try_later(_RATE, _BAN)),
    "998": try_later(_SWITCHED_OFF, _OFF_PAUSE),
    **dict.fromkeys("ServiceTimeout 6 1000 40011".split(), _LATER),
    **dict.fromkeys("SellerNotVerified SellerNotActive".split(), try_later(_SELLER, _APP_PAUSE)),
    "Mp3SellerApiLimit": rejected(_LIMITED),
    # lists
    **dict.fromkeys("17 19 14 36 74 75 38 39 56".split(), rejected(_PARAM)),
    "1000012": rejected(_TOO_LONG),
    # orders
    **dict.fromkeys("16 37".split(), rejected(_ORDER)),
    # fulfilment
    **dict.fromkeys("700000 700026 700031 30012".split(), rejected(_STATE)),
    **dict.fromkeys("700004 700022".split(), rejected(_PARAM)),
    "700024": try_later(_LOCKED, _SOON),
    "700025": rejected(_ORDER),
    "700027": rejected(_FBL),
    "700029": rejected(_WAREHOUSES),
    **dict.fromkeys("600001 600002".split(), rejected(_PACKAGE)),
    "1003": rejected(_CARRIER),
    # calling off, sending back
    **dict.fromkeys("102 103 105 115 120 121 125 126 133".split(), rejected(_PARAM)),
    **dict.fromkeys("104 108 109 110 111".split(), rejected(_REASON)),
    # "internal error", and also the answer to a number that is not known
    "106": rejected(_MISSING),
    **dict.fromkeys("112 122 123 124 127".split(), rejected(_MISSING)),
    **dict.fromkeys("107 113 114 131".split(), rejected(_RETURN_STATE)),
    **dict.fromkeys("116 117 118 119".split(), rejected(_PARAM)),
    # goods
    "501": rejected(_UNKNOWN),
    **dict.fromkeys("4171 4152 513 201 4".split(), rejected(_PARAM)),
    "4170": rejected(_CAMPAIGN),
    "212": rejected(_NEGATIVE),
    **dict.fromkeys(UNKNOWN_SKU, rejected(_SKU)),
    "4225": rejected(_SEMI),
    "ITEM_NOT_FOUND": rejected(_MISSING),
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
BY_LAZADA = "700027"
# an overview: the rows in `detail` say what failed
ROWS_FAILED = "501"
OK = "0"

_NOT_FOUND = by_words((r"not (?:found|exist)", rejected(_MISSING)))
ERRORS = Meanings(codes=_CODES, unlisted=_NOT_FOUND, unknown=rejected(_UNKNOWN))
refusal = ERRORS.refusal
problem = ERRORS.error
is_temporary = ERRORS.is_passing


def of_row(code: str, words: str) -> tuple[str, Reason]:
    """Return (code, sentence) of a row of a push that was not taken."""
    return code or ROWS_FAILED, problem(code or ROWS_FAILED, words).reason


def is_missing(refused: Rejected, codes: frozenset[str]) -> bool:
    """Return whether a refusal means that there is no such thing. The words count where no code is documented."""
    return refused.code in codes or (
        refused.code not in ERRORS.codes and found_in(_NOT_FOUND, refused.reason.words) is not None
    )


def is_gone(code: str, reason: str) -> bool:
    """Return whether a refusal of a row of a push says that there is no such product or SKU any more."""
    unlisted = code == ROWS_FAILED or code not in ERRORS.codes
    return code in UNKNOWN_ITEM | UNKNOWN_SKU or (unlisted and found_in(_NOT_FOUND, reason) is not None)


def failure(status: int, body: Any) -> ChannelError | None:
    """Return the error that an answer stands for, None for a success. `body` is the parsed answer, None when it is no JSON."""
    code = fields.text(body, "code") if isinstance(body, dict) else ""
    if not code:
        return _no_envelope(status)
    if code == ROWS_FAILED and answers.rows(body, "detail"):
        return None
    if code != OK:
        found = problem(code, fields.text(body, "message"))
        unknown = code not in ERRORS.codes
        if unknown and (status == 429 or status >= 500):
            return _no_envelope(status)
        return found
    return _inner_failure(body) if status < 400 else _no_envelope(status)


def _inner_failure(body: answers.Row) -> ChannelError | None:
    """Return the error inside code "0": newer APIs report it in `result`, finance and promotions at the top, in two spellings."""
    for part in (answers.part(body, "result"), body):
        if part.get("success") is False:
            code = fields.text(part, "error_code") or fields.text(part, "errorCode")
            words = fields.text(part, "error_msg") or fields.text(part, "errorMsg")
            return problem(code or ROWS_FAILED, words)
    return None


def _no_envelope(status: int) -> ChannelError:
    return without_envelope(status, busy=_BUSY, rate=_RATE, rate_pause=_BAN)


def refusal_form(code: str, words: str) -> tuple[int, object]:
    """Return (status, body) of a refusal as Lazada words it."""
    return 200, {"code": code, "type": "ISP", "message": words}
