"""Token calls and the seller's consent page."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from integrations.connectors.lazada.simulator import facts
from integrations.connectors.lazada.simulator.backend import Backend
from integrations.connectors.lazada.simulator.request import Call, Fields, Refusal, invalid, missing
from integrations.connectors.lazada.simulator.tokens import Grant
from integrations.connectors.lazada.simulator.wire import encode, refused, top
from integrations.simulator.simulated_platform import Response

CONSENT = "/oauth/authorize"
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_JSON = {"Content-Type": "application/json;charset=utf-8"}
_PAGE = """<!doctype html><html lang="vi"><meta charset="utf-8"><title>Lazada (simulated)</title>
<style>body{{font:16px sans-serif;max-width:32rem;margin:4rem auto}}button{{display:block;margin:.5rem 0;padding:.6rem 1rem}}</style>
<h1>Cho phép ứng dụng kết nối gian hàng?</h1><p>app_key {app}</p><form method="post" action="{action}">{buttons}</form></html>"""
_BUTTON = '<button name="seller" value="{value}">{label}</button>'


def create(backend: Backend, call: Call) -> Fields:
    """/auth/token/create: a code for a pair of tokens, all at the top level."""
    life = backend.context.token_life(facts.ACCESS_LIFE)
    return _pair(backend, call, *backend.tokens.exchange(call.text("code"), moment=call.moment, life=life))


def refresh(backend: Backend, call: Call) -> Fields:
    """/auth/token/refresh: the next pair; its refresh token lives no longer than the one before."""
    life = backend.context.token_life(facts.ACCESS_LIFE)
    return _pair(backend, call, *backend.tokens.refresh(call.text("refresh_token"), moment=call.moment, life=life))


def consent_page(backend: Backend, call: Call, target: str, form: bytes) -> Response:
    """Show the consent page with a button per shop, or apply the seller's choice."""
    try:
        address = _address(backend, call)
        if call.method == "GET":
            buttons = "".join(
                _BUTTON.format(value=seller, label=escape(shop.name)) for seller, shop in backend.context.shops.items()
            )
            page = _PAGE.format(app=escape(backend.app.key), action=escape(target), buttons=buttons)
            return 200, _HTML, page.encode()
        seller = dict(parse_qsl(form.decode("utf-8", "replace"))).get("seller", "")
        if seller not in backend.context.shops:
            raise missing("seller")
    except Refusal as refusal:
        return 200, _JSON, encode(refused(refusal))
    params = {"code": backend.tokens.agree(seller, moment=call.moment)}
    if state := call.text("state", ""):
        params["state"] = state
    parts = urlsplit(address)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *params.items()])
    return 302, {"Location": urlunsplit(parts._replace(query=query))}, b""


def _address(backend: Backend, call: Call) -> str:
    if call.text("client_id") != backend.app.key:
        raise Refusal("InvalidAppKey", "The specified App Key is invalid", kind="ISV")
    if call.text("response_type") != "code":
        raise invalid("response_type")
    address = call.text("redirect_uri")
    if urlsplit(address).scheme not in {"http", "https"} or not urlsplit(address).netloc:
        raise invalid("redirect_uri")
    return address


def _pair(backend: Backend, call: Call, access: str, token: str, grant: Grant) -> Fields:
    seller = grant.seller
    row = {"country": facts.COUNTRY, "user_id": seller, "seller_id": seller, "short_code": backend.short_code(seller)}
    return top(
        access_token=access,
        country=facts.COUNTRY,
        refresh_token=token,
        account_platform="seller_center",
        refresh_expires_in=int(grant.until - call.moment),
        country_user_info=[row],
        expires_in=int(min(facts.ACCESS_LIFE, grant.until - call.moment)),
        account=f"shop{seller[-3:]}***@example.com",
    )
