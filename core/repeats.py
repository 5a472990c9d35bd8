"""Repeats within one answer: a channel names the same thing twice, and it is counted once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from typing import Protocol, TypeVar


class Asked(Protocol):
    """A snapshot with the time before its question."""

    @property
    def asked_at(self) -> datetime: ...


Thing = TypeVar("Thing")
Key = TypeVar("Key", bound=Hashable)
Snapshot = TypeVar("Snapshot", bound=Asked)


def last_of_each(things: Iterable[Thing], key: Callable[[Thing], Hashable]) -> list[Thing]:
    """Return the things with one per key: at the place where the key came first, as it came last. Idempotent."""
    return list({key(thing): thing for thing in things}.values())


def newest_of_each(snapshots: Iterable[Snapshot], key: Callable[[Snapshot], Key]) -> dict[Key, Snapshot]:
    """Return the snapshots by key; of those with one key the one asked for last, and of equals the last."""
    return {key(snapshot): snapshot for snapshot in sorted(snapshots, key=lambda snapshot: snapshot.asked_at)}
