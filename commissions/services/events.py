"""Business events of settlements."""

from __future__ import annotations

from collections.abc import Collection

from commissions.payloads import LINE_ADDED
from core.db import decode, fetch
from core.json_sql import money_sql, utc_sql
from core.outbox import Event, emit

SOURCE = "/erpsync/commissions"

_LINES = f"""
SELECT l.id, l.shop_id, jsonb_build_object('line_id', l.id::text, 'channel', shop.channel, 'shop_id', l.shop_id::text,
    'external_id', l.external_id, 'order_id', l.order_number, 'kind', l.kind, 'fee', l.fee,
    'amount', {money_sql("l.amount", "l.currency")}, 'statement', l.statement, 'is_paid', l.is_paid,
    'happened_at', {utc_sql("l.happened_at")}, 'paid_at', {utc_sql("l.paid_at")})::text
FROM commissions_statementline l JOIN inventory_shop shop ON shop.id = l.shop_id WHERE l.id = ANY(%(lines)s) ORDER BY l.id
"""


def emit_lines(line_ids: Collection[int]) -> None:
    """Emit `statement_line.added` for these lines, which the caller has just made."""
    if line_ids:
        rows = fetch(_LINES, lines=sorted(line_ids))
        emit([Event(LINE_ADDED.name, SOURCE, "statement_line", str(pk), decode(d), (shop,)) for pk, shop, d in rows])
