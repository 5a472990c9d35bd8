"""What a marketplace is told when a command is sent to it."""

from __future__ import annotations

from integrations.connectors.base import Command, CommandLine
from integrations.models import Connection
from inventory.sql import fetch
from orders.services.fulfilments import ClaimedCommand

_LINES = """
SELECT item_id, variation_id, sku, quantity, paid_price FROM orders_orderline
WHERE order_id = %s AND quantity > 0 AND status <> 'cancelled' ORDER BY id
"""


def channel_command(connection: Connection, claimed: ClaimedCommand) -> Command:
    """The command with the order's lines as its own shop knows them."""
    return Command(
        kind=claimed.kind,
        order_number=claimed.order_number,
        reference=claimed.reference,
        lines=lines_of(claimed.order_id),
        options=claimed.options,
    )


def lines_of(order_id: int) -> tuple[CommandLine, ...]:
    """What is left of an order, as its own shop knows it."""
    return tuple(CommandLine(*row) for row in fetch(_LINES, order_id))
