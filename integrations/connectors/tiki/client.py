"""Calls to Tiki: with a seller's token, with the app's own, or with the app's credentials; judged by the status table."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from integrations.connectors.tiki.mapping import errors
from integrations.connectors.tiki.signing import client_auth
from integrations.contract.access import Access, AppAccess, TokenSource
from integrations.contract.declarations import Limit
from integrations.contract.errors import Rejected
from integrations.contract.reasons import ODD_REQUEST
from integrations.wire import lossless
from integrations.wire.auth import HeaderAuth, bearer
from integrations.wire.calls import Call, Pairs, Response
from integrations.wire.http import ChannelClient, Platform, unsigned
from integrations.wire.meanings import judged_by

BASE_URL = "https://api.tiki.vn"
# documented, per seller
LIMITS = (Limit("calls", 200, 1),)
TOKEN = "/sc/oauth2/token"  # noqa: S105 - an address
_ROOT = "/integration/"
_HEADERS = {"User-Agent": "erpsync", "Accept": "application/json"}


def judge_page(answer: Response) -> Any:
    """Return an answer that need not be JSON, or raise its error."""
    if answer.status >= 400:
        raise errors.failure(answer.status, _parsed(answer.content)) or Rejected(
            errors.ERRORS.unknown.error(str(answer.status)).reason
        )
    return answer


def _parsed(content: bytes) -> Any:
    try:
        return lossless.parse(content)
    except ValueError:
        return None


PLATFORM = Platform("tiki", "Tiki", BASE_URL, judged_by(errors.failure), LIMITS)
PAGES = Platform("tiki", "Tiki", BASE_URL, judge_page, LIMITS)


def _with_token(token: str) -> HeaderAuth:
    return HeaderAuth({"Authorization": bearer(token)})


def shop_client(access: Access, platform: Platform = PLATFORM) -> ChannelClient:
    """Client for one seller's account, with its token."""
    return ChannelClient(
        platform, access.app, sign=_with_token, tokens=access.tokens, shop_id=access.shop_id, lane=access.lane
    )  # fmt: skip


def app_client(app: AppAccess, tokens: TokenSource) -> ChannelClient:
    """Client without an account: the app's own queue, or a seller whose id is not known yet."""
    return ChannelClient(PLATFORM, app, sign=_with_token, tokens=tokens)


def token_client(app: AppAccess) -> ChannelClient:
    """Client for token calls, with the app's credentials."""
    client_id, secret = app.credentials["client_id"], app.credentials["client_secret"]
    return ChannelClient(
        PLATFORM, app, sign=unsigned if sends_secret_in_form(app) else lambda token: client_auth(client_id, secret)
    )


def sends_secret_in_form(app: AppAccess) -> bool:
    """Return whether the app's credentials go into the form. How Tiki takes the other way is not verified."""
    return app.settings.get("client_auth") == "form"


def get(client: ChannelClient, path: str, params: Pairs = (), *, endpoint: str = "") -> Any:
    """Read; may be repeated. `path` begins with the version. Raises the three channel errors."""
    return client.send(Call("GET", _ROOT + path, params=params, headers=_HEADERS, endpoint=endpoint))


def send(client: ChannelClient, method: str, path: str, body: object, *, repeatable: bool = False) -> Any:
    """Write, once unless it is `repeatable`: TryLater.maybe_done when the outcome is unknown."""
    return client.send(Call(method, _ROOT + path, json=body, headers=_HEADERS, repeatable=repeatable))


def page(client: ChannelClient, path: str, params: Pairs) -> Response:
    """Read a page to print, or JSON, as it came."""
    headers = {"User-Agent": "erpsync"}
    found: Response = client.send(Call("GET", _ROOT + path, params=params, headers=headers, raw=True))
    return found


def in_path(value: str) -> str:
    """Return an id as a part of an address. Raises Rejected for one that would name another address."""
    if value.strip(".") == "":
        raise Rejected(ODD_REQUEST(value=value or "–", name="id", channel="Tiki"), code="422")
    return quote(value, safe="")


def whole(value: str, name: str) -> int:
    """Return an id as Tiki's JSON wants it. Raises Rejected when it is no number."""
    if not (value.isascii() and value.isdecimal()):
        raise Rejected(ODD_REQUEST(value=value or "–", name=name, channel="Tiki"), code="422")
    return int(value)
