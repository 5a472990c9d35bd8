"""Calls to Tiki: with a seller's token, with the app's own, or with the app's credentials; judged by the status table."""

from __future__ import annotations

from typing import Any

from integrations.connectors.base import Access, AppAccess, Limit, TokenSource
from integrations.connectors.tiki.mapping import errors
from integrations.connectors.tiki.signing import BearerAuth, client_auth
from integrations.wire import lossless
from integrations.wire.errors import Rejected
from integrations.wire.http import Answer, Call, Line, Pairs, Platform, unsigned

BASE_URL = "https://api.tiki.vn"
# documented, per seller
LIMITS = (Limit("calls", 200, 1),)
TOKEN = "/sc/oauth2/token"  # noqa: S105 - an address
_ROOT = "/integration/"
_HEADERS = {"User-Agent": "erpsync", "Accept": "application/json"}


def judge(answer: Answer) -> Any:
    """The answer's body (its bytes where it is a page to print), or its error."""
    body = answer.body
    if problem := errors.failure(answer.status, body):
        raise problem
    return body


def judge_page(answer: Answer) -> Any:
    """An answer that need not be JSON."""
    if answer.status >= 400:
        raise errors.failure(answer.status, _parsed(answer.content)) or Rejected(str(answer.status))
    return answer


def _parsed(content: bytes) -> Any:
    try:
        return lossless.parse(content)
    except ValueError:
        return None


PLATFORM = Platform("tiki", "Tiki", BASE_URL, judge, LIMITS)
PAGES = Platform("tiki", "Tiki", BASE_URL, judge_page, LIMITS)


def seller_line(access: Access, platform: Platform = PLATFORM) -> Line:
    """A line to one seller."""
    return Line(
        platform, access.app, sign=BearerAuth, tokens=access.tokens, shop_id=access.shop_id, lane=access.lane
    )  # fmt: skip


def app_line(app: AppAccess, tokens: TokenSource) -> Line:
    """A line for the app's own queue."""
    return Line(PLATFORM, app, sign=BearerAuth, tokens=tokens)


def is_form(app: AppAccess) -> bool:
    """Do the app's credentials go into the form? What Tiki does with the other way is not verified."""
    return app.credentials.get("client_auth") == "form"


def token_line(app: AppAccess) -> Line:
    """A line for token calls."""
    client_id, secret = app.credentials["client_id"], app.credentials["client_secret"]
    return Line(PLATFORM, app, sign=unsigned if is_form(app) else lambda token: client_auth(client_id, secret))


def get(line: Line, path: str, params: Pairs = (), *, endpoint: str = "") -> Any:
    """Read; may be repeated. `path` begins with the version. Raises the three channel errors."""
    return line.send(Call("GET", _ROOT + path, params=params, headers=_HEADERS, endpoint=endpoint))


def send(line: Line, method: str, path: str, body: object, *, repeatable: bool = False) -> Any:
    """Write, once unless it is `repeatable`: TryLater.maybe_done when nobody knows whether it happened."""
    return line.send(Call(method, _ROOT + path, json=body, headers=_HEADERS, repeatable=repeatable))


def page(line: Line, path: str, params: Pairs) -> Answer:
    """Read a page to print, or JSON, as it came."""
    found: Answer = line.send(Call("GET", _ROOT + path, params=params, headers={"User-Agent": "erpsync"}, raw=True))
    return found


def whole(value: str, what: str) -> int:
    """An id as Tiki's JSON wants it. Raises Rejected when it is no number."""
    if not (value.isascii() and value.isdecimal()):
        raise Rejected(f"{value or 'nothing'} is no Tiki {what}", code="422")
    return int(value)
