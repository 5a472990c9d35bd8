"""Guard of decisions about money: the row is locked, and still what the person who decides was shown."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, Protocol

from core.conflicts import ChangedMeanwhile


class NotDecidable(ValueError):
    """There is nothing to decide: both sides agree, nothing was settled yet, or all of it was put right."""


class Seen(NamedTuple):
    """State and amount of a row as a person was shown them."""

    state: str
    amount: Decimal

    def __str__(self) -> str:
        return f"{self.state} {self.amount:f}"

    @classmethod
    def of(cls, text: str) -> Seen:
        """Read what `str` wrote. Raises ChangedMeanwhile for anything else: nothing was shown like that."""
        state, _space, written = text.partition(" ")
        try:
            amount = Decimal(written)
        except InvalidOperation as error:
            raise ChangedMeanwhile from error
        if not amount.is_finite():
            raise ChangedMeanwhile
        return cls(state, amount)


class Decisions(Protocol):
    """A module that writes people's decisions about a model: `services.matching`, `services.findings.decisions`."""

    def decide(self, pk: int, state: str, /, *, seen: Seen, note: str, actor_id: int | None) -> None: ...

    def reopen(self, pk: int, /) -> None: ...

    def shown(self, row: Any, /) -> Seen: ...
