"""The documents that orders should have, minus those they have. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

# state of a command whose document was never written
DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order and the connection that one target system is reached through. `has_unmapped`: it has a line without product."""

    id: int
    number: str
    shop_id: int
    status: str
    role: str
    target_id: int
    channel: str
    has_unmapped: bool


@dataclass(frozen=True, slots=True)
class Situation:
    """An order at one place of a target. `is_held`: units of it are held there, or the target has no places. `is_let_go`: units were
    held there, and none is any more.

    `units` of each product that are held there; `takes`: the kinds of documents that the target takes.
    """

    status: str
    has_unmapped: bool = False
    is_held: bool = True
    units: Mapping[int, Decimal] = field(default_factory=dict)
    takes: frozenset[str] = frozenset()
    is_let_go: bool = False


@dataclass(frozen=True, slots=True)
class Existing:
    """A command that there is for an order at one place of a target."""

    id: int
    kind: str
    state: str
    options: Mapping[str, Any] = field(default_factory=dict)
    target_id: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """A document to be written. `round` tells repetitions of one kind apart: with a new round it is written once more."""

    kind: str
    round: int
    options: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""


# documents that an order should have: those of its commands that stay, and new ones
Desired = Sequence["Existing | Document"]


def difference(desired: Desired, existing: Iterable[Existing]) -> tuple[tuple[Document, ...], tuple[Existing, ...]]:
    """Return (documents to want, waiting commands to drop). What was sent, done or refused stays: then a person decides."""
    wanted = tuple(document for document in desired if isinstance(document, Document))
    kept = {command.id for command in desired if isinstance(command, Existing)}
    return wanted, tuple(e for e in existing if e.state == "wanted" and e.id not in kept)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A document to be written about an order at one place of its target."""

    order: OrderFacts
    warehouse_id: int | None
    document: Document
