"""OAuth: the consent page, the token endpoint, and the authorisation of calls."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from html import escape
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit, urlunsplit

from integrations.connectors.tiki.simulator import facts
from integrations.connectors.tiki.simulator.backend import Backend
from integrations.connectors.tiki.simulator.request import Call
from integrations.connectors.tiki.simulator.tokens import App, Right
from integrations.connectors.tiki.simulator.wire import HTML, Fields, Refusal, good
from integrations.simulator.simulated_platform import Response

PAGE, TOKEN = "/sc/oauth2/auth", "/sc/oauth2/token"
KNOWN_SCOPES = frozenset("order product inventory multichannel fulfillment offline all".split())
_PAGE = """<!doctype html><html lang="vi"><meta charset="utf-8"><title>Tiki (simulated)</title>
<style>body{{font:16px sans-serif;max-width:32rem;margin:4rem auto}}button{{display:block;margin:.5rem 0;padding:.6rem 1rem}}</style>
<h1>Cho phép ứng dụng kết nối gian hàng?</h1><p>{client}: {scopes}</p><form method="post" action="{action}">{buttons}</form></html>"""
_BUTTON = '<button name="seller" value="{value}">{label}</button>'


def admit(backend: Backend, call: Call, headers: Mapping[str, str], scope: str) -> None:
    """Authenticate a call and set whose it is. `scope`: "" for any, "app" for the app's own token."""
    word, _, token = headers.get("authorization", "").partition(" ")
    if word.lower() != "bearer" or not token:
        raise Refusal(401, "The authorization (token) is missing or expired")
    right = backend.tokens.right(token.strip(), call.moment)
    if scope == "app":
        if right.seller:
            raise Refusal(403, "The queue belongs to the application")
        return
    if not right.seller:
        raise Refusal(401, "The authorization is not linked to any seller")
    if scope and not right.scopes & {scope, "all"}:
        raise Refusal(403, "The client is NOT granted enough permissions to perform the action")
    call.seller = right.seller


def token_call(backend: Backend, call: Call, headers: Mapping[str, str], raw: bytes) -> Response:
    """POST oauth2/token, form-urlencoded."""
    form = dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    _check_client(backend.app, headers, form)
    life = backend.context.token_life(facts.ACCESS_LIFE)
    kind = form.get("grant_type", "")
    if kind == "authorization_code":
        redirect = form.get("redirect_uri", "")
        found = backend.tokens.exchange(form.get("code", ""), redirect, moment=call.moment, life=life)
    elif kind == "refresh_token":
        found = backend.tokens.refresh(form.get("refresh_token", ""), moment=call.moment, life=life)
    elif kind == "client_credentials":
        scopes = frozenset(form.get("scope", "").split())
        pair = backend.tokens.issue("", scopes, moment=call.moment, life=life)
        found = *pair, Right("", scopes, 0)
    else:
        raise _oauth(400, "unsupported_grant_type", "The authorization grant type is not supported.")
    return good(_tokens(*found))


def _tokens(access: str, refresh: str, right: Right) -> Fields:
    scope = " ".join(sorted(right.scopes))
    params: Fields = {"access_token": access, "expires_in": facts.ACCESS_LIFE, "scope": scope, "token_type": "bearer"}
    return params | ({"refresh_token": refresh} if refresh else {})


def _check_client(app: App, headers: Mapping[str, str], form: Mapping[str, str]) -> None:
    """Check the app's credentials, sent as it is registered to; the other way is refused [nv]."""
    if app.basic:
        given = _basic(headers.get("authorization", ""))
        if form.get("client_id", app.client_id) != app.client_id:
            given = ("", "")
    else:
        given = form.get("client_id", ""), form.get("client_secret", "")
    if given != (app.client_id, app.client_secret):
        raise _oauth(401, "invalid_client", "Client authentication failed.")


def _basic(header: str) -> tuple[str, str]:
    word, _, coded = header.partition(" ")
    try:
        name, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (unquote_plus(name), unquote_plus(secret)) if word.lower() == "basic" else ("", "")


def _oauth(status: int, code: str, text: str) -> Refusal:
    return Refusal(status, text, body={"error": code, "error_description": text})


def consent_page(backend: Backend, call: Call, target: str, form: bytes) -> Response:
    """Show the seller's consent page, or apply the seller's choice."""
    asked = _asked(backend.app, call)
    shops = {shop.id: shop.name for shop in backend.context.shops.values()}
    if call.method == "GET":
        buttons = "".join(_BUTTON.format(value=sid, label=escape(name)) for sid, name in shops.items())
        scopes = escape(" ".join(sorted(asked)))
        page = _PAGE.format(client=backend.app.client_id, scopes=scopes, action=escape(target), buttons=buttons)
        return 200, HTML, page.encode()
    seller = dict(parse_qsl(form.decode("utf-8", "replace"))).get("seller", "")
    if seller not in shops:
        raise _oauth(400, "invalid_request", "Choose a shop.")
    address = call.query["redirect_uri"]
    code = backend.tokens.new_code(seller, asked, address, call.moment)
    params = {"code": code, "scope": " ".join(sorted(asked)), "state": call.query["state"]}
    parts = urlsplit(address)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *params.items()])
    return 302, {"Location": urlunsplit(parts._replace(query=query))}, b""


def _asked(app: App, call: Call) -> frozenset[str]:
    """The scopes of a consent link. Refused: another client, no code wanted, a short state, no address, unknown scopes."""
    query = call.query
    scopes = frozenset(query.get("scope", "").split())
    if query.get("client_id") != app.client_id:
        raise _oauth(401, "invalid_client", "The requested OAuth 2.0 Client does not exist.")
    if query.get("response_type") != "code" or not scopes <= KNOWN_SCOPES:
        raise _oauth(400, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
    if len(query.get("state", "")) < facts.STATE_LENGTH:
        raise _oauth(400, "invalid_state", "The state is missing or does not have enough characters.")
    if urlsplit(query.get("redirect_uri", "")).scheme not in {"http", "https"}:
        raise _oauth(400, "invalid_request", "The redirect_uri does not match any registered one.")
    return scopes
