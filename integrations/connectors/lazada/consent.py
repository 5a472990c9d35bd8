"""A seller's consent: the authorisation page, the exchange of its code, and renewals."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from integrations.connectors.lazada.account import check
from integrations.connectors.lazada.client import auth_url, post, token_client
from integrations.connectors.lazada.mapping import errors, fields
from integrations.contract.access import Access, AppAccess, TokenSource
from integrations.contract.consent import Consent, ConsentPage, Grant, ShopFound
from integrations.contract.errors import ChannelError, NotAuthorised, Rejected, TryLater
from integrations.contract.reasons import NO_TOKENS
from integrations.wire.answers import Row

_PAGE = "/oauth/authorize"
# lives vary by app and by year: they are read from the answer; this is the shortest that was ever seen
_ACCESS_LIFE = 604_800.0
_LONGEST_LIFE = 10 * 365 * 86_400


def consent_url(app: AppAccess, *, state: str, redirect_url: str) -> str:
    """Return the page's address. It makes the seller log in anew, so that the wrong shop is not connected by habit."""
    query = {
        "response_type": "code",
        "force_auth": "true",
        "redirect_uri": redirect_url,
        "client_id": app.credentials["app_key"],
    }
    if state:
        query["state"] = state
    return f"{auth_url(app)}{_PAGE}?{urlencode(query)}"


def exchange(app: AppAccess, *, code: str, shop_id: str) -> Grant:
    """Exchange a code, or the whole address the seller came back to. Works once. Raises Rejected when refused."""
    query = dict(parse_qsl(urlsplit(code).query or code)) if "code=" in code else {}
    try:
        body = post(token_client(app), "/auth/token/create", {"code": query.get("code", code)})
    except NotAuthorised as error:
        raise Rejected(error.reason, code=error.code) from None
    grant = _grant(body)
    if shop_id and grant.shop_ids and shop_id not in grant.shop_ids:
        raise errors.refusal(errors.BAD_CODE, ", ".join(grant.shop_ids))
    return grant


def find_shops(app: AppAccess, tokens: TokenSource, grant: Grant) -> tuple[ShopFound, ...]:
    """Return the sellers of a grant. A cross-border consent covers one per country; only this host's can be asked its name."""
    if len(grant.shop_ids) != 1:
        return tuple(ShopFound(seller, seller) for seller in grant.shop_ids)
    [seller] = grant.shop_ids
    try:
        return (ShopFound(seller, check(Access(app, seller, tokens)).name),)
    except ChannelError:
        return (ShopFound(seller, seller),)


def renew(app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
    """Renew the access token. Raises NotAuthorised when refused.

    The refresh token's own life goes on and never restarts: when it ends, the seller must agree anew.
    """
    try:
        return _grant(post(token_client(app), "/auth/token/refresh", {"refresh_token": refresh_token}))
    except Rejected as error:
        raise NotAuthorised(error.reason, code=error.code) from None


def _grant(body: Row) -> Grant:
    access, refresh = fields.text(body, "access_token"), fields.text(body, "refresh_token")
    if not access:
        raise TryLater(NO_TOKENS(channel="Lazada"), maybe_done=True)
    return Grant(
        access_token=access,
        expires_in=_life(body, "expires_in") or _ACCESS_LIFE,
        refresh_token=refresh,
        refresh_expires_in=_life(body, "refresh_expires_in"),
        shop_ids=_sellers(body),
    )


def _life(body: Row, key: str) -> float | None:
    life = fields.or_none(fields.count, body, key) or 0
    return float(life) if 0 < life <= _LONGEST_LIFE else None


def _sellers(body: Row) -> tuple[str, ...]:
    """Return the sellers' ids. A list, a map, and another name for it on refresh: all three are documented."""
    found: list[Row] = []
    for name in ("country_user_info", "country_user_info_list"):
        value = body.get(name)
        if isinstance(value, dict):
            value = [value, *value.values()]
        found += [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    return tuple(dict.fromkeys(seller for row in found if (seller := fields.text(row, "seller_id"))))


CONSENT = Consent(renew=renew, exchange=exchange, page=ConsentPage(url=consent_url), shops=find_shops)
