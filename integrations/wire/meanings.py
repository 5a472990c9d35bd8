"""Error tables of channels: from a code, or from words of a message, to one of the three channel errors.

A connector's `mapping/errors.py` declares its `Meanings` once; its judge asks `meanings.error(code, words)`:

    ERRORS = Meanings(
        codes={"error_auth": not_authorised(_TOKEN), "error_rate_limit": try_later(_RATE, 2.0), "error_param": rejected(_PARAM)},
        words=by_words((r"access.?token", not_authorised(_TOKEN))),
        ambiguous=frozenset({"error_auth"}),  # for these the words decide, where one fits
        unknown=rejected(_UNKNOWN),
    )
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from integrations.contract.errors import ChannelError, NotAuthorised, Rejected, TryLater
from integrations.contract.reasons import Cause, with_words
from integrations.wire.calls import Response
from integrations.wire.failures import UNREADABLE

SOON = 5.0


@dataclass(frozen=True, slots=True)
class Meaning:
    """Meaning of an error code, with advice for people. `after`: seconds to wait; `done`: a write may have been done all the same."""

    kind: type[ChannelError]
    advice: Cause
    after: float = SOON
    done: bool = False

    def error(self, code: str, words: str = "") -> ChannelError:
        """Return the error, its reason the advice with the channel's own words."""
        reason = with_words(self.advice, words)
        if self.kind is TryLater:
            return TryLater(reason, after=self.after, code=code, maybe_done=self.done)
        return self.kind(reason, code=code)


def try_later(advice: Cause, after: float = SOON, *, done: bool = False) -> Meaning:
    """Nothing is wrong with the call, or only with settings: it waits."""
    return Meaning(TryLater, advice, after, done)


def rejected(advice: Cause) -> Meaning:
    """The call is understood and will be refused again."""
    return Meaning(Rejected, advice)


def not_authorised(advice: Cause) -> Meaning:
    """The token is missing, stale or revoked."""
    return Meaning(NotAuthorised, advice)


# what patterns stand for: meanings, or codes of a table
Found = TypeVar("Found")
Words = tuple[tuple[re.Pattern[str], Found], ...]


def by_words(*table: tuple[str, Found]) -> Words[Found]:
    """Compile patterns that are searched for in messages, ignoring case; the first that fits counts."""
    return tuple((re.compile(pattern, re.IGNORECASE), meaning) for pattern, meaning in table)


def found_in(words: Words[Found], message: str) -> Found | None:
    """Return what the first pattern that fits stands for."""
    return next((meaning for pattern, meaning in words if pattern.search(message)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanings:
    """A channel's errors. `words` decide for the `ambiguous` codes, which mean several things; `unlisted` for codes of no table.

    `families`: meanings of codes without an entry, by their beginning.
    """

    codes: Mapping[str, Meaning]
    unknown: Meaning
    words: Words[Meaning] = ()
    ambiguous: frozenset[str] = frozenset()
    unlisted: Words[Meaning] = ()
    families: Mapping[str, Meaning] | None = None

    def find(self, code: str, message: str = "") -> Meaning | None:
        """Return what a code, sent with this message, stands for; None where no table tells."""
        by_message = found_in(self.words, message) if code in self.ambiguous else None
        return by_message or self.codes.get(code) or self._family(code) or found_in(self.unlisted, message)

    def of(self, code: str, message: str = "") -> Meaning:
        """Return what a code, sent with this message, stands for."""
        return self.find(code, message) or self.unknown

    def error(self, code: str, message: str = "") -> ChannelError:
        """Return the error that a code, sent with this message, stands for."""
        return self.of(code, message).error(code, message)

    def refusal(self, code: str, words: str = "") -> Rejected:
        """Return our own refusal of what the channel would refuse with this code of the table."""
        return Rejected(with_words(self.codes[code].advice, words), code=code)

    def is_passing(self, code: str) -> bool:
        """Return whether a code of the table says that the same may succeed later."""
        known = self.codes.get(code)
        return known is not None and known.kind is TryLater

    def _family(self, code: str) -> Meaning | None:
        found = (meaning for start, meaning in (self.families or {}).items() if code.startswith(start))
        return next(found, None)


def without_envelope(status: int, *, busy: Cause, rate: Cause, rate_pause: float) -> TryLater:
    """Return the error of an answer without the channel's envelope: a gateway's page, or one that was cut off.

    A 4xx was refused before the channel saw it; of anything else nobody knows whether a write was done.
    """
    if status == 429:
        return TryLater(rate, after=rate_pause, code="429")
    refused = 400 <= status < 500
    return TryLater(busy, code=str(status) if refused else UNREADABLE, maybe_done=not refused)


def judged_by(failure: Callable[[int, Any], ChannelError | None]) -> Callable[[Response], Any]:
    """Return the judge of a client: the parsed body of an answer, unless `failure(status, body)` is the error that it stands for."""

    def judge(answer: Response) -> Any:
        if problem := failure(answer.status, answer.body):
            raise problem
        return answer.body

    return judge
