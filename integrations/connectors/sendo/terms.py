"""Sendo's words in words of the trade."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from integrations.contract.terms import Terms

TERMS = Terms(payments={"COD": _("Cash on delivery"), "PayLater": _("Pay later")})
