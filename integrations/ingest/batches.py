"""Answers stored in batches of our own size, whatever the channel's is: a statement costs the same for one row as for many."""

from __future__ import annotations

import time
from collections import ChainMap
from collections.abc import Collection, Sequence
from typing import Generic, TypeVar

from core import tunables
from core.db import encode
from integrations.contract.reads import Answer

MAX_ROWS = tunables.DRAIN_ROWS
MAX_BYTES = tunables.DRAIN_BYTES
MAX_AGE_SECONDS = 0.2

T = TypeVar("T")


class Batch(Generic[T]):
    """Answers that wait to be stored together, with the things that were asked for: events, or ids.

    `max_age`: seconds that the first of them may wait; None: until the batch is full.
    """

    def __init__(self, *, max_age: float | None = None) -> None:
        self._max_age = max_age
        self.things: list[T] = []
        self._answers: list[Answer] = []
        self._bytes = 0
        self._began = 0.0

    def add(self, things: Collection[T], answer: Answer) -> None:
        """Keep an answer until the batch is stored."""
        if not self._answers:
            self._began = time.monotonic()
        self.things += things
        self._answers.append(answer)
        self._bytes += sum(map(_size, answer.snapshots))

    def is_due(self, coming: int = 0) -> bool:
        """Return whether it is to be stored before `coming` more things are added: it is as large or as old as a batch may be."""
        is_full = len(self.things) + coming > MAX_ROWS or len(self.things) == MAX_ROWS or self._bytes >= MAX_BYTES
        return bool(self._answers) and (is_full or self.seconds_left() == 0.0)

    def seconds_left(self) -> float | None:
        """Seconds until it is to be stored, however small it is; None when nothing hurries."""
        if self._max_age is None or not self._answers:
            return None
        return max(0.0, self._began + self._max_age - time.monotonic())

    def take(self) -> tuple[list[T], Answer]:
        """Return what it holds, and begin anew."""
        things, answer = self.things, merged(self._answers)
        self.things, self._answers, self._bytes = [], [], 0
        return things, answer


def _size(snapshot: object) -> int:
    """Bytes of a snapshot's raw answer, by far its largest part."""
    try:
        return len(encode(getattr(snapshot, "raw", None)))
    except (TypeError, ValueError):
        # it cannot be stored either, and is found out there, by itself
        return 0


def merged(answers: Sequence[Answer]) -> Answer:
    """Return several answers about different things as one."""
    if len(answers) == 1:
        return answers[0]
    return Answer(
        snapshots=tuple(snapshot for answer in answers for snapshot in answer.snapshots),
        gone=tuple(row for answer in answers for row in answer.gone),
        ignored=ChainMap(*(dict(answer.ignored) for answer in answers)),
        unreadable=ChainMap(*(dict(answer.unreadable) for answer in answers)),
    )
