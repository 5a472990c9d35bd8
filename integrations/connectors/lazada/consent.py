"""A seller's consent: the page to agree on, and the tokens that come of it."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from integrations.connectors.base import AppAccess, Grant
from integrations.connectors.lazada import calls
from integrations.connectors.lazada.mapping import errors, fields
from integrations.wire.answers import Row
from integrations.wire.errors import NotAuthorised, Rejected, TryLater

_PAGE = "/oauth/authorize"
# lives vary by app and by year: they are read from the answer; this is the shortest that was ever seen
_ACCESS_LIFE = 604_800.0
_LONGEST_LIFE = 10 * 365 * 86_400


def url(app: AppAccess, *, state: str, redirect_url: str) -> str:
    """The page; the seller logs in anew, so that the wrong shop is not connected by habit."""
    query = {
        "response_type": "code",
        "force_auth": "true",
        "redirect_uri": redirect_url,
        "client_id": app.credentials["app_key"],
    }
    if state:
        query["state"] = state
    return f"{calls.auth_url(app)}{_PAGE}?{urlencode(query)}"


def exchange(app: AppAccess, *, code: str, shop_id: str) -> Grant:
    """Tokens for a code, or for the whole address the seller came back to. Works once. Raises Rejected when refused."""
    told = dict(parse_qsl(urlsplit(code).query or code)) if "code=" in code else {}
    try:
        body = calls.post(calls.token_line(app), "/auth/token/create", {"code": told.get("code", code)})
    except NotAuthorised as error:
        raise Rejected(error.reason, code=error.code) from None
    grant = _grant(body)
    if shop_id and grant.shop_ids and shop_id not in grant.shop_ids:
        raise errors.refusal(errors.BAD_CODE, ", ".join(grant.shop_ids))
    return grant


def renew(app: AppAccess, *, refresh_token: str) -> Grant:
    """New tokens; the refresh token's own life goes on and never restarts. Raises NotAuthorised when it is refused."""
    try:
        return _grant(calls.post(calls.token_line(app), "/auth/token/refresh", {"refresh_token": refresh_token}))
    except Rejected as error:
        raise NotAuthorised(error.reason, code=error.code) from None


def _grant(body: Row) -> Grant:
    access, refresh = fields.text(body, "access_token"), fields.text(body, "refresh_token")
    if not access:
        raise TryLater("Lazada answered without tokens", maybe_done=True)
    return Grant(
        access_token=access,
        expires_in=_life(body, "expires_in") or _ACCESS_LIFE,
        refresh_token=refresh,
        refresh_expires_in=_life(body, "refresh_expires_in"),
        shop_ids=_sellers(body),
    )


def _life(body: Row, key: str) -> float | None:
    try:
        life = fields.count(body, key)
    except ValueError:
        return None
    return float(life) if 0 < life <= _LONGEST_LIFE else None


def _sellers(body: Row) -> tuple[str, ...]:
    """A list, a map, and another name for it on refresh: all three are documented."""
    found: list[Row] = []
    for name in ("country_user_info", "country_user_info_list"):
        value = body.get(name)
        if isinstance(value, dict):
            value = [value, *value.values()]
        found += [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    return tuple(dict.fromkeys(seller for row in found if (seller := fields.text(row, "seller_id"))))
