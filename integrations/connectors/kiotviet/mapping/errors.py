"""Error mapping: KiotViet's refusals to the three channel errors, by status and code; its messages are for people."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.connectors.kiotviet.mapping import fields
from integrations.contract.errors import ChannelError, NotAuthorised, Rejected, TryLater
from integrations.wire import answers
from integrations.wire.meanings import Meanings, not_authorised, rejected

# by the errorCode of the envelope
ERRORS = Meanings(
    codes={
        "KvValidateProductException": rejected(
            _("KiotViet refuses a product. Check that it still exists and is sold.")
        ),
        "KvValidateCustomerException": rejected(
            _("KiotViet refuses the customer. Check the customer in the settings.")
        ),
        "KvValidateOrderException": rejected(_("KiotViet refuses the order. Check the shop's settings for orders.")),
        "KvValidateInvoiceException": rejected(_("KiotViet refuses the invoice. Check stock and the shop's settings.")),
        "KvValidatePaymentException": rejected(
            _("KiotViet refuses the payment. Check the payment method and account.")
        ),
        "KvException": rejected(_("KiotViet refuses. Check that the API account may do this.")),
        "KvUnauthorizedException": not_authorised(
            _("KiotViet does not know the shop. Check its name and credentials.")
        ),
        "TokenException": not_authorised(_("KiotViet no longer accepts the token. Check client id and secret.")),
    },
    unknown=rejected(_("KiotViet refuses. Its own words follow.")),
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
        return TryLater(str(_("KiotViet's hourly quota is used up.")), after=_QUOTA_PAUSE, code="429")
    if status >= 500:
        reason = str(_("KiotViet is out of order."))
        return TryLater(f"{reason} {message}".strip(), after=_BROKEN_PAUSE, code=code or str(status))
    if status == 420 and _EMPTY_LIST.search(message):
        return TryLater(message, after=_EMPTY_LIST_PAUSE, code=code)
    meaning = ERRORS.find(code) or (not_authorised(ERRORS.unknown.advice) if status == 401 else ERRORS.unknown)
    return meaning.error(code or str(status), message)


def token_failure(status: int, body: Any) -> ChannelError | None:
    """Return the error of a token answer, in OAuth's words (`error`, perhaps `error_description`); None for a success."""
    if status in {200, 201}:
        return None
    if status == 429 or status >= 500:
        return TryLater(str(_("KiotViet gives no token now.")), after=_BROKEN_PAUSE, code=str(status))
    code = fields.text(body, "error") if isinstance(body, dict) else ""
    reason = str(_("KiotViet refuses the credentials. Check client id and client secret."))
    return NotAuthorised(reason, code=code or str(status))


def is_missing(refusal: Rejected) -> bool:
    """Return whether a refused read means that the object is not, or no longer, there."""
    return refusal.code in NOT_FOUND and _MISSING.search(refusal.reason) is not None


def _envelope(body: Any) -> tuple[str, str]:
    found = answers.part(body, "responseStatus") if isinstance(body, dict) else {}
    return fields.text(found, "errorCode"), fields.text(found, "message")
