"""Business events of findings."""

from __future__ import annotations

from collections.abc import Sequence

from commissions.models import Finding
from commissions.payloads import FINDING_CLOSED, FINDING_OPENED
from commissions.services.events import SOURCE
from core.db import decode, fetch
from core.json_sql import money_sql, utc_sql
from core.outbox import Event, emit

State = Finding.State
# history is silent: of orders from before a shop counts stock no event tells
_FINDINGS = f"""
SELECT finding.id, finding.shop_id, jsonb_build_object('finding_id', finding.id::text, 'channel', shop.channel,
    'shop_id', finding.shop_id::text, 'kind', finding.kind, 'fee_kind', finding.fee_kind, 'state', finding.state,
    'severity', finding.severity, 'orders', finding.orders, 'open_orders', finding.open_orders,
    'amount', {money_sql("finding.amount", "finding.currency")}, 'total', {money_sql("finding.total", "finding.currency")},
    'since', finding.since::text, 'until', finding.until::text, 'due_at', {utc_sql("finding.due_at")})::text
FROM commissions_finding finding JOIN inventory_shop shop ON shop.id = finding.shop_id
WHERE finding.id = ANY(%(ids)s) AND EXISTS (
    SELECT FROM commissions_findingitem item
    WHERE item.finding_id = finding.id AND (shop.stock_since IS NULL OR item.since >= shop.stock_since))
ORDER BY finding.id
"""


def emit_changes(changes: Sequence[tuple[int, str, str]]) -> None:
    """Emit `finding.opened` and `finding.closed` for findings (id, state before, state now), whose rows the caller has just written."""
    types = {
        pk: FINDING_CLOSED if after == State.CLOSED else FINDING_OPENED
        for pk, _before, after in changes
        if after in (State.CLOSED, State.OPEN)
    }
    if types:
        rows = fetch(_FINDINGS, ids=sorted(types))
        emit([Event(types[pk].name, SOURCE, "finding", str(pk), decode(d), (shop,)) for pk, shop, d in rows])
