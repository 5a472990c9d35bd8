"""The active rules as the engine takes them: compiled once per process and set of versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

from commissions.models import CommissionRule, FeeCategory, RateTable
from commissions.rules.index import RuleIndex
from commissions.rules.reading import rule_of
from commissions.rules.rule import RateRow, Rule
from commissions.rules.rule import RateTable as Rates
from commissions.rules.rule_set import RuleSet
from core.db import execute, fetch

Revision = tuple[Any, ...]
# any change of the set of active versions changes it: a version becomes active once, and ends once
_REVISION = """
SELECT count(*), max(activated_at), (SELECT count(*) FROM commissions_ratetable), (SELECT count(*) FROM commissions_feecategory)
FROM commissions_commissionrule WHERE state = 'active'
"""
_LOCK_KEY = "hashtext('commission rules')"


@dataclass(frozen=True)
class RuleBook:
    """Compiled rules. `ids`: the row of each version, by key and version."""

    rules: RuleIndex
    ids: Mapping[tuple[str, int], int]

    @cached_property
    def by_month(self) -> frozenset[int]:
        """Rows of the versions by shop and month."""
        return frozenset(self.ids[rule.key, rule.version] for rule in self.rules.rules.rules if rule.is_monthly)

    @property
    def is_empty(self) -> bool:
        return not self.ids


def shared() -> None:
    """Keep the set of active versions as it is until the transaction ends. Accruals of many orders share it."""
    execute(f"SELECT pg_advisory_xact_lock_shared({_LOCK_KEY})")


def exclusive() -> None:
    """Wait until no accrual is under way, and let none begin until the transaction ends: the set of versions changes."""
    execute(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")


def active() -> RuleBook:
    """Return the book of the active versions."""
    [revision] = fetch(_REVISION)
    return _read(revision)


@lru_cache(maxsize=2)
def _read(revision: Revision) -> RuleBook:
    return book(CommissionRule.objects.filter(state=CommissionRule.State.ACTIVE))


def book(versions: Any) -> RuleBook:
    """Return the book of these versions (a queryset of CommissionRule)."""
    rows = list(versions.order_by("key", "version"))
    return RuleBook(RuleIndex(rule_set(rows)), {(row.key, row.version): row.pk for row in rows})


def rule_set(rows: list[CommissionRule], *more: str) -> RuleSet:
    """Return these versions with the rate tables and categories of their channels, and of `more` channels."""
    channels = {*more, *(row.channel for row in rows)}
    tables = tuple(
        Rates(
            name=table.reference,
            rows=tuple(RateRow(category=code, rate=Decimal(rate)) for code, rate in sorted(table.rates.items())),
            default=table.default,
        )
        for table in RateTable.objects.filter(channel__in=channels)
    )
    categories: dict[str, dict[str, str]] = {}
    found = FeeCategory.objects.filter(channel__in=channels).exclude(parent="")
    for channel, code, parent in found.values_list("channel", "code", "parent"):
        categories.setdefault(channel, {})[code] = parent
    return RuleSet(tuple(map(as_rule, rows)), tables, categories)


def as_rule(row: CommissionRule) -> Rule:
    """Return a version as the engine takes it."""
    return rule_of(document(row))


def document(row: CommissionRule) -> dict[str, Any]:
    """Return a version as RULES.json holds it."""
    return {
        "key": row.key,
        "version": row.version,
        "title": row.title,
        "channel": row.channel,
        "shop": str(row.shop_id) if row.shop_id else "",
        "shop_type": row.shop_type,
        "payee": row.payee,
        "payee_id": row.payee_id,
        "fee_kind": row.fee_kind,
        "strategy": row.strategy,
        "formula": row.formula_json,
        "conditions": row.conditions_json,
        "charged_when": row.charged_when,
        "given_back": row.given_back,
        "vat": row.vat_json,
        "rate_from": row.rate_from,
        "rounding": row.rounding_json,
        "starts": row.starts.isoformat(),
        "source": row.source_json,
        "active": row.state == CommissionRule.State.ACTIVE,
    }
