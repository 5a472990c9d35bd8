"""HTTP clients for Shopee: calls signed for a shop or for the app alone, and judged by the error table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from integrations.connectors.shopee.mapping import errors
from integrations.connectors.shopee.signing import CallAuth
from integrations.contract.access import Access, AppAccess, TokenSource
from integrations.contract.declarations import Limit
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.reasons import ODD_REQUEST
from integrations.wire import answers, lossless
from integrations.wire.answers import Row
from integrations.wire.calls import Call, Response
from integrations.wire.failures import UNREADABLE
from integrations.wire.http import ChannelClient, Platform
from integrations.wire.meanings import judged_by

CHANNEL, TITLE = "shopee", "Shopee"
BASE_URL = "https://partner.shopeemobile.com"
# Shopee publishes no numbers; this is the largest that integrators report, and "too often" is obeyed besides
LIMITS = (Limit("calls", 1000, 60),)
_ROOT = "/api/v2/"


# status 429 counts as "too often" by itself
PLATFORM = Platform(CHANNEL, TITLE, BASE_URL, judged_by(errors.failure), LIMITS, frozenset({"error_rate_limit"}))


def _judge_file(answer: Response) -> Any:
    """Return (content, content type) of a file. JSON in place of a file is a refusal."""
    content_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        body = lossless.parse(answer.content)
    except ValueError:
        body = None
    if body is None and answer.status == 200 and content_type != "application/json":
        return answer.content, content_type
    raise errors.failure(answer.status, body) or TryLater(errors.NO_FILE, code=UNREADABLE)


_FILES = replace(PLATFORM, judge=_judge_file)


def shop_client(access: Access) -> ChannelClient:
    """Return a client for the calls of one shop, signed with its token."""
    return _client(access.app, shop_id=access.shop_id, tokens=access.tokens, lane=access.lane)


def file_client(access: Access) -> ChannelClient:
    """Return a client for the calls of one shop that answer with a file; see `download`."""
    return _client(access.app, platform=_FILES, shop_id=access.shop_id, tokens=access.tokens, lane=access.lane)


def app_client(app: AppAccess) -> ChannelClient:
    """Return a client for the calls of the app (tokens, lost pushes), signed without a token."""
    return _client(app)


def _client(
    app: AppAccess,
    *,
    platform: Platform = PLATFORM,
    shop_id: str = "",
    tokens: TokenSource | None = None,
    lane: str = "orders",
) -> ChannelClient:
    partner_id, partner_key = app.credentials["partner_id"], app.credentials["partner_key"]
    return ChannelClient(
        platform,
        app,
        sign=lambda token: CallAuth(partner_id, partner_key, token=token, shop_id=shop_id),
        tokens=tokens,
        shop_id=shop_id,
        lane=lane,
    )


def get(client: ChannelClient, path: str, params: Sequence[tuple[str, str]] = ()) -> Row:
    """Read; may be repeated. Returns the whole body: some answers have no `response`. Raises the three channel errors."""
    body: Row = client.send(Call("GET", _ROOT + path, params=params))
    return body


def post(client: ChannelClient, path: str, body: Row) -> Row:
    """Write once. TryLater.maybe_done when the outcome is unknown."""
    answer: Row = client.send(Call("POST", _ROOT + path, json=body))
    return answer


def post_repeatable(client: ChannelClient, path: str, body: Row) -> Row:
    """POST what may be repeated: a read, or a write of absolute values."""
    answer: Row = client.send(Call("POST", _ROOT + path, json=body, repeatable=True))
    return answer


def download(client: ChannelClient, path: str, body: Row) -> tuple[bytes, str]:
    """Return (content, content type) of a file, through a `file_client`; may be repeated."""
    found: tuple[bytes, str] = client.send(Call("POST", _ROOT + path, json=body, repeatable=True, raw=True))
    return found


def response(body: Row) -> Row:
    """Return the inner part of an answer."""
    return answers.part(body, "response")


def integer_id(value: str, name: str) -> int:
    """Return an id as the number that Shopee's JSON wants. Raises Rejected when it is no number."""
    if not (value.isascii() and value.isdecimal()):
        raise Rejected(ODD_REQUEST(value=value or "–", name=name, channel="Shopee"), code="error_param")
    return int(value)
