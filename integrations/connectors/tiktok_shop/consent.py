"""Consent of a seller: the page to agree on, the tokens that come of it, and the shops it covers."""

from __future__ import annotations

import time
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from integrations.connectors.tiktok_shop.client import AUTH_URL, PLATFORM, request_tokens, shop_rows, token_client
from integrations.connectors.tiktok_shop.mapping import errors, fields
from integrations.contract.access import AppAccess, TokenSource
from integrations.contract.consent import Consent, ConsentPage, Grant, ShopFound
from integrations.contract.errors import (
    ChannelError,
    NotAuthorised,
    Rejected,
    TryLater,
)
from integrations.contract.reasons import NO_TOKENS
from integrations.wire.answers import Row
from integrations.wire.auth import FreshToken

_PAGE = "https://services.tiktokshop.com"
_ACCESS_LIFE = 7 * 86_400.0
# `*_expire_in` are epoch times; anything below this would be a duration
_FIRST_EPOCH = 10**9


def consent_url(app: AppAccess, *, state: str, redirect_url: str) -> str:
    """Return the page by service id, or its older form by app key. Where sellers return to is registered in Partner Center."""
    query = {"state": state} if state else {}
    service = app.credentials.get("service_id", "")
    path = "/open/authorize" if service else "/oauth/authorize"
    named = {"service_id": service} if service else {"app_key": app.credentials["app_key"]}
    if PLATFORM.is_real(app):
        return f"{_PAGE if service else AUTH_URL}{path}?{urlencode(named | query)}"
    # a stand-in has no Partner Center to register the address in
    return f"{app.base_url.rstrip('/')}{path}?{urlencode(named | query | {'redirect_uri': redirect_url})}"


def exchange(app: AppAccess, *, code: str, shop_id: str) -> Grant:
    """Turn a code, or the whole address that the seller came back to, into tokens. Works once. Raises Rejected when refused.

    `shop_ids` are the shops that the consent covers, empty when TikTok Shop does not say now.
    """
    returned = dict(parse_qsl(urlsplit(code).query or code)) if "code=" in code else {}
    params = [("auth_code", returned.get("code", code)), ("grant_type", "authorized_code")]
    try:
        grant = _grant(request_tokens(app, "get", params))
    except NotAuthorised as error:
        raise Rejected(error.reason, code=error.code) from None
    try:
        token = FreshToken(grant.access_token, refused=errors.ERRORS.error(errors.UNAUTHORISED))
        covered = tuple(shop.external_id for shop in find_shops(app, token, grant))
    except ChannelError:
        # the code is used up: better tokens that were not looked into than none
        return grant
    if shop_id and covered and shop_id not in covered:
        raise errors.refusal(errors.NOT_COVERED, f"({', '.join(covered)})")
    return replace(grant, shop_ids=covered)


def renew(app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
    """Return new tokens. Raises NotAuthorised when the refresh token is refused, whatever the reason."""
    params = [("refresh_token", refresh_token), ("grant_type", "refresh_token")]
    try:
        return _grant(request_tokens(app, "refresh", params))
    except Rejected as error:
        raise NotAuthorised(error.reason, code=error.code) from None


def find_shops(app: AppAccess, tokens: TokenSource, grant: Grant) -> tuple[ShopFound, ...]:
    """Return the shops of a consent, each with the cipher that its calls need."""
    found = []
    for row in shop_rows(token_client(app, tokens)):
        if shop_id := fields.text(row, "id"):
            settings = {"shop_cipher": fields.text(row, "cipher")}
            found.append(ShopFound(shop_id, fields.text(row, "name") or shop_id, settings))
    return tuple(found)


CONSENT = Consent(
    page=ConsentPage(url=consent_url),
    exchange=exchange,
    shops=find_shops,
    renew=renew,
    shares_one_token=True,
)


def _grant(data: Row) -> Grant:
    access, refresh = fields.text(data, "access_token"), fields.text(data, "refresh_token")
    if not access or not refresh:
        raise TryLater(NO_TOKENS(channel="TikTok Shop"), maybe_done=True)
    return Grant(
        access_token=access,
        expires_in=_seconds_left(data, "access_token_expire_in") or _ACCESS_LIFE,
        refresh_token=refresh,
        refresh_expires_in=_seconds_left(data, "refresh_token_expire_in"),
    )


def _seconds_left(data: Row, key: str) -> float | None:
    expiry = fields.or_none(fields.count, data, key) or 0
    left = expiry - time.time() if expiry >= _FIRST_EPOCH else float(expiry)
    return left if left > 0 else None
