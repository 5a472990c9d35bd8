"""Words of rules, each stated once: the code in files and columns, and its label."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Labels = Mapping[str, Promise]

PERCENT, FIXED, TIERED, NONE = "PERCENT", "FIXED", "TIERED", "NONE"
STRATEGIES: Labels = {
    PERCENT: _("percent"),
    FIXED: _("fixed amount"),
    TIERED: _("in tiers"),
    NONE: _("no fee"),
}

MARKETPLACE = "marketplace"
PAYEES: Labels = {
    MARKETPLACE: _("the marketplace"),
    "affiliate": _("the affiliate"),
    "staff": _("the staff member"),
    "branch": _("the branch"),
    "agent": _("the agent"),
}

SHOP_TYPES: Labels = {"normal": _("normal shop"), "mall": _("mall shop")}
LEGAL_FORMS: Labels = {
    "organisation": _("organisation"),
    "household": _("household business"),
    "individual": _("individual"),
}

# kind of fee -> (kind of the statement line it is met by, label). A new kind is a row.
_FEES = {
    "commission": ("commission", _("commission")),
    "payment_fee": ("payment_fee", _("payment fee")),
    "order_fee": ("service_fee", _("order processing fee")),
    "parcel_fee": ("shipping", _("fee per parcel")),
    "voucher_programme": ("service_fee", _("voucher programme fee")),
    "content_programme": ("service_fee", _("live and video programme fee")),
    "freight_programme": ("service_fee", _("freight programme fee")),
    "return_cover": ("service_fee", _("return freight cover")),
    "cofunded_voucher": ("voucher", _("co-funded voucher")),
    "campaign_fee": ("service_fee", _("campaign fee")),
    "affiliate": ("affiliate", _("affiliate commission")),
    "tax_vat": ("tax", _("VAT withheld")),
    "tax_pit": ("tax", _("personal income tax withheld")),
    "other": ("other", _("other fee")),
}
FEE_KINDS: Labels = {kind: label for kind, (_line, label) in _FEES.items()}
STATEMENT_KIND: Mapping[str, str] = {kind: line for kind, (line, _label) in _FEES.items()}

DELIVERED, HANDED_OVER, REFUNDED_AT_ONCE = "delivered", "handed_over", "refunded_at_once"
CHARGED_WHEN: Labels = {
    DELIVERED: _("delivered"),
    HANDED_OVER: _("handed to the carrier"),
    REFUNDED_AT_ONCE: _("refunded at once"),
}

NEVER, FULL_RETURN, IN_PROPORTION = "never", "full_return", "in_proportion"
GIVEN_BACK: Labels = {
    NEVER: _("never given back"),
    FULL_RETURN: _("given back when the whole order is returned"),
    IN_PROPORTION: _("given back in proportion"),
}

CANCELLED, RETURNED, REFUNDED = "cancelled", "returned", "refunded"
# goods come back, or never left; a mere refund leaves them with the buyer
BACK_KINDS: Labels = {CANCELLED: _("cancelled"), RETURNED: _("returned"), REFUNDED: _("refunded, goods kept")}

PAID_BY_BUYER = "paid_by_buyer"
BASES: Labels = {
    "item": _("the item's price"),
    "order": _("the order's value"),
    "after_seller_discount": _("the price after the seller's discounts"),
    "after_all_discounts": _("the price after all discounts"),
    PAID_BY_BUYER: _("what the buyer paid"),
    "platform_voucher": _("the platform's voucher"),
}
LINE, ITEM, ORDER = "line", "item", "order"
PER: Labels = {ITEM: _("per item"), LINE: _("per line"), ORDER: _("per order")}
FIXED_PER: Labels = {ORDER: _("per order"), "parcel": _("per parcel"), LINE: _("per line"), "unit": _("per unit")}

MARGINAL, WHOLE = "marginal", "whole"
TIER_MODES: Labels = {
    MARGINAL: _("each part at the rate of its tier"),
    WHOLE: _("the whole at the rate of the tier it reaches"),
}
SHOP_MONTH = "shop_month"
TIER_PERIODS: Labels = {ORDER: _("per order"), SHOP_MONTH: _("per shop and month")}

INSIDE, ADDED = "inside", "added"
VAT_MODES: Labels = {INSIDE: _("VAT inside"), ADDED: _("VAT added")}
FROM_RULE, FROM_LINE = "rule", "line"
RATE_FROM: Labels = {FROM_RULE: _("given by the rule"), FROM_LINE: _("told by the order line")}

ROUNDING_MODES: Mapping[str, str] = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "down": ROUND_DOWN,
    "up": ROUND_UP,
}
ROUNDINGS: Labels = {
    "half_up": _("rounded half up"),
    "half_even": _("rounded half to even"),
    "down": _("rounded down"),
    "up": _("rounded up"),
}
ROUNDING_LEVELS: Labels = {ITEM: _("for each item"), LINE: _("for each line"), ORDER: _("for the whole order")}

# how sure a source is
MARKS: Labels = {
    "official": _("official page"),
    "verified": _("several sources"),
    "one_source": _("one source"),
    "inferred": _("inferred"),
    "conflict": _("sources differ"),
    "not_verified": _("not verified"),
    "own": _("own agreement"),
}

# steps of a working; the first step names the base
STEPS: Labels = {
    **BASES,
    "shipping": _("with shipping paid by the buyer"),
    "tax_out": _("less the product's tax"),
    "less_fee": _("less a fee"),
    "rate": _("rate"),
    "tier": _("tier"),
    "fixed": _("fixed amount"),
    "floor": _("raised to the floor"),
    "cap": _("cut to the cap"),
    "vat": _("VAT added"),
    "order": _("sum of the order"),
    "share": _("this line's share"),
    "rounding": _("rounding"),
}
