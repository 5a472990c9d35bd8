"""The three ways a call to a channel can fail. Every channel's error table maps to these and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from integrations.contract.reasons import ODD_ANSWER, Cause, as_reason

log = structlog.get_logger(__name__)

# raised by a connector that meets an answer no sample has shown
UNEXPECTED_ERRORS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


class ChannelError(Exception):
    """A call did not bring what was asked. `code` is the channel's own word, `reason` is for people, in any language."""

    def __init__(self, reason: Cause, *, code: str = "") -> None:
        self.reason = as_reason(reason)
        super().__init__(self.reason)
        self.code = code


class TryLater(ChannelError):
    """Nothing is wrong with what we asked: the same call may succeed after `after` seconds.

    `maybe_done` is true when a write may have happened although no answer came: look it up, never repeat it blind.
    """

    def __init__(self, reason: Cause, *, after: float = 5.0, code: str = "", maybe_done: bool = False) -> None:
        super().__init__(reason, code=code)
        self.after = after
        self.maybe_done = maybe_done


class Rejected(ChannelError):
    """The channel understood and refused: the same call will be refused again."""


class NotAuthorised(ChannelError):
    """The token is missing, stale or revoked. A renewal may help once; after that a person must connect again."""


@contextmanager
def explained_to_people() -> Iterator[None]:
    """For calls that a person waits for: an answer that made no sense is a Rejected with a reason, too."""
    try:
        yield
    except UNEXPECTED_ERRORS as error:
        log.exception("senseless_answer")
        raise Rejected(ODD_ANSWER(error=type(error).__name__)) from error
