"""Evidence of a finding as a ZIP of CSV files: its orders, what the rules expected with the working, statement lines, and the history."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

from commissions.rules.words import STEPS
from core.db import decode, fetch

# orders of one query, so that memory stays bounded
BATCH = 1_000
# a cell that begins so would be run as a formula by a spreadsheet
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ORDERS = """
SELECT DISTINCT coalesce(item.order_id, m.order_id, line.order_id) FROM commissions_findingitem item
LEFT JOIN commissions_feematch m ON m.id = item.fee_match_id
LEFT JOIN commissions_payoutmatch payout ON payout.id = item.payout_match_id
LEFT JOIN commissions_statementline line ON line.shop_id = payout.shop_id AND (
    payout.statement <> '' AND line.statement = payout.statement OR payout.statement = '' AND line.order_number = payout.order_number)
WHERE item.finding_id = %s ORDER BY 1
"""
_FINDING = """
SELECT finding.id, shop.name, shop.channel, finding.kind, finding.fee_kind, rule.key || ' v' || rule.version, finding.since, finding.until,
    finding.orders, finding.open_orders, finding.total, finding.amount, finding.currency, finding.proposal ->> 'before',
    finding.proposal ->> 'after', finding.state, finding.due_at
FROM commissions_finding finding JOIN inventory_shop shop ON shop.id = finding.shop_id
LEFT JOIN commissions_commissionrule rule ON rule.id = finding.rule_id WHERE finding.id = %s
"""
_CHECKS = """
SELECT o.number, o.placed_at, o.status, m.kind, m.expected, m.settled, m.difference, m.corrected, m.state, item.amount, item.open_amount
FROM commissions_findingitem item LEFT JOIN commissions_feematch m ON m.id = item.fee_match_id
LEFT JOIN orders_order o ON o.id = coalesce(item.order_id, m.order_id)
WHERE item.finding_id = %s AND item.payout_match_id IS NULL AND item.month_match_id IS NULL ORDER BY o.placed_at, o.number
"""
_ENTRIES = """
SELECT o.number, entry.fee_kind, rule.key || ' v' || rule.version, entry.line_key, entry.cause, entry.units, entry.base, entry.rate,
    entry.amount, entry.currency, entry.recorded_at, entry.working::text
FROM commissions_commissionentry entry JOIN orders_order o ON o.id = entry.order_id
JOIN commissions_commissionrule rule ON rule.id = entry.rule_id WHERE entry.order_id = ANY(%s) ORDER BY o.number, entry.id
"""
_LINES = """
SELECT line.order_number, line.statement, line.kind, line.fee, line.amount, line.currency, line.happened_at, line.is_paid, line.paid_at,
    line.external_id, coalesce(file.name, '')
FROM commissions_statementline line LEFT JOIN commissions_statementfile file ON file.id = line.file_id
WHERE line.order_id = ANY(%s) ORDER BY line.order_number, line.id
"""
_PAYOUTS = """
SELECT match.statement, match.order_number, match.expected, match.paid, match.difference, match.state, payout.external_id, payout.reference,
    payout.amount, payout.paid_at
FROM commissions_findingitem item JOIN commissions_payoutmatch match ON match.id = item.payout_match_id
LEFT JOIN commissions_payout payout ON payout.shop_id = match.shop_id AND payout.statement = match.statement
    AND payout.order_number = match.order_number
WHERE item.finding_id = %s ORDER BY match.id, payout.id
"""
_MONTHS = """
SELECT month.month, month.kind, month.expected, month.settled, month.difference, month.currency, month.state, month.settled_at
FROM commissions_findingitem item JOIN commissions_monthmatch month ON month.id = item.month_match_id
WHERE item.finding_id = %s ORDER BY month.id
"""
_STATUSES = """
SELECT o.number, coalesce(change.version, change.created_at), change.before, change.after, change.channel_status, change.source
FROM orders_statuschange change JOIN orders_order o ON o.id = change.order_id WHERE change.order_id = ANY(%s) ORDER BY o.number, change.id
"""
_SAID = """
SELECT written_at, author.username, text FROM commissions_findingcomment comment
LEFT JOIN auth_user author ON author.id = comment.author_id WHERE finding_id = %s ORDER BY comment.id
"""
_FILES: Mapping[str, tuple[str, Sequence[str]]] = {
    "finding.csv": (_FINDING, (
        "finding", "shop", "channel", "kind", "fee", "rule", "since", "until", "orders", "open_orders", "total", "open_amount", "currency",
        "before", "after", "state", "due",
    )),
    "orders.csv": (_CHECKS, (
        "order", "placed", "status", "fee", "expected", "settled", "difference", "corrected", "state", "amount", "open_amount",
    )),
    "payouts.csv": (_PAYOUTS, (
        "statement", "order", "statement_sum", "transferred", "difference", "state", "payout", "bank_text", "payout_amount", "payout_time",
    )),
    "months.csv": (_MONTHS, (
        "month", "fee", "expected", "settled", "difference", "currency", "state", "settled_on",
    )),
    "comments.csv": (_SAID, ("written", "by", "comment")),
}  # fmt: skip
_ORDER_FILES: Mapping[str, tuple[str, Sequence[str]]] = {
    "expected.csv": (_ENTRIES, (
        "order", "fee", "rule", "line", "cause", "units", "base", "rate_percent", "amount", "currency", "recorded", "working",
    )),
    "statement_lines.csv": (_LINES, (
        "order", "statement", "kind", "channel_name", "amount", "currency", "when", "paid_out", "paid_out_on", "id", "file",
    )),
    "history.csv": (_STATUSES, ("order", "when", "before", "after", "channel_status", "brought_by")),
}  # fmt: skip


def write_evidence(finding_id: int, out: IO[bytes]) -> None:
    """Write the evidence of a finding. Names of files and columns are stable; times are UTC, amounts plain decimals."""
    orders = [pk for (pk,) in fetch(_ORDERS, finding_id) if pk is not None]
    batches = [orders[start : start + BATCH] for start in range(0, len(orders), BATCH)]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (statement, head) in _FILES.items():
            _write(archive, name, head, fetch(statement, finding_id))
        for name, (statement, head) in _ORDER_FILES.items():
            _write(archive, name, head, (row for batch in batches for row in fetch(statement, batch)))


def _write(archive: zipfile.ZipFile, name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with archive.open(name, "w") as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(head)
        writer.writerows(_cells(head, row) for row in rows)


def _cells(head: Sequence[str], row: Sequence[Any]) -> Iterator[str]:
    return (_working(value) if column == "working" else _cell(value) for column, value in zip(head, row, strict=True))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return f"{value:f}" if hasattr(value, "as_tuple") else str(value)


def _working(steps: str) -> str:
    """Return the steps of a working on one line: "price after discounts 100000 -> 100000; rate 10 % of 100000 -> 10000"."""
    return "; ".join(
        f"{STEPS.get(step['name'], step['name'])}"
        + (f" {step['rate']} %" if step.get("rate") is not None else "")
        + f" {step['base']} -> {step['result']}"
        for step in decode(steps)
    )
