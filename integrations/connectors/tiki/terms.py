"""Tiki's words in words of the trade. Fees: only `base_fee` was seen in a recorded answer."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from integrations.contract.terms import Terms

TERMS = Terms(
    fees={
        "sale": _("Goods sold"),
        "base_fee": _("Fixed fee (commission)"),
        "percent_per_payment": _("Payment fee"),
    },
    payments={
        "cod": _("Cash on delivery"),
        "cybersource": _("International card"),
    },
)
