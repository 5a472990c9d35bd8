"""Calls to Shopee: signed for a shop or for the app alone, and judged by the error table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.connectors.base import Access, AppAccess, Limit
from integrations.connectors.shopee.mapping import errors, fields
from integrations.connectors.shopee.mapping.fields import Row
from integrations.connectors.shopee.signing import CallAuth
from integrations.wire.errors import Rejected
from integrations.wire.http import Answer, Call, Line, Platform

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


def whole(value: str, what: str) -> int:
    """An id as Shopee's JSON wants it. Raises Rejected when it is no number."""
    if not (value.isascii() and value.isdecimal()):
        raise Rejected(f"{value or 'nothing'} is no Shopee {what}", code="error_param")
    return int(value)


def shop_line(access: Access) -> Line:
    """A line to one shop, with its token."""
    return _line(access.app, access.shop_id, tokens=access.tokens, lane=access.lane)


def app_line(app: AppAccess) -> Line:
    """A line for what concerns the app: tokens and lost pushes. Signed without a token."""
    return _line(app, "")


def _line(app: AppAccess, shop_id: str, **more: Any) -> Line:
    partner_id, partner_key = app.credentials["partner_id"], app.credentials["partner_key"]
    return Line(
        PLATFORM,
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
    """Read by POST, where the reference wants it or its sources disagree; may be repeated."""
    answer: Row = line.send(Call("POST", _ROOT + path, json=body, repeatable=True))
    return answer


def post(line: Line, path: str, body: Row) -> Row:
    """Write, once: TryLater.maybe_done when nobody knows whether it happened."""
    answer: Row = line.send(Call("POST", _ROOT + path, json=body))
    return answer


def response(body: Row) -> Row:
    """The inner part of an answer."""
    return fields.part(body, "response")
