"""Columns of settlements that hold people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.personal import Action, PersonalTable, searched

_ACCOUNTS = _("Accounts and tax: amounts that a channel settled.")
_OF_ORDER = "t.order_id = ANY(%(orders)s)"

TABLES = (
    PersonalTable(
        "commissions_statementline",
        _("Line of a settlement"),
        _OF_ORDER,
        {
            "raw": Action.WIPE, "order_number": Action.KEEP, "kind": Action.KEEP, "amount": Action.KEEP, "currency": Action.KEEP,
            "statement": Action.KEEP,
        },
        why_kept=_ACCOUNTS,
    ),
    # money for one order may come with the buyer's name
    PersonalTable(
        "commissions_payout",
        _("Payout"),
        "(t.shop_id, t.order_number) IN (SELECT o.shop_id, o.number FROM orders_order o WHERE o.id = ANY(%(orders)s))",
        {
            "reference": Action.SEARCH, "raw": Action.WIPE, "external_id": Action.KEEP, "order_number": Action.KEEP,
            "statement": Action.KEEP, "amount": Action.KEEP, "currency": Action.KEEP,
        },
        why_kept=_ACCOUNTS,
    ),
    searched("commissions_finding", _("Finding"), "note"),
    searched("commissions_findingcomment", _("Comment on a finding"), "text"),
    PersonalTable("commissions_feematch", _("Compared fee"), _OF_ORDER, {"note": Action.SEARCH}),
)  # fmt: skip

# the content of a statement file is deleted a day after it was uploaded
IMPERSONAL = {
    "commissions_commissionrule": (
        "key title channel shop_type payee payee_id fee_kind strategy formula_json conditions_json charged_when given_back"
        " vat_json rate_from rounding_json source_json examples_json"
    ),
    "commissions_ratetable": "channel name rates source_json",
    "commissions_feecategory": "channel code parent title",
    "commissions_monthbase": "payee_id currency",
    "commissions_payoutmatch": "currency order_number statement",
    "commissions_monthmatch": "currency",
    "commissions_finding": "currency family proposal",
    "commissions_commissionentry": "sku line_key fee_kind payee payee_id currency rounding working",
    "commissions_statementfile": "name sha256 content channel kind shop_name tax_codes totals payouts problems warnings",
    "commissions_statementline": "external_id line_key scope fee",
    "commissions_feematch": "currency",
}
