"""Calls to Lazada: signed for a shop or for the app alone, and judged by the error table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from integrations.connectors.lazada.mapping import errors
from integrations.connectors.lazada.signing import ROOT, CallAuth
from integrations.contract.access import Access, AppAccess
from integrations.contract.declarations import Limit
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.calls import Call
from integrations.wire.http import ChannelClient, Platform
from integrations.wire.meanings import judged_by

BASE_URL = "https://api.lazada.vn"
AUTH_URL = "https://auth.lazada.com"
STOCK, ALL = "stock", "calls"
# only the stock APIs have a published number; the other is ours, and "too often" is obeyed besides
LIMITS = (Limit(ALL, 20, 1), Limit(STOCK, 50, 1))
_HOSTS = "api.lazada."


# a batch of which every row failed is an answer: its rows say why
PLATFORM = Platform("lazada", "Lazada", BASE_URL, judged_by(errors.failure), LIMITS, errors.THROTTLED)


def shop_client(access: Access) -> ChannelClient:
    """Client for one seller's account, with its token."""
    return _client(access.app, _base(access.app), access.shop_id, tokens=access.tokens, lane=access.lane)


def token_client(app: AppAccess) -> ChannelClient:
    """Client for the token endpoints: signed without a token."""
    return _client(app, auth_url(app), "")


def auth_url(app: AppAccess) -> str:
    """Return Lazada's own host for consent and tokens; anywhere else (a simulator) the API's host itself."""
    base = _base(app)
    return AUTH_URL if urlsplit(base).netloc.startswith(_HOSTS) else base


def _base(app: AppAccess) -> str:
    """Return the host. Documentation writes hosts with /rest: both are understood."""
    return (app.base_url or BASE_URL).rstrip("/").removesuffix(ROOT)


def _client(app: AppAccess, base: str, shop_id: str, **more: Any) -> ChannelClient:
    key, secret = app.credentials.get("app_key", ""), app.credentials.get("app_secret", "")
    return ChannelClient(
        PLATFORM,
        app,
        sign=lambda token: CallAuth(key, secret, token=token),
        shop_id=shop_id,
        base_url=base,
        **more,
    )


def get(client: ChannelClient, path: str, params: Mapping[str, str] | None = None) -> Row:
    """Read; may be repeated. Returns the whole body. Raises the three channel errors."""
    body: Row = client.send(Call("GET", ROOT + path, params=list((params or {}).items()), limits=(ALL,)))
    return body


def get_once(client: ChannelClient, path: str, params: Mapping[str, str]) -> Row:
    """Write by GET, as Lazada has it for cancels and returns: sent once, TryLater.maybe_done when the outcome is unknown."""
    call = Call("GET", ROOT + path, params=list(params.items()), repeatable=False, limits=(ALL,))
    body: Row = client.send(call)
    return body


def post(client: ChannelClient, path: str, form: Mapping[str, str], *, limit: str = ALL) -> Row:
    """Write, once: TryLater.maybe_done when the outcome is unknown."""
    body: Row = client.send(Call("POST", ROOT + path, form=list(form.items()), limits=(limit,)))
    return body


def compact(value: object) -> str:
    """Return an object or a list as one parameter: JSON text without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def payload(body: Row) -> Row:
    """Return the object that an answer holds; empty where it holds none."""
    found = _content(body)
    return found if isinstance(found, Mapping) else {}


def payload_rows(body: Row) -> list[Row]:
    """Return the list of objects that an answer holds; empty where it holds none."""
    return answers.rows({"data": _content(body)}, "data")


def _content(body: Row) -> Any:
    """Return `data`, or `result` and inside it `data`, by the age of the API."""
    if "data" in body:
        return body["data"]
    result = answers.part(body, "result")
    return result.get("data", result)
