"""Answers in which one malformed or refused thing costs only itself: it is named as unreadable, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from integrations.contract.errors import Rejected
from integrations.contract.reads import Answer
from integrations.contract.reasons import Cause
from integrations.wire.answers import Row


def from_rows(
    rows: Iterable[Row],
    snapshots: Callable[[Row], Iterable[object]],
    id_of: Callable[[Row], str],
    *,
    gone: Sequence[str] = (),
) -> Answer:
    """Return the snapshots of rows. One that `snapshots` refuses with a ValueError is unreadable; without an id it is dropped."""
    found: list[object] = []
    unreadable: dict[str, Cause] = {}
    for row in rows:
        try:
            found += snapshots(row)
        except ValueError as error:
            unreadable[id_of(row)] = str(error)
    unreadable.pop("", None)
    return Answer(snapshots=tuple(found), gone=tuple(gone), unreadable=unreadable)


def from_reads(
    ids: Iterable[str], read: Callable[[str], Iterable[object]], *, is_gone: Callable[[Rejected], bool]
) -> Answer:
    """Return the snapshots of things that are read one by one, each id once. A refusal makes one gone, or else unreadable."""
    found: list[object] = []
    gone: list[str] = []
    unreadable: dict[str, Cause] = {}
    for external_id in dict.fromkeys(ids):
        try:
            found += read(external_id)
        except ValueError as error:
            unreadable[external_id] = str(error)
        except Rejected as refusal:
            if is_gone(refusal):
                gone.append(external_id)
            else:
                unreadable[external_id] = refusal.reason
    return Answer(snapshots=tuple(found), gone=tuple(gone), unreadable=unreadable)
