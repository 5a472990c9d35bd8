"""Calls to Sendo: logged in with a shop's keys, and judged by the envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from integrations.connectors.base import Access, AppAccess, Grant, Limit
from integrations.connectors.sendo.mapping import errors, fields
from integrations.connectors.sendo.signing import Bearer, claims
from integrations.wire.http import Answer, Call, Line, Platform

BASE_URL = "https://open.sendo.vn"
ROOT = "/api/partner/"
# logins are documented as 5 a second and address; of the rest nothing is known, and 5 a second is kept
LIMITS = (Limit("calls", 5, 1), Limit("login", 5, 1, "app"))
# documented; `expires` and the token's own `exp` may only shorten it
TOKEN_LIFE = 8 * 3600.0
# a token that says it ends sooner is not believed: the clocks differ
_LEAST_LIFE = 600.0


def judge(answer: Answer) -> Any:
    """The `result` of the answer, or its error."""
    if problem := errors.failure(answer.status, answer.body):
        raise problem
    return answer.body.get("result")


def _judge_login(answer: Answer) -> Any:
    if problem := errors.login_failure(answer.status, answer.body):
        raise problem
    return answer.body.get("result")


PLATFORM = Platform("sendo", "Sendo", BASE_URL, judge, LIMITS, frozenset({errors.RATE}))
_LOGIN = Platform("sendo", "Sendo", BASE_URL, _judge_login, LIMITS, frozenset({errors.RATE}))


def login(app: AppAccess) -> Grant:
    """A new token; the one before it is dead, so the caller serialises. Raises NotAuthorised when the keys are refused."""
    keys = {name: app.credentials.get(name, "") for name in ("shop_key", "secret_key")}
    call = Call("POST", "/login", json=keys, repeatable=True, limits=("login",))
    result = Line(_LOGIN, app).send(call)
    token = fields.text(result, "token") if isinstance(result, Mapping) else ""
    if not token:
        raise errors.nonsense("/login: no token")
    told = claims(token)
    store = fields.text(told, "StoreId") or fields.text(told, "iss")
    return Grant(token, _life(told), shop_ids=(store,) if store else ())


def _life(told: Mapping[str, Any]) -> float:
    """Seconds; the documented eight hours unless the token itself says less."""
    try:
        ends = fields.moment(told, "exp")
    except ValueError:
        ends = None
    left = (ends - datetime.now(UTC)).total_seconds() if ends else TOKEN_LIFE
    return left if _LEAST_LIFE <= left < TOKEN_LIFE else TOKEN_LIFE


def shop_line(access: Access) -> Line:
    """A line to one shop, with its token."""
    return Line(PLATFORM, access.app, sign=Bearer, tokens=access.tokens, shop_id=access.shop_id, lane=access.lane)


def get(line: Line, path: str, params: Sequence[tuple[str, str]] = (), *, endpoint: str = "") -> Any:
    """Read; may be repeated. Raises the three channel errors."""
    return line.send(Call("GET", ROOT + path, params=params, limits=("calls",), endpoint=endpoint))


def search(line: Line, path: str, body: Mapping[str, Any]) -> Any:
    """A read that is a POST; may be repeated."""
    return line.send(Call("POST", ROOT + path, json=dict(body), repeatable=True, limits=("calls",)))


def write(line: Line, method: str, path: str, body: object) -> Any:
    """Write, once: TryLater.maybe_done when nobody knows whether it happened."""
    return line.send(Call(method, ROOT + path, json=body, limits=("calls",)))
