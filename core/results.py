"""The common result of storing snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class ReadRequest(NamedTuple):
    """A thing that a stored snapshot refers to and that is to be read as well; `key` is that of the snapshot."""

    kind: str
    external_id: str
    key: str


@dataclass(frozen=True, slots=True)
class Stored:
    """Result of a store function, by the keys of its snapshots.

    `stale`: refused, because what is stored is as new or newer. `again`: to be read once more, because this answer was
    taken too early. `incomplete`: the answer told too little to be stored; to be read again after a while. `hollow`: stored,
    though the answer told little; to be read again a few times. `wanted`: further things to read. `products`: those whose
    wanted stock may have changed.
    """

    stale: frozenset[str] = frozenset()
    again: frozenset[str] = frozenset()
    incomplete: frozenset[str] = frozenset()
    hollow: frozenset[str] = frozenset()
    wanted: frozenset[ReadRequest] = frozenset()
    products: frozenset[int] = frozenset()

    def __or__(self, other: Stored) -> Stored:
        return Stored(
            self.stale | other.stale,
            self.again | other.again,
            self.incomplete | other.incomplete,
            self.hollow | other.hollow,
            self.wanted | other.wanted,
            self.products | other.products,
        )
