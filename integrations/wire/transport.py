"""One HTTP exchange: a session per thread, bodies read within a deadline, and headers that need care."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from http.cookies import CookieError, SimpleCookie
from io import BytesIO
from urllib.parse import unquote, urlsplit

import requests
from requests import PreparedRequest
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

LARGEST_ANSWER = 32 * 1024 * 1024
_LONGEST_RETRY_AFTER = 86_400.0
_local = threading.local()
# `work/threads` hands the caller's context on to its threads
_instead: ContextVar[BaseAdapter | None] = ContextVar("adapter_instead_of_the_network", default=None)
_heard: ContextVar[Heard | None] = ContextVar("answers_heard", default=None)


class AnswerTooLarge(requests.RequestException):
    """The answer is larger than any page of a list can be."""


def session() -> requests.Session:
    """Return this thread's session: it keeps connections open and no cookies."""
    if (adapter := _instead.get()) is not None:
        return _session_over(adapter)
    if not hasattr(_local, "session"):
        _local.session = _session_over(HTTPAdapter(pool_connections=20, pool_maxsize=2, max_retries=0))
    found = _local.session
    assert isinstance(found, requests.Session)
    return found


@contextmanager
def through(adapter: BaseAdapter) -> Iterator[None]:
    """Send the calls made inside the block, also those of threads that it starts, through an adapter of the caller's."""
    before = _instead.set(adapter)
    try:
        yield
    finally:
        _instead.reset(before)


def _session_over(adapter: BaseAdapter) -> requests.Session:
    new = requests.Session()
    new.mount("https://", adapter)
    new.mount("http://", adapter)
    # the cookies of one shop must not reach another
    new.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return new


def response_of(request: PreparedRequest, status: int, content: bytes, headers: Mapping[str, str]) -> requests.Response:
    """Return a response as the network would bring it, of what is known already."""
    found = requests.Response()
    found.raw = HTTPResponse(BytesIO(content), headers, status, preload_content=False)
    found.status_code, found.request, found.url = status, request, request.url or ""
    found.headers.update(found.raw.headers)
    return found


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A call that was made: the path as the channel reads it, and what came back."""

    path: str
    status: int
    content: bytes


class Heard:
    """The last answers of a piece of work, oldest first, of at most so many bytes together."""

    MOST_BYTES = 4_000_000

    def __init__(self) -> None:
        self.exchanged: deque[Exchanged] = deque()
        self._bytes = 0

    def add(self, found: Exchanged) -> None:
        self.exchanged.append(found)
        self._bytes += len(found.content)
        while self._bytes > self.MOST_BYTES:
            self._bytes -= len(self.exchanged.popleft().content)


@contextmanager
def hearing(heard: Heard) -> Iterator[None]:
    """Keep the answers to the calls made inside the block, also to those of threads that it starts."""
    before = _heard.set(heard)
    try:
        yield
    finally:
        _heard.reset(before)


def note(url: str, status: int, content: bytes) -> None:
    """Add an answer to those that are being kept, if anybody does."""
    if (heard := _heard.get()) is not None:
        heard.add(Exchanged(unquote(urlsplit(url).path), status, content))


def read_body(response: requests.Response, deadline: float) -> bytes:
    """Return the whole body. One socket read at a time, so that a trickle cannot outlast the deadline."""
    found = bytearray()
    while chunk := response.raw.read1(65_536, decode_content=True):
        found += chunk
        if len(found) > LARGEST_ANSWER:
            raise AnswerTooLarge
        if time.monotonic() > deadline:
            raise requests.ReadTimeout
    return bytes(found)


def cookies_of(response: requests.Response) -> dict[str, str]:
    """Return the cookies by name, read from each header by itself: joined with commas they cannot be told apart."""
    found: dict[str, str] = {}
    for header in response.raw.headers.getlist("Set-Cookie"):
        with suppress(CookieError):
            found |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    return found


def retry_after(value: str) -> float | None:
    """Return the seconds of a Retry-After header, a number or a date, at most a day; None for none or one that cannot be read."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return None
    return None if math.isnan(seconds) else min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)
