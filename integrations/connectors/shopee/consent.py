"""A seller's consent: the page to agree on, and the tokens that come of it."""

from __future__ import annotations

import time
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from integrations.connectors.base import Access, AppAccess, Grant, ShopFound, TokenSource
from integrations.connectors.shopee import calls, signing
from integrations.connectors.shopee.calls import BASE_URL, whole
from integrations.connectors.shopee.mapping import errors, fields
from integrations.wire.answers import Row
from integrations.wire.errors import ChannelError, NotAuthorised, Rejected, TryLater

# where the newer, unsigned page lives beside each API host; anywhere else on the host itself
_PAGES = {
    "partner.shopeemobile.com": "https://open.shopee.com",
    "openplatform.shopee.com.br": "https://open.shopee.com.br",
    "openplatform.shopee.cn": "https://open.shopee.cn",
    "openplatform.sandbox.test-stable.shopee.sg": "https://open.sandbox.test-stable.shopee.com",
}
_SIGNED_PAGE = "/api/v2/shop/auth_partner"
REFRESH_LIFE = 30 * 86_400.0
_ACCESS_LIFE = 14_400.0
# `expire_in` is seconds; in one documented answer it is an epoch time by mistake
_LONGEST_LIFE = 30 * 86_400


def url(app: AppAccess, *, state: str, redirect_url: str) -> str:
    """The newer page, or the older signed one, which is good for five minutes and has no state of its own."""
    base = (app.base_url or BASE_URL).rstrip("/")
    partner_id = app.credentials["partner_id"]
    if app.credentials.get("consent_page") == "signed":
        auth = signing.CallAuth(partner_id, app.credentials["partner_key"])
        query = auth.query(_SIGNED_PAGE, int(time.time())) | {"redirect": _with_state(redirect_url, state)}
        return f"{base}{_SIGNED_PAGE}?{urlencode(query)}"
    query = {"partner_id": partner_id, "auth_type": "seller", "redirect_uri": redirect_url, "response_type": "code"}
    if state:
        query["state"] = state
    return f"{_PAGES.get(urlsplit(base).netloc, base)}/auth?{urlencode(query)}"


def exchange(app: AppAccess, *, code: str, shop_id: str) -> Grant:
    """Tokens for a code, or for the whole address the seller came back to. Works once. Raises Rejected when refused.

    That address may name a main account: its tokens serve all its shops, and the first refresh token works once for each.
    Without a `shop_id` the address must name shop or account; see `shops` for those it covers.
    """
    told = _returned(code)
    body: dict[str, object] = {"code": told.get("code", code), "partner_id": _partner(app)}
    if "main_account_id" in told:
        body["main_account_id"] = whole(told["main_account_id"], "main account id")
    else:
        known = shop_id or told.get("shop_id", "")
        body["shop_id"] = whole(known, "shop id")
        if told.get("shop_id", known) != known:
            raise errors.refusal(errors.BAD_CODE, f"shop {told['shop_id']}")
    try:
        grant = _grant(calls.post(calls.app_line(app), "auth/token/get", body))
    except NotAuthorised as error:
        raise Rejected(f"{errors.refusal(errors.BAD_CODE).reason} {error.reason}", code=error.code) from None
    if shop_id and grant.shop_ids and shop_id not in grant.shop_ids:
        raise errors.refusal(errors.BAD_CODE, ", ".join(grant.shop_ids))
    return grant


def shops(app: AppAccess, tokens: TokenSource, grant: Grant) -> tuple[ShopFound, ...]:
    """The shops of a consent by their names; one that does not tell its name now goes by its id."""
    return tuple(ShopFound(shop_id, _name(Access(app, shop_id, tokens))) for shop_id in grant.shop_ids)


def _name(access: Access) -> str:
    try:
        told = calls.get(calls.shop_line(access), "shop/get_shop_info")
    except ChannelError:
        return access.shop_id
    return fields.text(told, "shop_name") or access.shop_id


def renew(app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
    """New tokens; the refresh token works once. Raises NotAuthorised when it is refused, whatever the reason."""
    body = {"refresh_token": refresh_token, "partner_id": _partner(app), "shop_id": whole(shop_id, "shop id")}
    try:
        return _grant(calls.post(calls.app_line(app), "auth/access_token/get", body))
    except Rejected as error:
        raise NotAuthorised(error.reason, code=error.code) from None


def _partner(app: AppAccess) -> int:
    return whole(app.credentials["partner_id"], "partner id")


def _grant(body: Row) -> Grant:
    access, refresh = fields.text(body, "access_token"), fields.text(body, "refresh_token")
    if not access or not refresh:
        raise TryLater("Shopee answered without tokens", maybe_done=True)
    try:
        life = fields.count(body, "expire_in")
    except ValueError:
        life = 0
    return Grant(
        access_token=access,
        expires_in=float(life) if 0 < life <= _LONGEST_LIFE else _ACCESS_LIFE,
        refresh_token=refresh,
        refresh_expires_in=REFRESH_LIFE,
        shop_ids=fields.words(body, "shop_id_list"),
    )


def _returned(code: str) -> dict[str, str]:
    """The parameters of the address the seller came back to, when that is what was pasted."""
    query = urlsplit(code).query or code
    return dict(parse_qsl(query)) if "code=" in query else {}


def _with_state(redirect_url: str, state: str) -> str:
    if not state:
        return redirect_url
    parts = urlsplit(redirect_url)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), ("state", state)])))
