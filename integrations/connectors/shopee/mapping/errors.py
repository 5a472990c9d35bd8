"""Shopee's error codes -> our three errors, with what a person should do. Matched by the last part of the code.

Some codes mean several things and only the message tells which (`error_auth` is a dead token, a stock rule or a busy
server): those are told apart first. A fault of the app's settings is no fault of the thing that was asked for: it waits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.connectors.shopee.mapping import fields
from integrations.wire.errors import ChannelError, NotAuthorised, Rejected, TryLater
from integrations.wire.http import UNREADABLE

_BUSY = _("Shopee is busy or out of order.")
_RATE = _("Shopee's rate limit is reached.")
_QUOTA = _("The app has used up its calls of the day. Shopee counts anew at midnight, Singapore time.")
_CLOCK = _("Shopee finds the time of our call wrong. Set this machine's clock.")
_TOKEN = _("Shopee no longer accepts the shop's token. Connect the shop again.")
_LINK = _("The shop no longer allows this app. Connect the shop again.")
_SIGN = _("Shopee refuses our signature. Check partner ID and partner key of the app.")
_KEY = _("The partner key has expired. Reset it in the Shopee console and enter the new one.")
_ADDRESS = _("Shopee does not know this machine's address. Declare it in the console, app list, IP whitelist.")
_SUSPENDED = _("Shopee has restricted this app or API. See the Shopee console.")
_BANNED = _("Shopee has banned the shop. Nothing works until it is restored.")
_KYC = _("The seller must complete the registration in Shopee's Seller Centre first.")
_PERMISSION = _("The app may not use this function. See its permissions in the Shopee console.")
_MISSING = _("Shopee does not know it.")
_PARAM = _("Shopee refuses a value.")
_STATUS = _("The order's status does not allow this.")
_SHIPPED = _("The shipment is arranged already.")
_PACKAGE = _("Choose the parcel: the order is split into several.")
_METHOD = _("Choose another way of shipping: this one is not offered for the order.")
_NEEDED = _("Shopee needs more to arrange the shipment.")
_SLOT = _("Choose another pickup time or address.")
_LABEL = _("The label cannot be printed yet.")
_ADVANCE = _("Shopee ships this order itself: nothing is to be arranged.")
_PROMOTION = _("A promotion holds the item: it cannot be changed until the promotion ends.")
_WAREHOUSE = _("Shopee's warehouse keeps this stock: it cannot be changed here.")
_LOCATION = _("Check the shop's warehouse: Shopee wants its location ID, or none.")
_UNEDITABLE = _("The item cannot be changed in its present state at Shopee.")
_PRICE = _("Shopee refuses the price.")
_CODE = _("Shopee refuses the code. It works once and for ten minutes: open the link again.")
_UNKNOWN = _("Shopee refuses. Its own words follow.")

# pauses in seconds
_SOON, _CLOCK_PAUSE, _APP_PAUSE, _QUOTA_PAUSE = 5.0, 60.0, 600.0, 1800.0
_RATE_PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code stands for. `done`: a write answered so may have been done all the same."""

    kind: type[ChannelError]
    advice: Promise
    after: float = _SOON
    done: bool = False


_LATER = Meaning(TryLater, _BUSY, done=True)
_DEAD_TOKEN = Meaning(NotAuthorised, _TOKEN)
_UNLINKED = Meaning(NotAuthorised, _LINK)


def _app(advice: Promise) -> Meaning:
    return Meaning(TryLater, advice, _APP_PAUSE)


def _no(advice: Promise) -> Meaning:
    return Meaning(Rejected, advice)


# last part of the code (lower case) -> meaning
ERRORS: dict[str, Meaning] = {
    # server side
    **dict.fromkeys(
        "error_server error_inner error_network error_system_busy error_data error_unknown error_timeout error_connection"
        " error_core_server error_third_party_server error_too_many_invoke_function error_other"
        " logistic_order_is_locked_on_creating business_process_error error_operation_failed".split(),
        _LATER,
    ),
    "error_rate_limit": Meaning(TryLater, _RATE, _RATE_PAUSE),
    # the token and the shop's consent
    **dict.fromkeys("invalid_acceess_token invalid_access_token error_token".split(), _DEAD_TOKEN),
    **dict.fromkeys(
        "error_auth shop_no_linked partner_shop_no_link shop_access_expired invalid_shop error_shop refresh_token_expired"
        " error_shop_refresh_token error_merchant_refresh_token invalid_shop_id".split(),
        _UNLINKED,
    ),
    # the app
    "error_sign": _app(_SIGN),
    "invalid_partner_id": _app(_SIGN),
    "error_partner_key_expired": _app(_KEY),
    "source_ip_undeclared": _app(_ADDRESS),
    "api_suspended": _app(_SUSPENDED),
    "error_api_call_restricted": _app(_SUSPENDED),
    "shop_banned": _app(_BANNED),
    "error_kyc_auth": _app(_KYC),
    **dict.fromkeys(
        "error_api_permission error_permission error_ashop_api_permission error_perm_non_admin".split(),
        _no(_PERMISSION),
    ),
    # what was asked for
    **dict.fromkeys(
        "error_not_found error_item_not_found order_not_exist error_order_not_found not_found package_not_exist"
        " error_item_not_belong_shop error_not_exist error_model_not_found".split(),
        _no(_MISSING),
    ),
    **dict.fromkeys("error_param param order_list_invalid_time".split(), _no(_PARAM)),
    **dict.fromkeys("invalid_code invalid_main_acount_id".split(), _no(_CODE)),
    # orders and shipping
    **dict.fromkeys(
        "error_limit order_status_invalid error_status error_status_limit error_state error_order_state ship_order_not_ready_to_ship"
        " order_finalized update_not_allowed cancel_not_allowed".split(),
        _no(_STATUS),
    ),
    "package_already_shipped": _no(_SHIPPED),
    **dict.fromkeys(
        "package_number_not_exist ship_order_need_pacakge_number ship_order_not_need_pacakge_number".split(),
        _no(_PACKAGE),
    ),
    **dict.fromkeys(
        "ship_order_only_support_one_type ship_order_unsupport_pickup ship_order_unsupport_dropoff"
        " ship_order_unsupport_non_integrated error_no_pickup feature_not_supported".split(),
        _no(_METHOD),
    ),
    **dict.fromkeys(
        "ship_order_need_address_pickup_time ship_order_need_branch_id ship_order_need_sender_real_name"
        " ship_order_need_tracking_number ship_order_invalid_job_param lack_of_invoice_data".split(),
        _no(_NEEDED),
    ),
    **dict.fromkeys(
        "ship_order_pickup_time_invalid error_pickup_time no_available_time_slot no_supported_pickup_address"
        " error_sender_address address_not_found invalid_address_version".split(),
        _no(_SLOT),
    ),
    "error_booking_order": _no(_ADVANCE),
    "tracking_number_invalid": Meaning(TryLater, _LABEL, _CLOCK_PAUSE),
    "shipping_document_should_print_first": _no(_LABEL),
    # goods
    **dict.fromkeys(
        "error_cannt_edit_stock_in_promotion error_promotion_cantnot_update_stock error_model_update_stock_model_in_promotion"
        " error_cannt_edit_price_in_promotion error_related_product_in_promotion".split(),
        _no(_PROMOTION),
    ),
    "error_wms_shop_block_upate_stock": _no(_WAREHOUSE),
    **dict.fromkeys("error_busi error_not_in_whitelist".split(), _no(_LOCATION)),
    **dict.fromkeys(
        "error_item_uneditable error_busi_cannot_edit_vsku error_holiday_mode_change_stock error_seller_under_penalty"
        " error_edit_item_stock_for_item_has_model error_in_item_promotion_nomodel_to_models".split(),
        _no(_UNEDITABLE),
    ),
    "promotion_price_for_vn": _no(_PRICE),
}
# read by the callers
NOT_FOUND = frozenset({"error_not_found", "error_item_not_found", "order_not_exist", "error_order_not_found"})
ALREADY_SHIPPED = "package_already_shipped"
NOT_PRINTED = "shipping_document_should_print_first"
NO_WAREHOUSES = "error_not_in_whitelist"
IN_PROMOTION = "error_cannt_edit_stock_in_promotion"
BAD_CODE = "invalid_code"
# the rows say what failed: the answer is read, not refused
ROWS_FAILED = frozenset({"batch_api_all_failed", "error_busi_update_stock_failed", "error_busi_update_price_failed"})

ROW_REFUSED = "refused"
_CODE_IN_WORDS = re.compile(r"((?:[a-z]+\.)?error_[a-z_]+)")

# What a message makes of a code that means several things; the first that fits counts. These codes are also used as a
# drawer for everything, so words decide before the table does.
_AMBIGUOUS = frozenset(
    "error_auth error_param param error_limit error_server error_data error_inner error_other".split()
)
_WORDS: tuple[tuple[re.Pattern[str], Meaning], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), meaning)
    for pattern, meaning in (
        (r"timestamp", Meaning(TryLater, _CLOCK, _CLOCK_PAUSE)),
        (r"invalid sign|wrong sign", _app(_SIGN)),
        (r"access.?token", _DEAD_TOKEN),
        (r"daily|total api call", Meaning(TryLater, _QUOTA, _QUOTA_PAUSE)),
        (r"being allocated|please wait until", Meaning(TryLater, _BUSY, _CLOCK_PAUSE)),
        (r"stock (?:must|should)|less than reserved? stock|promotion", _no(_PROMOTION)),
        (r"must be equal to 0", _no(_WAREHOUSE)),
        (r"location.?id|stock structure", _no(_LOCATION)),
        (r"holiday mode", _no(_UNEDITABLE)),
        (r"app is deleted|been restricted", _app(_SUSPENDED)),
        (r"no permission|do not have right|can not use", _no(_PERMISSION)),
        (r"system error|try (?:again )?later", _LATER),
        (r"not found|not exist", _no(_MISSING)),
    )
)


def refusal(code: str, words: str = "") -> Rejected:
    """Our own refusal of what Shopee would refuse with this code of the table."""
    return Rejected(f"{ERRORS[code].advice} {words}".strip(), code=code)


def of_row(words: str) -> tuple[str, str]:
    """(code, sentence) of a row that failed. Shopee tells such a row words only, which may begin with a code."""
    found = _CODE_IN_WORDS.match(words)
    code = last_part(found[1]) if found else ""
    if code in ERRORS:
        return code, f"{ERRORS[code].advice} {words}"
    for pattern, meaning in _WORDS:
        if pattern.search(words):
            return code or ROW_REFUSED, f"{meaning.advice} {words}"
    return code or ROW_REFUSED, words


def last_part(code: str) -> str:
    """`logistics.error_param` -> `error_param`: codes come with and without a module, and with stray blanks."""
    return code.rpartition(".")[2].strip().lower()


def code_of(body: Any) -> str:
    """The error code of an answer, "" for a success."""
    return last_part(fields.text(body, "error")) if isinstance(body, dict) else ""


def failure(status: int, body: Any) -> ChannelError | None:
    """The error an answer stands for, None for a success. `body` is the parsed answer, None when it is no JSON.

    TryLater.maybe_done says that a write may have been done; for a read it means nothing.
    """
    if not isinstance(body, dict):
        return _unread(status)
    code, message = code_of(body), fields.text(body, "message") or fields.text(body, "msg")
    if not code or code in ROWS_FAILED:
        return None if status < 400 or code else _unread(status)
    meaning = _meaning(status, code, message)
    reason = f"{meaning.advice} {message}".strip()
    if meaning.kind is TryLater:
        return TryLater(reason, after=meaning.after, code=code, maybe_done=meaning.done)
    return meaning.kind(reason, code=code)


def _meaning(status: int, code: str, message: str) -> Meaning:
    if code in _AMBIGUOUS:
        for pattern, meaning in _WORDS:
            if pattern.search(message):
                return meaning
    if code in ERRORS:
        return ERRORS[code]
    if status == 429:
        return ERRORS["error_rate_limit"]
    return _LATER if status >= 500 else _no(_UNKNOWN)


def _unread(status: int) -> ChannelError:
    """An answer without Shopee's envelope: a gateway's page, or cut off."""
    if status == 429:
        return TryLater(str(_RATE), after=_RATE_PAUSE, code="429")
    refused = 400 <= status < 500
    return TryLater(str(_BUSY), code=str(status) if refused else UNREADABLE, maybe_done=not refused)
