"""Error mapping: KiotViet's refusals to the three channel errors, by status and code; its messages are for people."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.connectors.kiotviet.mapping import fields
from integrations.contract.errors import ChannelError, NotAuthorised, Rejected, TryLater
from integrations.contract.reasons import declare
from integrations.wire import answers
from integrations.wire.meanings import Meanings, not_authorised, rejected

_PRODUCT = declare("kiotviet.product", _("KiotViet refuses a product. Check that it still exists and is sold."))
_CUSTOMER = declare("kiotviet.customer", _("KiotViet refuses the customer. Check the customer in the settings."))
_ORDER = declare("kiotviet.order", _("KiotViet refuses the order. Check the shop's settings for orders."))
ORDER_CLOSED = declare("kiotviet.order_closed", _("The order is closed or gone at KiotViet: correct it there."))
_INVOICE = declare("kiotviet.invoice", _("KiotViet refuses the invoice. Check stock and the shop's settings."))
_PAYMENT = declare("kiotviet.payment", _("KiotViet refuses the payment. Check the payment method and account."))
_FORBIDDEN = declare("kiotviet.forbidden", _("KiotViet refuses. Check that the API account may do this."))
_SHOP = declare("kiotviet.shop", _("KiotViet does not know the shop. Check its name and credentials."))
_TOKEN = declare("kiotviet.token", _("KiotViet no longer accepts the token. Check client id and secret."))
_UNKNOWN = declare("kiotviet.unknown", _("KiotViet refuses. Its own words follow."))
_QUOTA = declare("kiotviet.quota", _("KiotViet's hourly quota is used up."))
_BROKEN = declare("kiotviet.broken", _("KiotViet is out of order."))
_LIST_LOST = declare("kiotviet.list_lost", _("KiotViet lost the list that was sent to it; nothing was written."))
_NO_TOKEN = declare("kiotviet.no_token", _("KiotViet gives no token now."))
_CREDENTIALS = declare(
    "kiotviet.credentials", _("KiotViet refuses the credentials. Check client id and client secret.")
)
NOTHING_FOR = declare("kiotviet.nothing_for", _("KiotViet answered nothing for %(thing)s."))
NO_LIST = declare("kiotviet.no_list", _("KiotViet answered %(path)s with no list."))
NO_LENGTH = declare("kiotviet.no_length", _("KiotViet answered %(path)s without saying how long the list is."))
NO_DOCUMENT_ID = declare("kiotviet.no_document_id", _("KiotViet answered without the document's id."))
ITS_ORDER_TELLS = declare("kiotviet.its_order_tells", _("Its order %(order)s tells."))
NO_STOCK_OF_ITS_OWN = declare("kiotviet.no_stock_of_its_own", _("It has no stock of its own."))
MADE_FOR_OUR_ORDER = declare("kiotviet.made_for_our_order", _("Made for an order that we wrote."))

# by the errorCode of the envelope
ERRORS = Meanings(
    codes={
        "KvValidateProductException": rejected(_PRODUCT),
        "KvValidateCustomerException": rejected(_CUSTOMER),
        "KvValidateOrderException": rejected(_ORDER),
        "KvValidateInvoiceException": rejected(_INVOICE),
        "KvValidatePaymentException": rejected(_PAYMENT),
        "KvException": rejected(_FORBIDDEN),
        "KvUnauthorizedException": not_authorised(_SHOP),
        "TokenException": not_authorised(_TOKEN),
    },
    unknown=rejected(_UNKNOWN),
)
# codes of a read by id or code of something that is not, or no longer, there
NOT_FOUND = frozenset(
    {
        "KvValidateProductException",
        "KvValidateCustomerException",
        "KvValidateOrderException",
        "KvValidateInvoiceException",
    }
)
# A refused read means "not there" only in these words: a switched-off feature refuses with the same code.
_MISSING = re.compile(r"không tồn tại|bị xóa|không tìm thấy|not exist|not found|deleted", re.IGNORECASE)

# A list that was sent full and refused as empty: seen on 10-30 % of bulk writes, nothing is written, a repeat succeeds.
_EMPTY_LIST = re.compile(r"empty list|list is empty|danh sách.*(?:rỗng|trống)", re.IGNORECASE)
_EMPTY_LIST_PAUSE = 30.0
# the cap counts by the hour and no header says when it ends: probe this often
_QUOTA_PAUSE = 15.0
_BROKEN_PAUSE = 5.0


def failure(status: int, body: Any) -> ChannelError | None:
    """Return the error an answer stands for, None for a success. `body` is the parsed answer, None when it is no JSON."""
    if status in {200, 201, 202, 204}:
        return None
    code, message = _envelope(body)
    if status == 429:
        return TryLater(_QUOTA, after=_QUOTA_PAUSE, code="429")
    if status >= 500:
        return TryLater(_BROKEN(message), after=_BROKEN_PAUSE, code=code or str(status))
    if status == 420 and _EMPTY_LIST.search(message):
        return TryLater(_LIST_LOST(message), after=_EMPTY_LIST_PAUSE, code=code)
    meaning = ERRORS.find(code) or (not_authorised(ERRORS.unknown.advice) if status == 401 else ERRORS.unknown)
    return meaning.error(code or str(status), message)


def token_failure(status: int, body: Any) -> ChannelError | None:
    """Return the error of a token answer, in OAuth's words (`error`, perhaps `error_description`); None for a success."""
    if status in {200, 201}:
        return None
    if status == 429 or status >= 500:
        return TryLater(_NO_TOKEN, after=_BROKEN_PAUSE, code=str(status))
    code = fields.text(body, "error") if isinstance(body, dict) else ""
    return NotAuthorised(_CREDENTIALS, code=code or str(status))


def is_missing(refusal: Rejected) -> bool:
    """Return whether a refused read means that the object is not, or no longer, there."""
    return refusal.code in NOT_FOUND and _MISSING.search(refusal.reason.words) is not None


def _envelope(body: Any) -> tuple[str, str]:
    found = answers.part(body, "responseStatus") if isinstance(body, dict) else {}
    return fields.text(found, "errorCode"), fields.text(found, "message")


def refusal_form(code: str, words: str) -> tuple[int, object]:
    """Return (status, body) of a refusal as KiotViet words it."""
    return 420, {"responseStatus": {"errorCode": code, "message": words}}
