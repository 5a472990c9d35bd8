"""A seller's consent: the page to agree on, the tokens that come of it, and the shops it covers."""

from __future__ import annotations

import time
from urllib.parse import parse_qsl, urlencode, urlsplit

from integrations.connectors.base import AppAccess, Grant, ShopFound, TokenSource
from integrations.connectors.tiktok_shop import calls
from integrations.connectors.tiktok_shop.mapping import errors, fields
from integrations.wire.answers import Row
from integrations.wire.errors import ChannelError, NotAuthorised, Rejected, TryLater

_PAGE = "https://services.tiktokshop.com"
_ACCESS_LIFE = 7 * 86_400.0
# `*_expire_in` are epoch times; anything below this would be a duration
_FIRST_EPOCH = 10**9


def url(app: AppAccess, *, state: str, redirect_url: str) -> str:
    """The page by service id, or its older form by app key. Where sellers return to is registered in Partner Center."""
    query = {"state": state} if state else {}
    service = app.credentials.get("service_id", "")
    path = "/open/authorize" if service else "/oauth/authorize"
    named = {"service_id": service} if service else {"app_key": app.credentials["app_key"]}
    if calls.is_real(app):
        return f"{_PAGE if service else calls.AUTH_URL}{path}?{urlencode(named | query)}"
    # a stand-in has no Partner Center to register the address in
    return f"{app.base_url.rstrip('/')}{path}?{urlencode(named | query | {'redirect_uri': redirect_url})}"


def exchange(app: AppAccess, *, code: str, shop_id: str) -> Grant:
    """Tokens for a code, or for the whole address the seller came back to. Works once. Raises Rejected when refused.

    `shop_ids` are the shops that the consent covers, empty when TikTok Shop does not say now.
    """
    told = dict(parse_qsl(urlsplit(code).query or code)) if "code=" in code else {}
    params = [("auth_code", told.get("code", code)), ("grant_type", "authorized_code")]
    try:
        grant = _grant(calls.ask_for_tokens(app, "get", params))
    except NotAuthorised as error:
        raise Rejected(error.reason, code=error.code) from None
    try:
        covered = tuple(shop.external_id for shop in shops(app, _Only(grant.access_token)))
    except ChannelError:
        # the code is used up: better tokens that are not looked into than none
        return grant
    if shop_id and covered and shop_id not in covered:
        raise Rejected(f"{errors.ERRORS['101000'].advice} ({', '.join(covered)})", code="101000")
    return Grant(grant.access_token, grant.expires_in, grant.refresh_token, grant.refresh_expires_in, shop_ids=covered)


def renew(app: AppAccess, *, refresh_token: str) -> Grant:
    """New tokens. Raises NotAuthorised when the refresh token is refused, whatever the reason."""
    params = [("refresh_token", refresh_token), ("grant_type", "refresh_token")]
    try:
        return _grant(calls.ask_for_tokens(app, "refresh", params))
    except Rejected as error:
        raise NotAuthorised(error.reason, code=error.code) from None


def shops(app: AppAccess, tokens: TokenSource) -> tuple[ShopFound, ...]:
    """The shops of a consent, each with the cipher that its calls need."""
    found = []
    for row in calls.shop_rows(calls.signed_line(app, tokens)):
        if shop_id := fields.text(row, "id"):
            settings = {"shop_cipher": fields.text(row, "cipher")}
            found.append(ShopFound(shop_id, fields.text(row, "name") or shop_id, settings))
    return tuple(found)


class _Only:
    """A token that has just been given: there is no other."""

    def __init__(self, token: str) -> None:
        self._token = token

    def current(self) -> str:
        return self._token

    def renewed(self, stale: str) -> str:
        raise NotAuthorised(str(errors.ERRORS["105002"].advice), code="105002")


def _grant(data: Row) -> Grant:
    access, refresh = fields.text(data, "access_token"), fields.text(data, "refresh_token")
    if not access or not refresh:
        raise TryLater("TikTok Shop answered without tokens", maybe_done=True)
    return Grant(
        access_token=access,
        expires_in=_left(data, "access_token_expire_in") or _ACCESS_LIFE,
        refresh_token=refresh,
        refresh_expires_in=_left(data, "refresh_token_expire_in"),
    )


def _left(data: Row, key: str) -> float | None:
    try:
        told = fields.count(data, key)
    except ValueError:
        return None
    left = told - time.time() if told >= _FIRST_EPOCH else float(told)
    return left if left > 0 else None
