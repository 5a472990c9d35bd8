"""Shopee's error codes -> our three errors, with what a person should do. Matched by the last part of the code.

Some codes mean several things and only the message says which (`error_auth` is a dead token, a stock rule or a busy
server): there the message decides. A fault of the app's settings is no fault of the thing that was asked for: it waits.
"""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.connectors.shopee.mapping import fields
from integrations.contract.errors import ChannelError
from integrations.contract.reasons import Reason, declare, with_words
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

_BUSY = declare("shopee.busy", _("Shopee is busy or out of order."))
_RATE = declare("shopee.rate", _("Shopee's rate limit is reached."))
_QUOTA = declare(
    "shopee.quota", _("The app has used up its calls of the day. Shopee counts anew at midnight, Singapore time.")
)
_CLOCK = declare("shopee.clock", _("Shopee finds the time of our call wrong. Set this machine's clock."))
_TOKEN = declare("shopee.token", _("Shopee no longer accepts the shop's token. Connect the shop again."))
_LINK = declare("shopee.link", _("The shop no longer allows this app. Connect the shop again."))
_SIGN = declare("shopee.sign", _("Shopee refuses our signature. Check partner ID and partner key of the app."))
_KEY = declare("shopee.key", _("The partner key has expired. Reset it in the Shopee console and enter the new one."))
_ADDRESS = declare(
    "shopee.address",
    _("Shopee does not know this machine's address. Declare it in the console, app list, IP whitelist."),
)
_SUSPENDED = declare("shopee.suspended", _("Shopee has restricted this app or API. See the Shopee console."))
_BANNED = declare("shopee.banned", _("Shopee has banned the shop. Nothing works until it is restored."))
_KYC = declare("shopee.kyc", _("The seller must complete the registration in Shopee's Seller Centre first."))
_PERMISSION = declare(
    "shopee.permission", _("The app may not use this function. See its permissions in the Shopee console.")
)
_MISSING = declare("shopee.missing", _("Shopee does not know it."))
_PARAM = declare("shopee.param", _("Shopee refuses a value."))
_STATUS = declare("shopee.status", _("The order's status does not allow this."))
_SHIPPED = declare("shopee.shipped", _("The shipment is arranged already."))
_PACKAGE = declare("shopee.package", _("Choose the parcel: the order is split into several."))
_METHOD = declare("shopee.method", _("Choose another way of shipping: this one is not offered for the order."))
_NEEDED = declare("shopee.needed", _("Shopee needs more to arrange the shipment."))
_SLOT = declare("shopee.slot", _("Choose another pickup time or address."))
_LABEL = declare("shopee.label", _("The label cannot be printed yet."))
_ADVANCE = declare("shopee.advance", _("Shopee ships this order itself: nothing is to be arranged."))
_PROMOTION = declare(
    "shopee.promotion", _("A promotion holds the item: it cannot be changed until the promotion ends.")
)
_WAREHOUSE = declare("shopee.warehouse", _("Shopee's warehouse keeps this stock: it cannot be changed here."))
_LOCATION = declare("shopee.location", _("Check the shop's warehouse: Shopee wants its location ID, or none."))
_UNEDITABLE = declare("shopee.uneditable", _("The item cannot be changed in its present state at Shopee."))
_PRICE = declare("shopee.price", _("Shopee refuses the price."))
_CODE = declare("shopee.code", _("Shopee refuses the code. It works once and for ten minutes: open the link again."))
ROWLESS_LIST = declare("shopee.rowless_list", _("Shopee's item list goes on without a row."))
NO_FILE = declare("shopee.no_file", _("Shopee answered without the file."))
LABEL_EMPTY = declare("shopee.label_empty", _("Shopee's label is empty."))
LABEL_BEING_MADE = declare("shopee.label_being_made", _("Shopee is making the label."))
NO_TRACKING_NUMBER = declare(
    "shopee.no_tracking_number", _("The parcel has no tracking number yet: arrange the shipment first.")
)
FOREIGN_PICTURE = declare(
    "shopee.foreign_picture",
    _("Shopee takes only pictures that it keeps already. Upload it in the Seller Centre first: %(address)s"),
)
_UNKNOWN = declare("shopee.unknown", _("Shopee refuses. Its own words follow."))

# pauses in seconds
_CLOCK_PAUSE, _APP_PAUSE, _QUOTA_PAUSE = 60.0, 600.0, 1800.0
_RATE_PAUSE = 2.0


_LATER = try_later(_BUSY, done=True)
_DEAD_TOKEN = not_authorised(_TOKEN)
_UNLINKED = not_authorised(_LINK)
_APP_KEYS = try_later(_SIGN, _APP_PAUSE)
_RESTRICTED = try_later(_SUSPENDED, _APP_PAUSE)

# last part of the code (lower case) -> meaning
_CODES: dict[str, Meaning] = {
    # server side
    **dict.fromkeys(
        "error_server error_inner error_network error_system_busy error_data error_unknown error_timeout error_connection"
        " error_core_server error_third_party_server error_too_many_invoke_function error_other"
        " logistic_order_is_locked_on_creating business_process_error error_operation_failed".split(),
        _LATER,
    ),
    "error_rate_limit": try_later(_RATE, _RATE_PAUSE),
    # the token and the shop's consent
    **dict.fromkeys("invalid_acceess_token invalid_access_token error_token".split(), _DEAD_TOKEN),
    **dict.fromkeys(
        "error_auth shop_no_linked partner_shop_no_link shop_access_expired invalid_shop error_shop refresh_token_expired"
        " error_shop_refresh_token error_merchant_refresh_token invalid_shop_id".split(),
        _UNLINKED,
    ),
    # the app
    "error_sign": _APP_KEYS,
    "invalid_partner_id": _APP_KEYS,
    "error_partner_key_expired": try_later(_KEY, _APP_PAUSE),
    "source_ip_undeclared": try_later(_ADDRESS, _APP_PAUSE),
    "api_suspended": _RESTRICTED,
    "error_api_call_restricted": _RESTRICTED,
    "shop_banned": try_later(_BANNED, _APP_PAUSE),
    "error_kyc_auth": try_later(_KYC, _APP_PAUSE),
    **dict.fromkeys(
        "error_api_permission error_permission error_ashop_api_permission error_perm_non_admin".split(),
        rejected(_PERMISSION),
    ),
    # what was asked for
    **dict.fromkeys(
        "error_not_found error_item_not_found order_not_exist error_order_not_found not_found package_not_exist"
        " error_item_not_belong_shop error_not_exist error_model_not_found".split(),
        rejected(_MISSING),
    ),
    **dict.fromkeys("error_param param order_list_invalid_time".split(), rejected(_PARAM)),
    **dict.fromkeys("invalid_code invalid_main_acount_id".split(), rejected(_CODE)),
    # orders and shipping
    **dict.fromkeys(
        "error_limit order_status_invalid error_status error_status_limit error_state error_order_state ship_order_not_ready_to_ship"
        " order_finalized update_not_allowed cancel_not_allowed".split(),
        rejected(_STATUS),
    ),
    "package_already_shipped": rejected(_SHIPPED),
    **dict.fromkeys(
        "package_number_not_exist ship_order_need_pacakge_number ship_order_not_need_pacakge_number".split(),
        rejected(_PACKAGE),
    ),
    **dict.fromkeys(
        "ship_order_only_support_one_type ship_order_unsupport_pickup ship_order_unsupport_dropoff"
        " ship_order_unsupport_non_integrated error_no_pickup feature_not_supported".split(),
        rejected(_METHOD),
    ),
    **dict.fromkeys(
        "ship_order_need_address_pickup_time ship_order_need_branch_id ship_order_need_sender_real_name"
        " ship_order_need_tracking_number ship_order_invalid_job_param lack_of_invoice_data".split(),
        rejected(_NEEDED),
    ),
    **dict.fromkeys(
        "ship_order_pickup_time_invalid error_pickup_time no_available_time_slot no_supported_pickup_address"
        " error_sender_address address_not_found invalid_address_version".split(),
        rejected(_SLOT),
    ),
    "error_booking_order": rejected(_ADVANCE),
    "tracking_number_invalid": try_later(_LABEL, _CLOCK_PAUSE),
    "shipping_document_should_print_first": rejected(_LABEL),
    # goods
    **dict.fromkeys(
        "error_cannt_edit_stock_in_promotion error_promotion_cantnot_update_stock error_model_update_stock_model_in_promotion"
        " error_cannt_edit_price_in_promotion error_related_product_in_promotion".split(),
        rejected(_PROMOTION),
    ),
    "error_wms_shop_block_upate_stock": rejected(_WAREHOUSE),
    **dict.fromkeys("error_busi error_not_in_whitelist".split(), rejected(_LOCATION)),
    **dict.fromkeys(
        "error_item_uneditable error_busi_cannot_edit_vsku error_holiday_mode_change_stock error_seller_under_penalty"
        " error_edit_item_stock_for_item_has_model error_in_item_promotion_nomodel_to_models".split(),
        rejected(_UNEDITABLE),
    ),
    "promotion_price_for_vn": rejected(_PRICE),
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
# codes of a push to an item or model that is no more, and the words of a row without a code
_GONE = NOT_FOUND | {"error_model_not_found", "error_not_exist"}
_GONE_WORDS = re.compile(r"(?:item|model|product)[a-z _.]*(?:not (?:be )?found|not exist)", re.IGNORECASE)
_CODE_IN_WORDS = re.compile(r"((?:[a-z]+\.)?error_[a-z_]+)")

ERRORS = Meanings(
    codes=_CODES,
    # These codes mean several things, some are catch-alls: the message decides before the table does.
    ambiguous=frozenset(
        "error_auth error_param param error_limit error_server error_data error_inner error_other".split()
    ),
    words=by_words(
        (r"timestamp", try_later(_CLOCK, _CLOCK_PAUSE)),
        (r"invalid sign|wrong sign", _APP_KEYS),
        (r"access.?token", _DEAD_TOKEN),
        (r"daily|total api call", try_later(_QUOTA, _QUOTA_PAUSE)),
        (r"being allocated|please wait until", try_later(_BUSY, _CLOCK_PAUSE)),
        (r"stock (?:must|should)|less than reserved? stock|promotion", rejected(_PROMOTION)),
        (r"must be equal to 0", rejected(_WAREHOUSE)),
        (r"location.?id|stock structure", rejected(_LOCATION)),
        (r"holiday mode", rejected(_UNEDITABLE)),
        (r"app is deleted|been restricted", _RESTRICTED),
        (r"no permission|do not have right|can not use", rejected(_PERMISSION)),
        (r"system error|try (?:again )?later", _LATER),
        (r"not found|not exist", rejected(_MISSING)),
    ),
    unknown=rejected(_UNKNOWN),
)
refusal = ERRORS.refusal


def of_row(words: str) -> tuple[str, Reason]:
    """Return (code, sentence) of a row that failed. Such a row has a message only, which may begin with a code."""
    found = _CODE_IN_WORDS.match(words)
    code = last_part(found[1]) if found else ""
    meaning = ERRORS.codes.get(code) or found_in(ERRORS.words, words)
    return code or ROW_REFUSED, with_words(meaning.advice if meaning else "", words)


def is_gone(code: str, reason: str) -> bool:
    """Return whether a refusal of a push says that there is no such item or model any more."""
    return code in _GONE or bool(_GONE_WORDS.search(reason))


def last_part(code: str) -> str:
    """Return `error_param` for `logistics.error_param`: codes come with and without a module, and with stray blanks."""
    return code.rpartition(".")[2].strip().lower()


def code_of(body: Any) -> str:
    """Return the error code of an answer, "" for a success."""
    return last_part(fields.text(body, "error")) if isinstance(body, dict) else ""


def failure(status: int, body: Any) -> ChannelError | None:
    """Return the error that an answer stands for, None for a success. `body` is the parsed answer, None when it is no JSON.

    TryLater.maybe_done says that a write may have been done; for a read it means nothing.
    """
    if not isinstance(body, dict):
        return _unread(status)
    code, message = code_of(body), fields.text(body, "message") or fields.text(body, "msg")
    if not code or code in ROWS_FAILED:
        return None if status < 400 or code else _unread(status)
    meaning = ERRORS.find(code, message) or _by_status(status) or ERRORS.unknown
    return meaning.error(code, message)


def _by_status(status: int) -> Meaning | None:
    """Return what the status alone says about a code of no table."""
    if status == 429:
        return ERRORS.codes["error_rate_limit"]
    return _LATER if status >= 500 else None


def _unread(status: int) -> ChannelError:
    return without_envelope(status, busy=_BUSY, rate=_RATE, rate_pause=_RATE_PAUSE)


def refusal_form(code: str, words: str) -> tuple[int, object]:
    """Return (status, body) of a refusal as Shopee words it."""
    return 200, {"error": code, "message": words}
