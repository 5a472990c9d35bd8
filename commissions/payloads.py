"""Payloads of events about money: the published types and their schemas."""

from __future__ import annotations

from core.event_types import Channel, Money, Payload, Text, When, publish


class StatementLineAdded(Payload):
    """One amount of a channel's settlement, signed: positive is money for the seller. `fee`: the channel's name for it."""

    line_id: Text
    channel: Channel
    shop_id: Text
    external_id: str
    order_id: str
    kind: str
    fee: str
    amount: Money
    statement: str
    is_paid: bool
    happened_at: When | None = None
    paid_at: When | None = None


LINE_ADDED = publish("statement_line.added", StatementLineAdded)


class FindingChanged(Payload):
    """Differences of one cause at a shop. `amount`: still open; `total`: all of it; positive where the seller has too little.

    `kind`: open list, see the API; `severity`: 1 (low) to 4 (urgent); `since`, `until`: days in Vietnam.
    """

    finding_id: Text
    channel: Channel
    shop_id: Text
    kind: str
    fee_kind: str
    state: str
    severity: int
    orders: int
    open_orders: int
    amount: Money
    total: Money
    since: str
    until: str | None = None
    due_at: When | None = None


FINDING_OPENED = publish("finding.opened", FindingChanged, schema="finding.changed")
FINDING_CLOSED = publish("finding.closed", FindingChanged, schema="finding.changed")
