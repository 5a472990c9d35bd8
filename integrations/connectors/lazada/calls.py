"""Calls to Lazada: signed for a shop or for the app alone, and judged by the error table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from integrations.connectors.base import Access, AppAccess, Limit
from integrations.connectors.lazada.mapping import errors
from integrations.connectors.lazada.signing import ROOT, CallAuth
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import Answer, Call, Line, Platform

BASE_URL = "https://api.lazada.vn"
AUTH_URL = "https://auth.lazada.com"
STOCK, ALL = "stock", "calls"
# only the stock APIs have a published number; the other is ours, and "too often" is obeyed besides
LIMITS = (Limit(ALL, 20, 1), Limit(STOCK, 50, 1))
_HOSTS = "api.lazada."


def judge(answer: Answer) -> Any:
    """The answer's body, or its error. A batch of which every row failed is an answer: its rows say why."""
    if problem := errors.failure(answer.status, answer.body):
        raise problem
    return answer.body


PLATFORM = Platform("lazada", "Lazada", BASE_URL, judge, LIMITS, errors.THROTTLED)


def shop_line(access: Access) -> Line:
    """A line to one shop, with its token."""
    return _line(access.app, _base(access.app), access.shop_id, tokens=access.tokens, lane=access.lane)


def token_line(app: AppAccess) -> Line:
    """A line to where tokens are made. Signed without a token."""
    return _line(app, auth_url(app), "")


def auth_url(app: AppAccess) -> str:
    """Lazada's own host for consent and tokens; anywhere else (a simulator) the API's host itself."""
    base = _base(app)
    return AUTH_URL if urlsplit(base).netloc.startswith(_HOSTS) else base


def _base(app: AppAccess) -> str:
    """Documentation writes hosts with /rest: both are understood."""
    return (app.base_url or BASE_URL).rstrip("/").removesuffix(ROOT)


def _line(app: AppAccess, base: str, shop_id: str, **more: Any) -> Line:
    key, secret = app.credentials.get("app_key", ""), app.credentials.get("app_secret", "")
    return Line(
        PLATFORM,
        app,
        sign=lambda token: CallAuth(key, secret, token=token),
        shop_id=shop_id,
        base_url=base,
        **more,
    )


def get(line: Line, path: str, params: Mapping[str, str] | None = None) -> Row:
    """Read; may be repeated. The whole body. Raises the three channel errors."""
    body: Row = line.send(Call("GET", ROOT + path, params=list((params or {}).items()), limits=(ALL,)))
    return body


def act(line: Line, path: str, params: Mapping[str, str]) -> Row:
    """Write by GET, as Lazada has it for cancels and returns: sent once, TryLater.maybe_done when nobody knows."""
    call = Call("GET", ROOT + path, params=list(params.items()), repeatable=False, limits=(ALL,))
    body: Row = line.send(call)
    return body


def post(line: Line, path: str, form: Mapping[str, str], *, limit: str = ALL) -> Row:
    """Write, once: TryLater.maybe_done when nobody knows whether it happened."""
    body: Row = line.send(Call("POST", ROOT + path, form=list(form.items()), limits=(limit,)))
    return body


def packed(value: object) -> str:
    """An object or a list as one parameter: JSON text without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def inner(body: Row) -> Any:
    """What an answer holds: `data`, or `result` and inside it `data`, by the age of the API."""
    if "data" in body:
        return body["data"]
    result = answers.part(body, "result")
    return result.get("data", result)


def told(body: Row) -> Row:
    """The object that an answer holds; empty where it holds none."""
    found = inner(body)
    return found if isinstance(found, Mapping) else {}


def listed(body: Row) -> list[Row]:
    """The list of objects that an answer holds; empty where it holds none."""
    return answers.rows({"data": inner(body)}, "data")
