"""Errors as RFC 9457 problem details, in the caller's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelError
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from erpsync.api.kit.request_ids import request_id
from integrations.accounts.connections import NotPossible
from integrations.contract.errors import ChannelError, TryLater

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
AWAY_SECONDS = 5
TITLES: Mapping[int, Any] = {
    400: gettext_lazy("The request cannot be understood"),
    401: gettext_lazy("Who are you?"),
    403: gettext_lazy("Not allowed"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("Not possible with this method"),
    406: gettext_lazy("Not available in this form"),
    409: gettext_lazy("Not possible now"),
    410: gettext_lazy("Gone"),
    413: gettext_lazy("Too large"),
    415: gettext_lazy("Only JSON is understood"),
    422: gettext_lazy("Not the same request"),
    429: gettext_lazy("Too many requests"),
    500: gettext_lazy("Something went wrong here"),
    503: gettext_lazy("Not available for a moment"),
}


class Problem(exceptions.APIException):
    """A refusal with a code of its own. `after`: seconds for Retry-After; further members stand in the answer as given."""

    def __init__(self, status: int, code: str, detail: Any, *, after: float | None = None, **members: Any) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.problem_code, self.members = code, members
        self.wait = after


def handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """Return the answer to an error of a view: DRF's exception handler. What nobody foresaw is logged, and 500."""
    known = _known(error)
    if known is None:
        log.error("api_request_failed", exc_info=error)
        known = Problem(500, "internal", _("Tell support the request id."))
    answer = Response(as_object(known), known.status_code, content_type=CONTENT_TYPE)
    for name, value in _headers(known).items():
        answer[name] = value
    return answer


def as_object(error: exceptions.APIException) -> dict[str, Any]:
    """Return a problem as RFC 9457 has it, with its `code` and the request id; `errors`: what is wrong where."""
    members: dict[str, Any] = getattr(error, "members", {})
    if isinstance(error, exceptions.ValidationError):
        code, detail = "invalid", _("Some of what was sent cannot be accepted.")
        members = {"errors": list(_errors(error.get_full_details()))}
    else:
        code, detail = getattr(error, "problem_code", "") or _code(error), str(error.detail)
    return {
        "type": f"urn:erpsync:problem:{code}",
        "title": str(TITLES.get(error.status_code) or HTTPStatus(error.status_code).phrase),
        "status": error.status_code,
        "detail": detail,
        "code": code,
        "request_id": request_id(),
        **members,
    }


def _code(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return codes if isinstance(codes, str) else "error"


def _errors(found: Any, place: str = "") -> Iterator[dict[str, str]]:
    """Yield what is wrong, with a JSON pointer to it, of the nested details of a validation error."""
    if isinstance(found, list):
        for each in found:
            yield from _errors(each, place)
    elif isinstance(found, Mapping) and "message" in found and "code" in found:
        yield {"pointer": place, "code": str(found["code"]), "detail": str(found["message"])}
    elif isinstance(found, Mapping):
        for name, inner in found.items():
            is_whole = name == api_settings.NON_FIELD_ERRORS_KEY
            yield from _errors(inner, place if is_whole else f"{place}/{name}")


def _known(error: Exception) -> exceptions.APIException | None:
    """Return an error as the API says it, None for one that nobody foresaw."""
    match error:
        case exceptions.APIException():
            return error
        case NotPossible():
            return Problem(409, "not_possible", error.reason)
        case TryLater():
            return Problem(503, "channel_busy", str(error.reason), after=error.after or AWAY_SECONDS)
        case ChannelError():
            return Problem(409, "channel_refused", str(error.reason))
        case DataError() | OverflowError():
            return Problem(400, "unreadable", _("A value is out of range."))
        case OperationalError() | InterfaceError():
            return Problem(503, "database_away", _("The database is away. Try again."), after=AWAY_SECONDS)
    return _of_django(error)


def _of_django(error: Exception) -> exceptions.APIException | None:
    """Return a refusal of Django's as the API says it, None for any other error."""
    match error:
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case ModelError():
            return exceptions.ValidationError(error.messages)
        case RequestDataTooBig():
            text = _("A body has at most %(most)d bytes: send fewer rows at once.")
            return Problem(413, "too_large", text % {"most": settings.DATA_UPLOAD_MAX_MEMORY_SIZE})
    return None


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, -int(-wait // 1)))
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    return headers


@csrf_exempt
def not_found(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer for addresses that the API does not have; one with a slash too many leads to the one without."""
    bare = request.path_info.rstrip("/")
    try:
        is_known = bare != request.path_info and resolve(bare).func is not not_found
    except Resolver404:
        is_known = False
    if is_known:
        return HttpResponsePermanentRedirect(bare + (f"?{query}" if (query := request.META["QUERY_STRING"]) else ""))
    return JsonResponse(as_object(exceptions.NotFound()), status=404, content_type=CONTENT_TYPE)
