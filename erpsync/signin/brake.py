"""The brake on sign-ins: a handler of django-axes, asked before a password is looked at.

Failures are counted per address and name, and per address. Never per name alone: a stranger would lock its owner out.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

import structlog
from axes.handlers.cache import AxesCacheHandler
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.cache import BaseCache, caches
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from erpsync.models import SignIn
from erpsync.serving.addresses import client_address
from erpsync.signin import record

log = structlog.get_logger(__name__)

FIRST_WAIT, LONGEST_WAIT = 30, 15 * 60
REMEMBERED = 60 * 60  # seconds after the last failure
SHARED, OWN = "sign_in", "default"


@dataclass(frozen=True, slots=True)
class Limit:
    """Failures that are free: of one name from one address, or of an address as a whole."""

    free: int
    by_name: bool

    def key(self, address: str, name: str) -> str:
        """Return the key of its count; names are no part of it as they are, for people type passwords there."""
        who = f"{address}\0{name}" if self.by_name else address
        return f"sign-in:{self.by_name:d}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"

    def wait(self, failures: int) -> int:
        """Return the seconds to wait after so many failures: none, then twice as many each time."""
        return min(FIRST_WAIT * 2 ** min(failures - self.free, 10), LONGEST_WAIT) if failures >= self.free else 0


# an office shares an address: one who mistypes must not stop the others
OF_NAME, OF_ADDRESS = Limit(5, by_name=True), Limit(50, by_name=False)
LIMITS = (OF_NAME, OF_ADDRESS)


class Brake(AxesCacheHandler):  # type: ignore[misc]
    """Counts failures in Redis; while that is away, each process in its own memory."""

    def is_locked(self, request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> bool:
        """Return whether whoever asks has to wait, and note on the request for how long."""
        request.sign_in_wait = self.wait(address_of(request), _name(credentials))  # type: ignore[attr-defined]
        return wait_of(request) > 0

    def wait(self, address: str, name: str) -> int:
        """Return the seconds until this name may be tried from this address again."""
        keys = [f"{limit.key(address, name)}:until" for limit in LIMITS]
        until = max(_cached("get_many", keys).values(), default=0.0)
        return max(0, ceil(until - time.time()))

    def user_login_failed(
        self, sender: object, credentials: Mapping[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        """Count a failure, unless it was stopped by the brake: who knocks while waiting does not wait longer."""
        if request is None or getattr(request, "axes_locked_out", False):
            return
        address, name = address_of(request), _name(credentials)
        waits = [limit.wait(_count(limit.key(address, name))) for limit in LIMITS]
        for limit, seconds in zip(LIMITS, waits, strict=True):
            if seconds:
                _cached("set", f"{limit.key(address, name)}:until", time.time() + seconds, seconds)
        request.sign_in_wait = max(waits)  # type: ignore[attr-defined]
        request.axes_locked_out = max(waits) > 0  # type: ignore[attr-defined]
        record.note(SignIn.Outcome.STOPPED if max(waits) else SignIn.Outcome.FAILED, name, address)

    def user_logged_in(self, sender: object, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> None:
        """Forget the failures of this name from here. Those of the address stay: one account of one's own would clear them."""
        address, name = address_of(request), user.get_username()
        _cached("delete_many", [OF_NAME.key(address, name), f"{OF_NAME.key(address, name)}:until"])
        record.note(SignIn.Outcome.SIGNED_IN, name, address)

    def user_logged_out(
        self, sender: object, request: HttpRequest, user: AbstractBaseUser | None, **kwargs: Any
    ) -> None:
        if user is not None:
            record.note(SignIn.Outcome.SIGNED_OUT, user.get_username(), address_of(request))


def wait_of(request: HttpRequest) -> int:
    """Return the seconds that the brake found for a request, 0 for none."""
    return int(getattr(request, "sign_in_wait", 0))


def address_of(request: HttpRequest) -> str:
    """Return the address that a request is counted by."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    return client_address(request.META.get("REMOTE_ADDR") or "", forwarded, behind_proxy=settings.BEHIND_PROXY)


def answer(request: HttpRequest, response: HttpResponse, _credentials: Mapping[str, Any] | None) -> HttpResponse:
    """Return the sign-in page, which says how long to wait, with the status for programs."""
    response.status_code = 429
    response["Retry-After"] = str(wait_of(request))
    return response


def _name(credentials: Mapping[str, Any] | None) -> str:
    return str((credentials or {}).get("username") or "")


def _count(key: str) -> int:
    _cached("add", key, 0, REMEMBERED)
    failures: int = _cached("incr", key)
    _cached("touch", key, REMEMBERED)
    return failures


def _caches() -> Iterator[BaseCache]:
    yield from (caches[SHARED], caches[OWN])


def _cached(method: str, *args: Any) -> Any:
    """Call the shared cache, or while it is away our own. A count that ends between two calls begins anew."""
    for cache in _caches():
        try:
            return getattr(cache, method)(*args)
        except RedisError as error:
            log.warning("sign_in_counted_alone", error=str(error))
        except ValueError:
            return 1
    return None
