"""A seller's consent, and the two kinds of tokens: a seller's, and the app's own (got with its credentials alone)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from integrations.connectors.base import AppAccess, Grant, ShopFound, TokenSource
from integrations.connectors.tiki import calls
from integrations.connectors.tiki.mapping import fields
from integrations.connectors.tiki.signing import BearerAuth
from integrations.wire import answers
from integrations.wire.errors import ChannelError, NotAuthorised, Rejected, TryLater
from integrations.wire.http import Call, Line

SCOPES = "offline product order inventory"
IN_HOUSE = "in_house"
_PAGE = "/sc/oauth2/auth"
# lives are documented nowhere; answers tell them
_LIFE = 3600.0


class Fresh:
    """A token that has just been given, as a source; it is too young to be renewed."""

    def __init__(self, token: str) -> None:
        self._token = token

    def current(self) -> str:
        return self._token

    def renewed(self, stale: str) -> str:
        raise NotAuthorised("Tiki refuses the token it has just given", code="401")


def url(app: AppAccess, *, state: str, redirect_url: str) -> str:
    """The page where sellers agree. `redirect_url` must be registered exactly; a `state` has eight characters or more."""
    query = {
        "response_type": "code",
        "client_id": app.credentials["client_id"],
        "redirect_uri": redirect_url,
        "scope": SCOPES,
        "state": state,
    }
    return f"{(app.base_url or calls.BASE_URL).rstrip('/')}{_PAGE}?{urlencode(query)}"


def exchange(app: AppAccess, *, code: str, shop_id: str) -> Grant:
    """Tokens for a code, or for the whole address the seller came back to. Works once. Raises Rejected when refused.

    The address that the code was sent to must be named again: that of the pasted address, else the one the seller came
    back to, else the app's `redirect_uri`.
    """
    address, told = _returned(code)
    form = {
        "grant_type": "authorization_code",
        "code": told.get("code", code),
        "redirect_uri": address or app.redirect_url or app.credentials.get("redirect_uri", ""),
    }
    grant = _asked(app, form)
    shop = _owner(app, grant.access_token)
    if shop and shop_id and shop != shop_id:
        raise Rejected(f"the consent is that of another shop: {shop}", code="invalid_grant")
    return Grant(grant.access_token, grant.expires_in, grant.refresh_token, None, (shop,) if shop else ())


def shops(app: AppAccess, tokens: TokenSource) -> tuple[ShopFound, ...]:
    """The one seller behind a token. Events are known by `sid`, so that is the shop's id."""
    row = calls.get(Line(calls.PLATFORM, app, sign=BearerAuth, tokens=tokens), "v2/sellers/me")
    return (ShopFound(seller_id(row), fields.text(row, "name")),)


def renew(app: AppAccess, *, refresh_token: str) -> Grant:
    """A seller's next pair, or, without a refresh token, what the app's credentials are good for.

    That is the app itself, or, for an in-house app, its own shop. Raises NotAuthorised when refused, whatever the reason.
    """
    if refresh_token:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    else:
        form = {"grant_type": "client_credentials", "scope": ""}
    try:
        return _asked(app, form)
    except Rejected as error:
        raise NotAuthorised(error.reason, code=error.code) from None


def seller_id(row: Any) -> str:
    """How events name a seller. Raises NotAuthorised for an answer that names none."""
    found = fields.text(row, "sid") or fields.text(row, "id")
    if not found:
        raise NotAuthorised("Tiki's answer names no seller", code="401")
    return found


def is_in_house(app: AppAccess) -> bool:
    """An app that acts for its own shop only: nobody agrees to anything."""
    return app.credentials.get("app_kind") == IN_HOUSE


def _owner(app: AppAccess, token: str) -> str:
    """The seller a new token is of; "" when Tiki does not say now: the tokens are worth more than the check."""
    try:
        return shops(app, Fresh(token))[0].external_id
    except ChannelError:
        return ""


def _asked(app: AppAccess, form: dict[str, str]) -> Grant:
    form |= {"client_id": app.credentials["client_id"]}
    if calls.is_form(app):
        form |= {"client_secret": app.credentials["client_secret"]}
    return _grant(calls.token_line(app).send(Call("POST", calls.TOKEN, form=list(form.items()))))


def _grant(body: Any) -> Grant:
    token = fields.text(body, "access_token")
    if not token:
        raise TryLater("Tiki answered without a token", maybe_done=True)
    try:
        life = float(answers.number(body, "expires_in"))
    except ValueError:
        life = 0.0
    return Grant(token, life if life > 0 else _LIFE, fields.text(body, "refresh_token"))


def _returned(code: str) -> tuple[str, dict[str, str]]:
    """(address without its query, parameters) of the address the seller came back to, when that is what was pasted."""
    parts = urlsplit(code)
    if parts.scheme and parts.netloc:
        told = dict(parse_qsl(parts.query))
        kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in {"code", "scope", "state"}]
        return urlunsplit(parts._replace(query=urlencode(kept), fragment="")), told
    return "", dict(parse_qsl(code)) if "code=" in code else {}
