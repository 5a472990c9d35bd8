"""Replay of one case on a hub without rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erpsync.replay.books import read_books
from erpsync.replay.case import Case, MalformedCase, Read
from erpsync.replay.compare import differences
from erpsync.replay.setup import set_up
from erpsync.replay.steps import Player


@dataclass(frozen=True, slots=True)
class Result:
    """Result of a replayed case. `differences`: what is not as wanted; `notes`: what a reader should know."""

    case: Case
    books: Mapping[str, Any]
    differences: Sequence[str]
    notes: Sequence[str]

    @property
    def held(self) -> bool:
        """Return whether everything is as the case wants it."""
        return not self.differences


def replay(case: Case) -> Result:
    """Play a case on an empty database, whose rows stay. Raises MalformedCase for one that needs a POS and has none."""
    if not case.given.pos and any(isinstance(step, Read) and step.at_pos for step in case.steps):
        raise MalformedCase(f"{case.name}: a step reads at the POS, and given.pos is not true")
    player = Player(set_up(case.given))
    for step in case.steps:
        player.play(step)
    books = read_books(player)
    return Result(case, books, differences(case.want, books), player.notes)
