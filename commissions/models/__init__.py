"""Commission rules, what they accrued, and what channels settled. Rows are written by `services` only."""

from commissions.models.entries import CommissionEntry, MonthBase
from commissions.models.findings import Finding, FindingComment, FindingItem
from commissions.models.matches import FeeMatch, MonthMatch
from commissions.models.payouts import Payout, PayoutMatch, PayoutTerm
from commissions.models.rules import CommissionRule, FeeCategory, RateTable
from commissions.models.statements import StatementFile, StatementLine

__all__ = [
    "CommissionEntry",
    "CommissionRule",
    "FeeCategory",
    "FeeMatch",
    "Finding",
    "FindingComment",
    "FindingItem",
    "MonthBase",
    "MonthMatch",
    "Payout",
    "PayoutMatch",
    "PayoutTerm",
    "RateTable",
    "StatementFile",
    "StatementLine",
]
