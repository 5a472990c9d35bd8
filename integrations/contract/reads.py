"""Reading a channel: changed-since lists and the current state of things."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from integrations.contract.access import Access
from integrations.contract.reasons import Cause

Snapshot = TypeVar("Snapshot")


@dataclass(frozen=True, slots=True)
class Change:
    """A row of a changed-since list. `version` None where the list does not have it; `state`: the channel's own word, if told.

    Where the state is given, it must be the word that the snapshot carries as `channel_status`.
    """

    external_id: str
    version: datetime | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of changes; `answer` when the list already carries whole objects."""

    changes: tuple[Change, ...]
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The snapshots that one read or list returned, of any kind the hub keeps.

    `gone`: ids the channel no longer knows. `ignored`: ids that are none of our business, with the reason.
    """

    snapshots: tuple[object, ...] = ()
    gone: tuple[str, ...] = ()
    ignored: Mapping[str, Cause] = field(default_factory=dict)
    # per event id: a reason why this one could not be mapped; the others of the batch stand
    unreadable: Mapping[str, Cause] = field(default_factory=dict)

    def of(self, kind: type[Snapshot]) -> tuple[Snapshot, ...]:
        """Return the snapshots of one type."""
        return tuple(snapshot for snapshot in self.snapshots if isinstance(snapshot, kind))


class Read(Protocol):
    def __call__(self, access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
        """Return the current state of up to `batch` things. `since`: none of them changed before, for lists instead of reads.

        `asked_at` goes into each snapshot. An id that is neither in the answer nor in `gone` is asked for again later.
        """


class Changed(Protocol):
    def __call__(self, access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        """Yield pages of what changed in [since, until]; `since` None: everything there is. Windows are its own business.

        Rows may move between pages while being read: pages overlap and repeat rows rather than miss one.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reader of one kind of thing. `batch`: most ids per read. `window`: longest span of one changed-since list.

    `swept`: the sweep asks for its changes. `overlap`: how far below the watermark a sweep starts again.
    `calls_at_once`: reads of one account that may be under way at the same time. `earliest`: when the account's oldest thing
    was made; None where the channel does not tell (it is then searched for). A list that names days whether anything
    happened or not has one: no search would end.
    """

    read: Read
    changed: Changed
    batch: int
    window: timedelta | None = None
    swept: bool = True
    overlap: timedelta = timedelta(minutes=30)
    calls_at_once: int = 4
    earliest: Callable[[Access], datetime | None] | None = None
