"""What a browser posts of the rule form."""

from __future__ import annotations

from typing import Any

from commissions.rules.rule import Rule
from erpsync.admin.money.rule_values import values_of

PERCENT = {
    "title": "Phí cố định", "shop_type": "", "fee_kind": "commission", "payee": "marketplace", "payee_id": "",
    "strategy": "PERCENT", "rate_from": "rule", "rate": "4,5", "table": "", "base_kind": "after_seller_discount",
    "floor_amount": "", "floor_per": "item", "cap_amount": "", "cap_per": "item", "amount": "", "per": "order",
    "tiers_from": ["0", ""], "tiers_rate": ["", ""], "tier_mode": "marginal", "tier_period": "order", "category": "", "sku": "",
    "campaign": "", "payment_method": "", "order_from": "", "order_below": "", "charged_when": ["delivered"],
    "given_back": "in_proportion", "vat_rate": "", "rounding_mode": "half_up", "rounding_level": "line", "starts": "2026-11-01",
    "source_name": "hợp đồng", "source_date": "2026-10-20", "source_mark": "own", "source_note": "",
}  # fmt: skip
FIXED = PERCENT | {"strategy": "FIXED", "amount": "3.000", "fee_kind": "order_fee"}
TIERED = PERCENT | {
    "strategy": "TIERED", "tiers_from": ["0", "1.000.000"], "tiers_rate": ["5", "3,5"], "fee_kind": "other",
}  # fmt: skip
NONE = PERCENT | {"strategy": "NONE"}


def posted(rule: Rule) -> dict[str, Any]:
    """Return a rule as its filled-in form posts it."""
    found = values_of(rule)
    tiers = found.pop("tiers", ())
    made: dict[str, Any] = dict(PERCENT)
    for name, value in found.items():
        if value is True:
            made[name] = "on"
        elif value is not None and value is not False:
            made[name] = value if isinstance(value, list) else str(value)
        else:
            made[name] = ""
    made["tiers_from"] = [str(start) for start, _rate in tiers]
    made["tiers_rate"] = [str(rate) for _start, rate in tiers]
    return {name: value for name, value in made.items() if value != "" or name in PERCENT}
