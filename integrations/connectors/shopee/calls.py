"""Calls to Shopee: signed for a shop or for the app alone, and judged by the error table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from integrations.connectors.base import Access, AppAccess, Limit
from integrations.connectors.shopee.mapping import errors
from integrations.connectors.shopee.signing import CallAuth
from integrations.wire import answers, lossless
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected, TryLater
from integrations.wire.http import UNREADABLE, Answer, Call, Line, Platform

BASE_URL = "https://partner.shopeemobile.com"
# Shopee publishes no numbers; this is the largest that integrators report, and "too often" is obeyed besides
LIMITS = (Limit("calls", 1000, 60),)
_ROOT = "/api/v2/"


def judge(answer: Answer) -> Any:
    """The answer's body, or its error."""
    if problem := errors.failure(answer.status, answer.body):
        raise problem
    return answer.body


PLATFORM = Platform(
    "shopee", "Shopee", BASE_URL, judge, LIMITS, frozenset({"error_rate_limit"})
)  # status 429 counts by itself


def _judge_file(answer: Answer) -> Any:
    """(content, its type); what Shopee writes in JSON instead of a file is a refusal."""
    told = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        body = lossless.parse(answer.content)
    except ValueError:
        body = None
    if body is None and answer.status == 200 and told != "application/json":
        return answer.content, told
    raise errors.failure(answer.status, body) or TryLater("Shopee answered without the file", code=UNREADABLE)


FILES = replace(PLATFORM, judge=_judge_file)


def whole(value: str, what: str) -> int:
    """An id as Shopee's JSON wants it. Raises Rejected when it is no number."""
    if not (value.isascii() and value.isdecimal()):
        raise Rejected(f"{value or 'nothing'} is no Shopee {what}", code="error_param")
    return int(value)


def shop_line(access: Access, platform: Platform = PLATFORM) -> Line:
    """A line to one shop, with its token. `platform`: FILES where the answer is a file."""
    return _line(access.app, access.shop_id, platform=platform, tokens=access.tokens, lane=access.lane)


def app_line(app: AppAccess) -> Line:
    """A line for what concerns the app: tokens and lost pushes. Signed without a token."""
    return _line(app, "")


def _line(app: AppAccess, shop_id: str, *, platform: Platform = PLATFORM, **more: Any) -> Line:
    partner_id, partner_key = app.credentials["partner_id"], app.credentials["partner_key"]
    return Line(
        platform,
        app,
        sign=lambda token: CallAuth(partner_id, partner_key, token=token, shop_id=shop_id),
        shop_id=shop_id,
        **more,
    )


def get(line: Line, path: str, params: Sequence[tuple[str, str]] = ()) -> Row:
    """Read; may be repeated. The whole body: some answers have no `response`. Raises the three channel errors."""
    body: Row = line.send(Call("GET", _ROOT + path, params=params))
    return body


def ask(line: Line, path: str, body: Row) -> Row:
    """A POST that may be repeated: a read, or a write that says what shall be."""
    answer: Row = line.send(Call("POST", _ROOT + path, json=body, repeatable=True))
    return answer


def download(line: Line, path: str, body: Row) -> tuple[bytes, str]:
    """A file and its content type, over a line for FILES; may be repeated."""
    found: tuple[bytes, str] = line.send(Call("POST", _ROOT + path, json=body, repeatable=True, raw=True))
    return found


def post(line: Line, path: str, body: Row) -> Row:
    """Write, once: TryLater.maybe_done when nobody knows whether it happened."""
    answer: Row = line.send(Call("POST", _ROOT + path, json=body))
    return answer


def response(body: Row) -> Row:
    """The inner part of an answer."""
    return answers.part(body, "response")
