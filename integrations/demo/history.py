"""A past that a simulated marketplace makes up for a shop, and the kinds of it that the hub reads in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from integrations.connectors import connector_of
from integrations.models import Connection

CANCELLED_SHARE: Final = 0.04
_KINDS: Final = ("order", "return", "settlement", "payout")


def history_request(
    connection: Connection, *, orders: int, days: float, ended: float, errors: Mapping[str, int]
) -> dict[str, Any]:
    """Return the body of the simulator's `POST /history`: orders placed over `days`, which ended `ended` days ago; `errors`: how
    many orders are settled wrongly, or statements paid out wrongly, by class."""
    return {
        "channel": connection.channel, "shop": connection.external_id, "orders": orders, "days": days, "ended": ended,
        "cancelled": CANCELLED_SHARE, "errors": dict(errors),
    }  # fmt: skip


def history_kinds(connection: Connection, *before: str) -> list[str]:
    """Return the kinds of a shop's history that its connector reads, in the order in which they are read; `before`: kinds read first."""
    return [kind for kind in (*before, *_KINDS) if kind in connector_of(connection.channel).reads]
