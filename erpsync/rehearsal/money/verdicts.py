"""The hub's verdicts about money: the items of its findings, and the share matched without a person."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import NamedTuple

from core.db import fetch

_ITEMS = """
SELECT shop.channel, connection.external_id, coalesce(o.number, payout.order_number, ''), coalesce(payout.statement, ''), finding.kind,
    finding.fee_kind, item.open_amount <> 0, finding.id
FROM commissions_findingitem item JOIN commissions_finding finding ON finding.id = item.finding_id
JOIN inventory_shop shop ON shop.id = finding.shop_id JOIN integrations_connection connection ON connection.shop_id = shop.id
LEFT JOIN commissions_feematch fee ON fee.id = item.fee_match_id
LEFT JOIN commissions_payoutmatch payout ON payout.id = item.payout_match_id
LEFT JOIN orders_order o ON o.id = coalesce(fee.order_id, item.order_id)
WHERE shop.id = ANY(%s) ORDER BY finding.id, item.id
"""
_MATCHED = """
SELECT count(*), count(*) FILTER (WHERE is_matched), coalesce(sum(value), 0), coalesce(sum(value) FILTER (WHERE is_matched), 0),
    coalesce(sum(unexplained), 0)
FROM (
    SELECT greatest(abs(settled), abs(expected)) AS value, state IN ('matched', 'tolerated', 'corrected') AS is_matched,
        CASE WHEN state IN ('matched', 'corrected') THEN 0 ELSE abs(difference) END AS unexplained
    FROM commissions_feematch WHERE shop_id = ANY(%s) AND state <> 'due' AND (settled <> 0 OR expected <> 0)
) checked
"""
_MILLION = 1_000_000


class Subject(NamedTuple):
    """What an error, or a part of a finding, is about: an order of a shop, or a `statement` as a whole; the other of the two is ""."""

    channel: str
    shop: str
    order: str
    statement: str = ""

    def __str__(self) -> str:
        name = f"statement {self.statement}" if self.statement else self.order
        return f"{self.channel} {self.shop} {name}"


class Item(NamedTuple):
    """One order's, or one statement's, part of a finding. `is_open`: something of it is still to be put right."""

    subject: Subject
    kind: str
    fee_kind: str
    is_open: bool
    finding: int


class Matched(NamedTuple):
    """Fee checks, and the shares of them that needed no person, in percent; dong without an explanation in a million of fees."""

    checks: int
    by_count: float
    by_value: float
    unexplained: float


def found_items(shop_ids: Collection[int]) -> list[Item]:
    """Return the items of these shops' findings."""
    return [Item(Subject(*row[:4]), *row[4:]) for row in fetch(_ITEMS, list(shop_ids))]


def matched(shop_ids: Collection[int]) -> Matched:
    """Return how these shops' fees were matched, over all time."""
    [(checks, by_count, value, by_value, unexplained)] = fetch(_MATCHED, list(shop_ids))
    return Matched(
        checks, _percent(by_count, checks), _percent(by_value, value), round(float(_MILLION * unexplained / (value or 1)), 1)
    )  # fmt: skip


def _percent(part: Decimal | int, whole: Decimal | int) -> float:
    return round(float(100 * part / (whole or 1)), 3)
