"""Consent of a seller: the page to agree on, and the tokens that come of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from integrations.connectors.shopee import signing
from integrations.connectors.shopee.client import BASE_URL, app_client, get, integer_id, post, shop_client
from integrations.connectors.shopee.mapping import errors, fields
from integrations.contract.access import Access, AppAccess, TokenSource
from integrations.contract.consent import Consent, ConsentPage, Grant, ShopFound
from integrations.contract.errors import (
    ChannelError,
    NotAuthorised,
    Rejected,
    TryLater,
)
from integrations.contract.reasons import NO_TOKENS
from integrations.wire.answers import Row

# where the newer, unsigned page lives beside each API host; anywhere else on the host itself
_PAGES = {
    "partner.shopeemobile.com": "https://open.shopee.com",
    "openplatform.shopee.com.br": "https://open.shopee.com.br",
    "openplatform.shopee.cn": "https://open.shopee.cn",
    "openplatform.sandbox.test-stable.shopee.sg": "https://open.sandbox.test-stable.shopee.com",
}
# value of the registration's setting `consent_page` for the older page
SIGNED_PAGE = "signed"
_SIGNED_PATH = "/api/v2/shop/auth_partner"
REFRESH_LIFE = 30 * 86_400.0
_ACCESS_LIFE = 14_400.0
# `expire_in` is seconds; in one documented answer it is an epoch time by mistake
_LONGEST_LIFE = 30 * 86_400


def consent_url(app: AppAccess, *, state: str, redirect_url: str) -> str:
    """Return the newer page, or the older signed one, which is good for five minutes and has no state of its own."""
    base = (app.base_url or BASE_URL).rstrip("/")
    partner_id = app.credentials["partner_id"]
    if app.settings.get("consent_page") == SIGNED_PAGE:
        auth = signing.CallAuth(partner_id, app.credentials["partner_key"])
        query = auth.query(_SIGNED_PATH, int(time.time())) | {"redirect": _with_state(redirect_url, state)}
        return f"{base}{_SIGNED_PATH}?{urlencode(query)}"
    query = {"partner_id": partner_id, "auth_type": "seller", "redirect_uri": redirect_url, "response_type": "code"}
    if state:
        query["state"] = state
    return f"{_PAGES.get(urlsplit(base).netloc, base)}/auth?{urlencode(query)}"


def returned_code(query: Mapping[str, str]) -> str:
    """Return the whole query as the code: besides the code it names the shop or the main account."""
    return urlencode(query) if query.get("code") else ""


def exchange(app: AppAccess, *, code: str, shop_id: str) -> Grant:
    """Turn a code, or the whole address that the seller came back to, into tokens. Works once. Raises Rejected when refused.

    That address may name a main account: its tokens serve all its shops, and the first refresh token works once for each.
    Without a `shop_id` the address must name shop or account; see `find_shops` for those it covers.
    """
    returned = _returned(code)
    body: dict[str, object] = {"code": returned.get("code", code), "partner_id": _partner(app)}
    if "main_account_id" in returned:
        body["main_account_id"] = integer_id(returned["main_account_id"], "main account id")
    else:
        known = shop_id or returned.get("shop_id", "")
        body["shop_id"] = integer_id(known, "shop id")
        if returned.get("shop_id", known) != known:
            raise errors.refusal(errors.BAD_CODE, f"shop {returned['shop_id']}")
    try:
        grant = _grant(post(app_client(app), "auth/token/get", body))
    except NotAuthorised as error:
        raise Rejected(errors.refusal(errors.BAD_CODE, str(error.reason)).reason, code=error.code) from None
    if shop_id and grant.shop_ids and shop_id not in grant.shop_ids:
        raise errors.refusal(errors.BAD_CODE, ", ".join(grant.shop_ids))
    return grant


def find_shops(app: AppAccess, tokens: TokenSource, grant: Grant) -> tuple[ShopFound, ...]:
    """Return the shops of a consent with their names, one call each; a shop whose name is not known now goes by its id."""
    return tuple(ShopFound(shop_id, _name(Access(app, shop_id, tokens))) for shop_id in grant.shop_ids)


def renew(app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
    """Return new tokens; the refresh token works once. Raises NotAuthorised when it is refused, whatever the reason."""
    body = {"refresh_token": refresh_token, "partner_id": _partner(app), "shop_id": integer_id(shop_id, "shop id")}
    try:
        return _grant(post(app_client(app), "auth/access_token/get", body))
    except Rejected as error:
        raise NotAuthorised(error.reason, code=error.code) from None


CONSENT = Consent(
    page=ConsentPage(url=consent_url, returned=returned_code),
    exchange=exchange,
    shops=find_shops,
    renew=renew,
)


def _name(access: Access) -> str:
    try:
        info = get(shop_client(access), "shop/get_shop_info")
    except ChannelError:
        return access.shop_id
    return fields.text(info, "shop_name") or access.shop_id


def _partner(app: AppAccess) -> int:
    return integer_id(app.credentials["partner_id"], "partner id")


def _grant(body: Row) -> Grant:
    access, refresh = fields.text(body, "access_token"), fields.text(body, "refresh_token")
    if not access or not refresh:
        raise TryLater(NO_TOKENS(channel="Shopee"), maybe_done=True)
    life = fields.or_none(fields.count, body, "expire_in") or 0
    return Grant(
        access_token=access,
        expires_in=float(life) if 0 < life <= _LONGEST_LIFE else _ACCESS_LIFE,
        refresh_token=refresh,
        refresh_expires_in=REFRESH_LIFE,
        shop_ids=fields.words(body, "shop_id_list"),
    )


def _returned(code: str) -> dict[str, str]:
    """Return the parameters of the address that the seller came back to; empty for a bare code."""
    query = urlsplit(code).query or code
    return dict(parse_qsl(query)) if "code=" in query else {}


def _with_state(redirect_url: str, state: str) -> str:
    if not state:
        return redirect_url
    parts = urlsplit(redirect_url)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), ("state", state)])))
