"""Errors of platforms with the transfer of whole statements, planted in a shop's history."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.simulator.draws import Draws
from integrations.simulator.money_errors import CLASSES, MoneyError

# every platform has transferred a statement so long after its last line: a week's rhythm, and the bank's working days
TRANSFERRED_AFTER = 10 * 86_400.0


def plan_statement_errors(
    draws: Draws, channel: str, shop: str, ended: Mapping[str, float], wanted: Mapping[str, int], now: float
) -> list[MoneyError]:
    """Plan at most so many errors of each class over a shop's statements; a statement has one at most.

    `ended`: time of each statement's last line. Those that may still be transferred in time are left out. Each class gets an equal
    share of the others, the first class one more where they cannot be shared equally; as many stay right.
    """
    names = [name for name in CLASSES if wanted.get(name)]
    over = [statement for statement, at in ended.items() if at + TRANSFERRED_AFTER <= now]
    drawn = sorted(over, key=lambda statement: draws.number("unlucky statement", channel, shop, statement))
    return [
        MoneyError(name, channel, shop, "", "", statement=statement)
        for place, name in enumerate(names)
        for statement in drawn[place :: len(names) + 1][: wanted[name]]
    ]
