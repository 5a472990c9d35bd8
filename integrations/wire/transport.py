"""One HTTP exchange: a session per thread, bodies read within a deadline, and headers that need care."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from http.cookies import CookieError, SimpleCookie

import requests
from requests.adapters import HTTPAdapter

LARGEST_ANSWER = 32 * 1024 * 1024
_LONGEST_RETRY_AFTER = 86_400.0
_local = threading.local()


class AnswerTooLarge(requests.RequestException):
    """The answer is larger than any page of a list can be."""


def session() -> requests.Session:
    """Return this thread's session: it keeps connections open and no cookies."""
    if not hasattr(_local, "session"):
        new = requests.Session()
        adapter = HTTPAdapter(pool_connections=20, pool_maxsize=2, max_retries=0)
        new.mount("https://", adapter)
        new.mount("http://", adapter)
        # the cookies of one shop must not reach another
        new.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        _local.session = new
    found = _local.session
    assert isinstance(found, requests.Session)
    return found


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
    """Return the seconds of a Retry-After header, at most a day; None for none or one that cannot be read."""
    if value.isdecimal():
        return min(float(value), _LONGEST_RETRY_AFTER)
    try:
        seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)
