"""KiotViet's refusals -> our three errors. Messages are Vietnamese text for people; decisions go by status and code."""

from __future__ import annotations

import re
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.connectors.kiotviet.mapping import fields
from integrations.wire import answers
from integrations.wire.errors import ChannelError, NotAuthorised, Rejected, TryLater

# errorCode of the envelope -> what it means for the same call, and what a person should do
ERRORS: dict[str, tuple[type[ChannelError], Promise]] = {
    "KvValidateProductException": (Rejected, _("KiotViet refuses a product. Check that it still exists and is sold.")),
    "KvValidateCustomerException": (Rejected, _("KiotViet refuses the customer. Check the customer in the settings.")),
    "KvValidateOrderException": (Rejected, _("KiotViet refuses the order. Check the shop's settings for orders.")),
    "KvValidateInvoiceException": (Rejected, _("KiotViet refuses the invoice. Check stock and the shop's settings.")),
    "KvValidatePaymentException": (Rejected, _("KiotViet refuses the payment. Check the payment method and account.")),
    "KvException": (Rejected, _("KiotViet refuses. Check that the API account may do this.")),
    "KvUnauthorizedException": (NotAuthorised, _("KiotViet does not know the shop. Check its name and credentials.")),
    "TokenException": (NotAuthorised, _("KiotViet no longer accepts the token. Check client id and secret.")),
}
# what a read by id or code answers when the thing is not, or no longer, there
NOT_FOUND = {
    "KvValidateProductException",
    "KvValidateCustomerException",
    "KvValidateOrderException",
    "KvValidateInvoiceException",
}

_UNKNOWN = _("KiotViet refuses. Its own words follow.")
# A list that was sent full and refused as empty: seen on 10-30 % of bulk writes, nothing is written, a repeat succeeds.
_EMPTY_LIST = re.compile(r"empty list|list is empty|danh sách.*(?:rỗng|trống)", re.IGNORECASE)
_EMPTY_LIST_PAUSE = 30.0
# the cap counts by the hour, and nothing tells when it ends: one call so often asks
_QUOTA_PAUSE = 15.0
_BROKEN_PAUSE = 5.0


def failure(status: int, body: Any) -> ChannelError | None:
    """The error an answer stands for, None for a success. `body` is the parsed answer, None when it is no JSON."""
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
    kind, advice = ERRORS.get(code, (NotAuthorised if status == 401 else Rejected, _UNKNOWN))
    return kind(f"{advice} {message}".strip(), code=code or str(status))


def token_failure(status: int, body: Any) -> ChannelError | None:
    """The same for the token endpoint, which answers in OAuth's words (`error`, perhaps `error_description`)."""
    if status in {200, 201}:
        return None
    if status == 429 or status >= 500:
        return TryLater(str(_("KiotViet gives no token now.")), after=_BROKEN_PAUSE, code=str(status))
    code = fields.text(body, "error") if isinstance(body, dict) else ""
    reason = str(_("KiotViet refuses the credentials. Check client id and client secret."))
    return NotAuthorised(reason, code=code or str(status))


def _envelope(body: Any) -> tuple[str, str]:
    found = answers.part(body, "responseStatus") if isinstance(body, dict) else {}
    return fields.text(found, "errorCode"), fields.text(found, "message")
