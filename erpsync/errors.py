"""Error pages for input that the database refuses: they say what is wrong and lead back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NoReturn

import structlog
from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.db import DataError, IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.defaults import bad_request
from psycopg.errors import UniqueViolation

log = structlog.get_logger(__name__)

NUL = "\x00"


class BadInput:
    """Middleware of what people ask and enter. A NUL, which no text column holds, is 400 before anything is asked; so is whatever
    else PostgreSQL cannot read (a number too long, a date that is none). What somebody else stored a moment before is said on
    the form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], *_: object) -> HttpResponse | None:
        """Return 400 for a NUL, None to go on. What machines send (webhooks) is for its own view to judge."""
        if getattr(view, "csrf_exempt", False) or not any(NUL in text for text in _texts(request)):
            return None
        return bad_request(request, SuspiciousOperation("a NUL character"))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the answer to a mistake of the sender, None for any other error."""
        if isinstance(error, DataError):
            log.warning("bad_input", path=request.path, error=str(error))
            return bad_request(request, error)
        if (
            isinstance(error, IntegrityError)
            and isinstance(error.__cause__, UniqueViolation)
            and request.method == "POST"
        ):
            log.warning("stored_twice_at_once", path=request.path)
            messages.error(
                request, gettext("Somebody stored the same a moment before you. Look at the list, then try again.")
            )
            return HttpResponseRedirect(request.get_full_path())
        return None


def nothing_here(request: HttpRequest) -> NoReturn:
    """Answer 404."""
    raise Http404


def _texts(request: HttpRequest) -> Iterator[str]:
    """Yield what a request says in its address and its form."""
    yield request.path_info
    for values in (request.GET, request.POST):
        for name, found in values.lists():
            yield name
            yield from found
