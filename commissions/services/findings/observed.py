"""Fees that a channel charged, order by order, beside the rates at which the rules took them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from commissions.findings.categories import SoldPart, TableFee
from commissions.findings.rates import Observation, Part
from commissions.models import RateTable
from commissions.rules.words import FIXED, MARKETPLACE, STATEMENT_KIND
from core.db import columns, decode, fetch

# half a dong for each rounded line or unit, and half of one for the order's own rounding
_HALF = Decimal("0.5")
_HUNDRED = Decimal(100)
OF_KIND = "(SELECT k.fee FROM unnest(%(fees)s::text[], %(kinds)s::text[]) AS k(fee, kind) WHERE k.kind = m.kind)"
_FEES = f"""
WITH fee AS (
    SELECT m.id AS match_id, e.rule_id, sum(e.amount) AS expected, count(*) AS entries,
        coalesce(sum(e.amount) FILTER (WHERE e.cause NOT IN ('cancelled', 'returned', 'refunded', 'undone')), 0) AS accrued,
        jsonb_agg(jsonb_build_array(e.rate::text, e.base::text, e.amount::text, e.units, line.item_id) ORDER BY e.id) FILTER (
            WHERE e.reverses_id IS NULL AND NOT EXISTS (
                SELECT FROM commissions_commissionentry back
                WHERE back.reverses_id = e.id AND back.cause IN ('changed', 'rule'))) AS taken
    FROM commissions_feematch m
    JOIN commissions_commissionentry e ON e.order_id = m.order_id AND e.payee = %(payee)s AND e.fee_kind = ANY({OF_KIND})
    LEFT JOIN orders_orderline line ON line.order_id = e.order_id AND line.key = e.line_key
    WHERE m.id = ANY(%(ids)s) GROUP BY 1, 2
)
SELECT m.id, m.placed_at, m.difference, fee.rule_id, fee.expected, fee.accrued, fee.entries, fee.taken::text, rule.strategy,
    rule.formula_json ->> 'amount', rule.vat_json ->> 'rate', rule.rounding_json ->> 'level', rule.formula_json ->> 'table'
FROM fee JOIN commissions_feematch m ON m.id = fee.match_id JOIN commissions_commissionrule rule ON rule.id = fee.rule_id
WHERE fee.taken IS NOT NULL AND fee.accrued > 0 AND rule.strategy IN ('PERCENT', 'FIXED') ORDER BY m.placed_at, m.id, fee.rule_id
"""
_AGREEING = f"""
SELECT e.rule_id, e.rate, max(m.placed_at)
FROM commissions_feematch m JOIN commissions_commissionentry e ON e.order_id = m.order_id AND e.fee_kind = ANY({OF_KIND})
WHERE m.shop_id = %(shop)s AND m.placed_at > %(since)s AND m.state IN ('matched', 'tolerated') AND m.charged > 0
  AND e.rule_id = ANY(%(rules)s) AND e.reverses_id IS NULL GROUP BY 1, 2
"""


class _Row(NamedTuple):
    match_id: int
    placed_at: datetime
    difference: Decimal
    rule_id: int
    expected: Decimal
    accrued: Decimal
    entries: int
    taken: str
    strategy: str
    amount: str | None
    vat: str | None
    level: str | None
    table: str | None


class Observed(NamedTuple):
    """Observations of fee checks, each about one rule with all other rules taken as right: by rate, and by listing where the rule has
    a table, whose rates are in `tables` by rule.
    """

    rates: list[Observation]
    fees: list[TableFee]
    tables: Mapping[int, Sequence[Decimal]]


def observed(match_ids: Sequence[int]) -> Observed:
    """Return what these fee checks say. Two queries."""
    fees, kinds = columns(sorted(STATEMENT_KIND.items()), 2)
    found, tables = Observed([], [], {}), dict[int, str]()
    for values in fetch(_FEES, ids=list(match_ids), payee=MARKETPLACE, fees=fees, kinds=kinds):
        row = _Row(*values)
        taken = decode(row.taken)
        # of a fee of which something came back, the same share of its base counts
        share = row.expected / row.accrued
        parts = [_part(row, *entry[:3], share=share) for entry in taken]
        known = (row.match_id, row.rule_id, row.placed_at)
        charged = (row.expected + row.difference, _slack(row, taken))
        found.rates.append(Observation(*known, _merged(parts), *charged))
        if row.table:
            tables[row.rule_id] = row.table
            sold = tuple(SoldPart(entry[4] or "", *part) for entry, part in zip(taken, parts, strict=True))
            found.fees.append(TableFee(*known, sold, *charged))
    return found._replace(tables=_rates(tables))


def _rates(tables: Mapping[int, str]) -> dict[int, Sequence[Decimal]]:
    """Return the rates of each rule's table, each once."""
    if not tables:
        return {}
    names = {reference.rpartition("/")[0] for reference in tables.values()}
    rates = {}
    for table in RateTable.objects.filter(name__in=names):
        defaults = () if table.default is None else (table.default,)
        rates[table.reference] = sorted({*map(Decimal, table.rates.values()), *defaults})
    return {rule_id: rates.get(reference, []) for rule_id, reference in tables.items()}


def agreeing(shop_id: int, rules: Sequence[int], since: datetime) -> Mapping[tuple[int, Decimal | None], datetime]:
    """Return by rule and rate (None: a fixed amount) when the last order after `since` was placed that was charged as the rule says."""
    fees, kinds = columns(sorted(STATEMENT_KIND.items()), 2)
    rows = fetch(_AGREEING, shop=shop_id, rules=list(rules), since=since, fees=fees, kinds=kinds)
    return {(rule_id, rate): last for rule_id, rate, last in rows}


def _part(row: _Row, rate: str | None, base: str, amount: str, *, share: Decimal) -> Part:
    if row.strategy == FIXED:
        each = Decimal(row.amount or 0)
        return Part(each, Decimal(amount) / each * share if each else Decimal(0))
    vat = 1 + Decimal(row.vat or 0) / _HUNDRED
    return Part(Decimal(rate or 0).normalize(), Decimal(base) / _HUNDRED * vat * share)


def _slack(row: _Row, taken: Any) -> Decimal:
    """Return by how much roundings may move a fee: a fixed amount is not rounded."""
    if row.strategy == FIXED:
        return Decimal(0)
    units = sum(entry[3] for entry in taken) if row.level == "item" else 0
    return _HALF + _HALF * max(row.entries, units)


def _merged(parts: Any) -> tuple[Part, ...]:
    found: dict[Decimal, Decimal] = {}
    for rate, quantity in parts:
        found[rate] = found.get(rate, Decimal(0)) + quantity
    return tuple(Part(rate, quantity) for rate, quantity in sorted(found.items()))
