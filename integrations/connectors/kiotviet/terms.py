"""KiotViet's words in words of the trade."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from integrations.contract.terms import Terms

TERMS = Terms(payments={"CASH": _("Cash"), "CARD": _("Card"), "TRANSFER": _("Bank transfer"), "VOUCHER": _("Voucher")})
