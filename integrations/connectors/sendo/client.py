"""Calls to Sendo: logged in with a shop's keys, and judged by the envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connectors.sendo.mapping import errors
from integrations.connectors.sendo.signing import bearer
from integrations.contract.access import Access, AppAccess
from integrations.contract.declarations import Limit
from integrations.wire.auth import HeaderAuth
from integrations.wire.calls import Call, Response
from integrations.wire.http import ChannelClient, Platform

BASE_URL = "https://open.sendo.vn"
ROOT = "/api/partner/"
# logins are documented as 5 a second and address; of the rest nothing is known, and 5 a second is kept
LIMITS = (Limit("calls", 5, 1), Limit("login", 5, 1, "app"))


def judge(answer: Response) -> Any:
    """Return the `result` of an answer, or raise its error."""
    if problem := errors.failure(answer.status, answer.body):
        raise problem
    return answer.body.get("result")


def judge_login(answer: Response) -> Any:
    """Return the `result` of a login, or raise its error."""
    if problem := errors.login_failure(answer.status, answer.body):
        raise problem
    return answer.body.get("result")


PLATFORM = Platform("sendo", "Sendo", BASE_URL, judge, LIMITS, frozenset({errors.RATE}))
LOGIN = Platform("sendo", "Sendo", BASE_URL, judge_login, LIMITS, frozenset({errors.RATE}))


def _with_token(token: str) -> HeaderAuth:
    return HeaderAuth({"Authorization": bearer(token)})


def shop_client(access: Access) -> ChannelClient:
    """Client for one shop, with its token."""
    return ChannelClient(
        PLATFORM, access.app, sign=_with_token, tokens=access.tokens, shop_id=access.shop_id, lane=access.lane
    )


def token_client(app: AppAccess) -> ChannelClient:
    """Client for logins."""
    return ChannelClient(LOGIN, app)


def get(client: ChannelClient, path: str, params: Sequence[tuple[str, str]] = (), *, endpoint: str = "") -> Any:
    """Read; may be repeated. Raises the three channel errors."""
    return client.send(Call("GET", ROOT + path, params=params, limits=("calls",), endpoint=endpoint))


def search(client: ChannelClient, path: str, body: Mapping[str, Any]) -> Any:
    """Read by POST; may be repeated."""
    return client.send(Call("POST", ROOT + path, json=dict(body), repeatable=True, limits=("calls",)))


def write(client: ChannelClient, method: str, path: str, body: object) -> Any:
    """Write, once: TryLater.maybe_done when the outcome is unknown."""
    return client.send(Call(method, ROOT + path, json=body, limits=("calls",)))
