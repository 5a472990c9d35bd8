"""Definition of a kind of sink. A new one is one module here with a `KIND`, and nothing else names it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from integrations.contract.declarations import Field
from integrations.events.messages import Message


class SinkAway(Exception):
    """The other side cannot be reached, or takes nothing at the moment: no message is at fault, and none has used up a try."""


class Result(Enum):
    """Outcome of a message. LATER: it is tried again by the sink's schedule; REFUSED: no further try will help."""

    DELIVERED = "delivered"
    LATER = "later"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one try. `counts`: it used one up; `is_attempt`: a call was made, which is kept for people to see."""

    message: Message
    result: Result
    counts: bool = True
    is_attempt: bool = True
    status: int | None = None
    answer: str = ""
    milliseconds: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """Outcomes of a batch, one per message. `pause`: seconds for which the receiver wants nothing; `is_gone`: it wants no more."""

    outcomes: Sequence[Outcome]
    pause: float = 0.0
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A configured sink as its kind sees it."""

    id: int
    settings: Mapping[str, Any]
    secrets: Mapping[str, Any] = field(default_factory=dict)


class Channel(ABC):
    """An open way to one target, used by one thread. Losing it loses nothing."""

    def resume(self, cursor: int, progress: dict[str, Any]) -> int:
        """Return the cursor to go on from: an earlier one when the other side has lost what it had. Notes it in `progress`."""
        return cursor

    @abstractmethod
    def deliver(self, messages: Sequence[Message]) -> Report:
        """Send messages, those of one entity in their order; after one that failed the later ones of its entity are not sent.

        Raises SinkAway when nothing is known of any of them: all are sent again.
        """

    def remember(self, cursor: int, progress: dict[str, Any]) -> None:  # noqa: B027  (most remember nothing)
        """Note in `progress` what `resume` needs. Called after each batch, and once a second without one."""

    def close(self) -> None:  # noqa: B027  (not all hold any)
        """Close connections."""


class SinkKind(ABC):
    """A kind of sink: its name, the fields a person fills in, and how to open a way to a target."""

    key: str
    title: str
    fields: tuple[Field, ...] = ()
    # messages of one batch
    batch: int = 500
    # events that a new one begins with, as far as a person does not choose others; empty: all
    default_types: tuple[str, ...] = ()
    # for people who run the hub only: it reaches into their own systems
    for_operators: bool = True

    @abstractmethod
    def open(self, target: Target) -> Channel:
        """Open a way to a target. Raises SinkAway where its settings can lead nowhere."""

    def problems(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return what is wrong with the values of its fields, in English by the field's name."""
        return {}

    def retry_after(self, tries: int) -> float | None:
        """Return the seconds until the next try of a message that was tried so often; None: it is parked."""
        return None

    def new_secrets(self) -> dict[str, Any]:
        """Return the secrets of a new target."""
        return {}
