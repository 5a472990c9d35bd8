"""Meanings of a channel's own words and keys, for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# texts marked for translation, by the channel's word; case does not count
Words = Mapping[str, str]


def _none() -> Words:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The words of a channel that people meet. One that is not here is shown as the channel writes it, and marked as its own.

    `fees`: of settlement lines; `payments`: how a buyer pays; `reasons`: of cancellations and returns; `parcels`: states of a
    parcel.
    """

    fees: Words = field(default_factory=_none)
    payments: Words = field(default_factory=_none)
    reasons: Words = field(default_factory=_none)
    parcels: Words = field(default_factory=_none)

    def text(self, kind: str, word: str) -> str:
        """Return the text of a word of this kind ("fees", ...), "" where it is not known."""
        known: Words = getattr(self, kind)
        return known.get(word) or known.get(word.lower()) or known.get(word.upper()) or ""
