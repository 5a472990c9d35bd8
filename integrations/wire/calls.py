"""A request to a channel, and its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core import tunables
from integrations.wire import lossless, transport

Pairs = Sequence[tuple[str, str]]
TOTAL_SECONDS = tunables.CALL_SECONDS
_READS = ("GET", "HEAD")
# a part of a path that is no id: words, and versions such as v2.1 and 202309
_OF_PATHS = re.compile(r"[a-zA-Z_.-]*|v\d{1,2}(\.\d)?|20\d{4}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request. At most one of `json` (encoded with exact decimals), `form`, `content` and `files` (multipart, then
    `form` goes beside them) is the body. Order of params and form is kept.

    `repeatable`: None means that reads are and all else is not; absolute writes may say True. `limits`: names of the declared
    limits it counts against, None for all. `endpoint`: the path without ids, for limits per endpoint. `raw`: the answer
    is no JSON, and the judge returns what it likes.
    """

    method: str
    path: str
    params: Pairs = ()
    json: object = None
    form: Pairs | None = None
    content: bytes | None = None
    files: Mapping[str, tuple[str, bytes, str]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool | None = None
    limits: tuple[str, ...] | None = None
    endpoint: str = ""
    total: float = TOTAL_SECONDS
    raw: bool = False

    @property
    def may_be_repeated(self) -> bool:
        """Return whether the call is idempotent."""
        return self.method in _READS if self.repeatable is None else self.repeatable

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. `body` is the parsed JSON (decimals exact), None when it is none. Header names in lower case.

    `cookies` are those that it sets: no call remembers them. A session is a token: its login returns them as one, and the signer
    puts it into the Cookie header.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    body: Any
    cookies: Mapping[str, str] = field(default_factory=dict)

    @property
    def retry_after(self) -> float | None:
        """Return the seconds that the channel asks us to wait, at most a day; None when it does not say."""
        return transport.retry_after(self.headers.get("retry-after", ""))


def span_name(call: Call) -> str:
    """Return method and path without ids, the buyer's telephone among them: a name has few values."""
    parts = (call.endpoint or call.path).split("/")
    return f"{call.method} {'/'.join(part if _OF_PATHS.fullmatch(part) else '{id}' for part in parts)}"


def body_of(call: Call) -> Any:
    """Return what is sent as the body where it is no JSON."""
    return call.content if call.content is not None else None if call.form is None else list(call.form)


def headers_of(call: Call) -> dict[str, str]:
    """Return the headers of a call, with its content type where the body is JSON."""
    return ({"Content-Type": "application/json"} if call.json is not None else {}) | dict(call.headers)


def parsed(content: bytes) -> Any:
    """Return the JSON of an answer with exact decimals, None where it is none."""
    try:
        return lossless.parse(content)
    except ValueError:
        return None
