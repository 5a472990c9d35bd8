"""Which documents an order should have in the CRM. Pure but for the list of channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integrations.connectors import channels, connector_of
from integrations.documents.difference import DROPPED, Desired, Document, Existing, Situation
from orders.statuses import Status

CUSTOMER, ORDER = "crm_customer", "crm_order"
KINDS = frozenset({CUSTOMER, ORDER})
# the state of the CRM's order in each of our statuses; in others nothing new is written
STATES: Mapping[str, str] = {
    Status.TO_SHIP: "to_ship",
    Status.PACKED: "to_ship",
    Status.SHIPPED: "shipped",
    Status.DELIVERED: "shipped",
    Status.COMPLETED: "completed",
    Status.CANCELLED: "cancelled",
}


def desired(order: Situation, existing: Sequence[Existing]) -> Desired:
    """Return the documents that an order should have: the last state written is that of the order.

    What was sent, done or refused stands: after a refusal a person decides. What still waits and is overtaken goes. An order
    with an unmapped line waits: its lines are written once.
    """
    state = STATES.get(order.status, "")
    orders = [command for command in existing if command.kind == ORDER]
    living = [_state(command) for command in orders if command.state != DROPPED]
    if not state or order.has_unmapped or living[-1:] == [state]:
        return existing
    written = [_state(command) for command in orders if command.state not in (DROPPED, "wanted")]
    # a customer that waits is needed by what was written, and by nothing else
    kept = [c for c in existing if c.state != "wanted" or (c.kind == CUSTOMER and written)]
    # an order that was called off before it was written need not be known there
    known = written[-1] if written else "cancelled"
    if known == state:
        return kept
    round_now = len(orders) + 1
    return [*kept, Document(CUSTOMER, round_now), Document(ORDER, round_now, {"state": state})]


def _state(command: Existing) -> str:
    return str(command.options.get("state", ""))


def book_channels() -> list[str]:
    """Return the channels that are CRMs: those that take orders written as such."""
    return [channel for channel in channels() if ORDER in connector_of(channel).writes]
