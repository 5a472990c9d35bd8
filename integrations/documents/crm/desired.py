"""Desired documents of an order in the CRM. Pure but for the list of channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integrations.connectors import channels, connector_of
from integrations.documents.difference import DROPPED, Desired, Document, Existing, Situation
from integrations.documents.quantities import Units, as_option, units_in
from orders.statuses import Status

CUSTOMER, ORDER = "crm_customer", "crm_order"
KINDS = frozenset({CUSTOMER, ORDER})
_OFF = "cancelled"
# the state of the CRM's order in each of our statuses; in others nothing new is written
STATES: Mapping[str, str] = {
    Status.TO_SHIP: "to_ship",
    Status.PACKED: "to_ship",
    Status.SHIPPED: "shipped",
    Status.DELIVERED: "shipped",
    Status.COMPLETED: "completed",
    Status.CANCELLED: _OFF,
}


def desired(order: Situation, existing: Sequence[Existing]) -> Desired:
    """Return the documents that an order should have: the last state and quantities written are those of the order.

    What was sent, done or refused stands: after a refusal a person decides. What still waits and is overtaken goes. An order
    with an unmapped line waits, and so does one without lines.
    """
    state = STATES.get(order.status, "")
    orders = [command for command in existing if command.kind == ORDER]
    # what is called off is left with the lines it had
    units = None if state == _OFF else order.units
    living = [command for command in orders if command.state != DROPPED]
    is_bare = not order.is_held and state != _OFF
    if not state or order.has_unmapped or is_bare or (living and _says(living[-1], state, units)):
        return existing
    written = [command for command in orders if command.state not in (DROPPED, "wanted")]
    # a customer that waits is needed by what was written, and by nothing else
    kept = [c for c in existing if c.state != "wanted" or (c.kind == CUSTOMER and written)]
    # an order that was called off before it was written need not be known there
    if _says(written[-1], state, units) if written else state == _OFF:
        return kept
    round_now = len(orders) + 1
    options = {"state": state} if units is None else {"state": state, **as_option(units)}
    return [*kept, Document(CUSTOMER, round_now), Document(ORDER, round_now, options)]


def _says(command: Existing, state: str, units: Units | None) -> bool:
    return command.options.get("state", "") == state and (units is None or units_in(command.options) in (None, units))


def book_channels() -> list[str]:
    """Return the channels that are CRMs: those that take orders written as such."""
    return [channel for channel in channels() if ORDER in connector_of(channel).writes]
