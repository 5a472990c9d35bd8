"""Starting rules by channel: dated, with their sources, each to be checked with the shop's contract. See README.md here.

Optional programmes are there and not active: a shop that has joined one switches it on.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from commissions.rules.reading import read_rules
from commissions.rules.rule_set import RuleSet

_FOLDER = Path(__file__).parent


def covered() -> tuple[str, ...]:
    """Return the channels that have starting rules."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


@cache
def starting_rules(channel: str) -> RuleSet:
    """Return the starting rules of a channel; of one that is not covered, none."""
    return (
        read_rules((_FOLDER / f"{channel}.json").read_text(encoding="utf-8")) if channel in covered() else RuleSet(())
    )
