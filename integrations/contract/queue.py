"""The queue of notices that belongs to an app registration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from integrations.contract.access import Access, AppAccess, TokenSource
from integrations.contract.webhooks import Notice


@dataclass(frozen=True, slots=True)
class Pulled:
    """One pull from a queue. `ack` confirms everything up to here; send it only after the commit."""

    notices: tuple[Notice, ...]
    ack: str | None
    more: bool = False


class Pull(Protocol):
    def __call__(self, app: AppAccess, tokens: TokenSource | None, *, ack: str | None) -> Pulled:
        """Return the next notices. May be repeated."""


class Confirm(Protocol):
    def __call__(self, app: AppAccess, tokens: TokenSource | None, *, ack: str) -> None:
        """Tell the channel that everything up to `ack` is stored. May be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppQueue:
    """Reader of a queue, which polls every `pace`. `confirm` None: the next pull carries the stored `ack`, which confirms.

    `subscribe`: have an account's changes put into the queue; may be repeated. None: nothing to do.
    """

    pull: Pull
    confirm: Confirm | None = None
    pace: timedelta = timedelta(seconds=15)
    subscribe: Callable[[Access], None] | None = None
