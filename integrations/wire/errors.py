"""The three ways a call to a channel can fail. Every channel's error table maps to these and nothing else."""

from __future__ import annotations


class ChannelError(Exception):
    """A call did not bring what was asked. `code` is the channel's own word, `reason` a sentence for people."""

    def __init__(self, reason: str, *, code: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class TryLater(ChannelError):
    """Nothing is wrong with what we asked: the same call may succeed after `after` seconds.

    `maybe_done` is true when a write may have happened although no answer came: look it up, never repeat it blind.
    """

    def __init__(self, reason: str, *, after: float = 5.0, code: str = "", maybe_done: bool = False) -> None:
        super().__init__(reason, code=code)
        self.after = after
        self.maybe_done = maybe_done


class Rejected(ChannelError):
    """The channel understood and refused: the same call will be refused again."""


class NotAuthorised(ChannelError):
    """The token is missing, stale or revoked. A renewal may help once; after that a person must connect again."""
