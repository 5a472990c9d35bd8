"""Port of the kinds of contact points: what each declares, what a call may come to, and the HTTP call that they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default
from typing import Any, ClassVar

import requests

from erpsync.alerts.messages import Text
from integrations.contract.declarations import Field
from integrations.wire.transport import retry_after

TIMEOUT = (3.05, 10.0)
# asked to be slow without being told how slow
PAUSE_SECONDS = 60.0
LONGEST_PAUSE = 3600.0
ANSWER_CHARACTERS = 200
SLOW_DOWN, GONE = 429, (403, 404, 410)


@dataclass(frozen=True, slots=True)
class Sent:
    """Accepted; `reference` is the other side's id, `new_settings` what it asked to remember."""

    reference: str = ""
    new_settings: Mapping[str, Any] = default(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TryLater:
    """Not accepted now. `after` seconds at the earliest, for every message to this contact point; 0: none was named."""

    reason: str
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Refused:
    """Not accepted, and repeating doesn't help. `is_gone`: nor would any other message."""

    reason: str
    is_gone: bool = False


Outcome = Sent | TryLater | Refused


class Place(ABC):
    """A kind of contact point. Its `send` never raises for what the other side does, and names no secret in a reason."""

    key: ClassVar[str]
    title: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]

    @abstractmethod
    def send(self, text: Text, settings: Mapping[str, Any], secrets: Mapping[str, Any]) -> Outcome:
        """Send one message, within a time-out."""

    def problems(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """Return what is wrong with submitted values, by field."""
        return {}


class HttpPlace(Place):
    """Base of those that are reached by one POST."""

    def post(self, url: str, body: Any, headers: Mapping[str, str] | None = None) -> requests.Response | TryLater:
        """Post JSON without following redirects. A failed connection is told by its type alone: its text names the address, and
        with it the token of some services.
        """
        try:
            return requests.post(url, json=body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            return TryLater(type(error).__name__)


def judged(answer: requests.Response) -> Outcome:
    """Return what a status says: 2xx is taken, 429 and 5xx ask for another try, 403, 404 and 410 for none ever."""
    if answer.ok and answer.status_code < 300:
        return Sent()
    reason = f"{answer.status_code} {answer.text[:ANSWER_CHARACTERS]}".strip()
    if answer.status_code == SLOW_DOWN:
        return TryLater(reason, pause_of(answer.headers.get("Retry-After")))
    if answer.status_code >= 500:
        return TryLater(reason)
    return Refused(reason, is_gone=answer.status_code in GONE)


def pause_of(wanted: object) -> float:
    """Return the seconds that a service asks to wait; a minute for what cannot be read, at most an hour."""
    seconds = retry_after(str(wanted))
    return PAUSE_SECONDS if seconds is None else min(max(seconds, 1.0), LONGEST_PAUSE)


def json_of(answer: requests.Response) -> dict[str, Any]:
    """Return the body as an object, an empty one for anything else."""
    try:
        found = answer.json()
    except requests.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
