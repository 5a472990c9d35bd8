"""Token calls (by GET, unsigned, the secret in the query) and the seller's consent page."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from integrations.connectors.tiktok_shop.simulator import facts
from integrations.connectors.tiktok_shop.simulator.backend import Backend
from integrations.connectors.tiktok_shop.simulator.delivery import announce
from integrations.connectors.tiktok_shop.simulator.request import Call, Fields, Refusal, invalid
from integrations.connectors.tiktok_shop.simulator.wire import refused
from integrations.simulator.simulated_platform import Response

TOKENS = "/api/v2/token/"
NEW_PAGE, OLD_PAGE = "/open/authorize", "/oauth/authorize"
PAGES = frozenset({NEW_PAGE, OLD_PAGE})
SELLER = "Nhà Mình"
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_PAGE = """<!doctype html><html lang="vi"><meta charset="utf-8"><title>TikTok Shop (simulated)</title>
<style>body{{font:16px sans-serif;max-width:32rem;margin:4rem auto}}button{{display:block;margin:.5rem 0;padding:.6rem 1rem}}</style>
<h1>{title}</h1><p>{text}</p>{form}</html>"""
_FORM = """<form method="post" action="{action}"><button name="answer" value="{value}">{label}</button>
<button name="answer" value="no">Từ chối</button></form>"""


def get(backend: Backend, call: Call) -> Fields:
    """GET token/get: a code for a pair of tokens."""
    _check(backend, call, frozenset({"authorized_code"}))
    life = backend.context.token_life(facts.ACCESS_LIFE)
    return _pair(call, *backend.state.tokens.exchange(call.text("auth_code"), call.moment, life))


def refresh(backend: Backend, call: Call) -> Fields:
    """GET token/refresh. The official SDK sends the other grant type by mistake: both are taken."""
    _check(backend, call, frozenset({"refresh_token", "authorized_code"}))
    life = backend.context.token_life(facts.ACCESS_LIFE)
    return _pair(call, *backend.state.tokens.refresh(call.text("refresh_token"), call.moment, life))


def consent_page(backend: Backend, call: Call, target: str) -> Response:
    """Show the consent page, or apply the seller's choice: one consent for all the seller's shops.

    The address to return to is registered in Partner Center, which is not simulated: a link may carry it as `redirect_uri`.
    Without one the code is shown.
    """
    app, shops = backend.state.app, backend.context.shops
    by_service = call.path == NEW_PAGE
    if call.query.get("service_id" if by_service else "app_key") != (app.service_id if by_service else app.app_key):
        return refused(Refusal(36009004, "Invalid credentials. The service does not exist."))
    names = escape(", ".join(shop.name for shop in shops.values()))
    if call.method == "GET":
        form = _FORM.format(action=escape(target), value="yes", label="Cho phép")
        return 200, _HTML, _page("Cho phép ứng dụng kết nối cửa hàng?", names, form)
    if dict(parse_qsl(call.raw.decode("utf-8", "replace"))).get("answer") != "yes":
        return 200, _HTML, _page("Đã từ chối", names, "")
    code = backend.state.tokens.new_code(shops, call.moment)
    address = call.query.get("redirect_uri", "")
    if urlsplit(address).scheme not in {"http", "https"}:
        return 200, _HTML, _page("Mã ủy quyền", code, "")
    params = {"app_key": app.app_key, "code": code, "locale": "vi-VN", "shop_region": facts.REGION}
    if "state" in call.query:
        params["state"] = call.query["state"]
    parts = urlsplit(address)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *params.items()])
    return 302, {"Location": urlunsplit(parts._replace(query=query))}, b""


def withdraw(backend: Backend) -> None:
    """Revoke the seller's consent: all tokens are dead, and a webhook per shop says so."""
    backend.state.tokens.unlink(backend.context.shops)
    for shop in backend.context.shops:
        announce(backend, 6, shop, {"message": f"Shop_id {shop} is deauthorized from your APP by merchant."})


def _check(backend: Backend, call: Call, grant_types: frozenset[str]) -> None:
    app = backend.state.app
    if (call.query.get("app_key"), call.query.get("app_secret")) != (app.app_key, app.app_secret):
        raise Refusal(36009004, "Invalid credentials. Invalid `app_key` query parameter.", 200)
    if call.query.get("grant_type") not in grant_types:
        raise invalid("grant_type")


def _pair(call: Call, access: str, refresh_token: str) -> Fields:
    """Return a token pair. Both expiries are epoch times, whatever the names say."""
    return {
        "access_token": access,
        "access_token_expire_in": call.now + facts.ACCESS_LIFE,
        "refresh_token": refresh_token,
        "refresh_token_expire_in": call.now + facts.REFRESH_LIFE,
        "open_id": "7494NHAMINH",
        "seller_name": SELLER,
        "seller_base_region": facts.REGION,
        "user_type": 0,
        "granted_scopes": ["seller.authorization.info"],
    }


def _page(title: str, text: str, form: str) -> bytes:
    return _PAGE.format(title=title, text=text, form=form).encode()
