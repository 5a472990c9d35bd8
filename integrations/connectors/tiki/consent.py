"""A seller's consent, and the two kinds of tokens: a seller's, and the app's own (got with its credentials alone)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from integrations.connectors.tiki import client
from integrations.connectors.tiki.mapping import errors, fields
from integrations.contract.access import AppAccess, TokenSource
from integrations.contract.consent import Consent, ConsentKind, ConsentPage, Grant, ShopFound
from integrations.contract.errors import ChannelError, NotAuthorised, Rejected, TryLater
from integrations.contract.reasons import NO_TOKENS, OTHER_SHOP
from integrations.wire.auth import FreshToken
from integrations.wire.calls import Call

SCOPES = "offline product order inventory"
IN_HOUSE = "in_house"
_PAGE = "/sc/oauth2/auth"
# lives are documented nowhere; answers state them
_LIFE = 3600.0


def fresh(token: str) -> TokenSource:
    """Return the source of a token that was just granted."""
    return FreshToken(token, refused=NotAuthorised(errors.FRESH_TOKEN_REFUSED, code="401"))


def kind_of(app: AppAccess) -> ConsentKind:
    """Return how this registration's accounts agree: an in-house app acts for its own shop only, without a consent."""
    return ConsentKind.CREDENTIALS if app.settings.get("app_kind") == IN_HOUSE else ConsentKind.CODE


def consent_url(app: AppAccess, *, state: str, redirect_url: str) -> str:
    """Return the page's address. `redirect_url` must be registered exactly; a `state` has eight characters or more."""
    query = {
        "response_type": "code",
        "client_id": app.credentials["client_id"],
        "redirect_uri": redirect_url,
        "scope": SCOPES,
        "state": state,
    }
    return f"{(app.base_url or client.BASE_URL).rstrip('/')}{_PAGE}?{urlencode(query)}"


def exchange(app: AppAccess, *, code: str, shop_id: str) -> Grant:
    """Exchange a code, or the whole address the seller came back to. Works once. Raises Rejected when refused.

    The address that the code was sent to must be named again: that of the pasted address, else the one the seller came
    back to, else the app's setting `redirect_uri`.
    """
    address, query = _returned(code)
    form = {
        "grant_type": "authorization_code",
        "code": query.get("code", code),
        "redirect_uri": address or app.redirect_url or app.settings.get("redirect_uri", ""),
    }
    grant = _granted(app, form)
    shop = _owner(app, grant)
    if shop and shop_id and shop != shop_id:
        raise Rejected(OTHER_SHOP(shop=shop), code="invalid_grant")
    return Grant(grant.access_token, grant.expires_in, grant.refresh_token, None, (shop,) if shop else ())


def find_shops(app: AppAccess, tokens: TokenSource, grant: Grant) -> tuple[ShopFound, ...]:
    """Return the one seller behind a token. Events are known by `sid`, so that is the shop's id."""
    row = client.get(client.app_client(app, tokens), "v2/sellers/me")
    return (ShopFound(seller_id(row), fields.text(row, "name")),)


def renew(app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
    """Return a seller's next pair, or, without a refresh token, the token that the app's credentials are good for.

    That is the app's own, or, for an in-house app, its own shop's. Raises NotAuthorised when refused, whatever the reason.
    """
    if refresh_token:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    else:
        form = {"grant_type": "client_credentials", "scope": ""}
    try:
        return _granted(app, form)
    except Rejected as error:
        raise NotAuthorised(error.reason, code=error.code) from None


def seller_id(row: Any) -> str:
    """Return the id by which events name a seller. Raises NotAuthorised for an answer that names none."""
    found = fields.text(row, "sid") or fields.text(row, "id")
    if not found:
        raise NotAuthorised(errors.NO_SELLER, code="401")
    return found


def _owner(app: AppAccess, grant: Grant) -> str:
    """Return the seller of a new token; "" when Tiki does not say now: the tokens are worth more than the check."""
    try:
        return find_shops(app, fresh(grant.access_token), grant)[0].external_id
    except ChannelError:
        return ""


def _granted(app: AppAccess, form: dict[str, str]) -> Grant:
    form |= {"client_id": app.credentials["client_id"]}
    if client.sends_secret_in_form(app):
        form |= {"client_secret": app.credentials["client_secret"]}
    return _grant(client.token_client(app).send(Call("POST", client.TOKEN, form=list(form.items()))))


def _grant(body: Any) -> Grant:
    token = fields.text(body, "access_token")
    if not token:
        raise TryLater(NO_TOKENS(channel="Tiki"), maybe_done=True)
    try:
        life = float(fields.number(body, "expires_in"))
    except ValueError:
        life = 0.0
    return Grant(token, life if life > 0 else _LIFE, fields.text(body, "refresh_token"))


def _returned(code: str) -> tuple[str, dict[str, str]]:
    """Return (address without its query, parameters) of the address the seller came back to, when that was pasted."""
    parts = urlsplit(code)
    if parts.scheme and parts.netloc:
        query = parse_qsl(parts.query)
        kept = [(name, value) for name, value in query if name not in {"code", "scope", "state"}]
        return urlunsplit(parts._replace(query=urlencode(kept), fragment="")), dict(query)
    return "", dict(parse_qsl(code)) if "code=" in code else {}


CONSENT = Consent(
    renew=renew,
    kind=ConsentKind.CODE,
    kind_of=kind_of,
    exchange=exchange,
    page=ConsentPage(url=consent_url),
    shops=find_shops,
    app_has_token=True,
)
