"""Token calls, the seller's consent, and the authorised shops."""

from __future__ import annotations

from typing import Any

from integrations.connectors.shopee.simulator import consent, facts
from integrations.connectors.shopee.simulator.backend import Backend
from integrations.connectors.shopee.simulator.delivery import announce
from integrations.connectors.shopee.simulator.request import Call, Fields, Refusal, optional, required
from integrations.connectors.shopee.simulator.tokens import Link
from integrations.connectors.shopee.simulator.wire import encode, flat
from integrations.simulator.simulated_platform import Response

_JSON = {"Content-Type": "application/json"}
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_OTHER_OWNERS = ("merchant_id", "supplier_id", "user_id", "principal_id")


def get_token(backend: Backend, call: Call) -> Fields:
    """POST auth/token/get: a code for a pair of tokens."""
    body = call.body
    code = required(body, "code", str)
    _own_partner(backend, body)
    account = optional(body, "main_account_id", int) or 0
    shop = 0 if account else required(body, "shop_id", int)
    life = backend.context.token_life(facts.ACCESS_LIFE)
    access, refresh, shops = backend.tokens.exchange(code, shop=shop, account=account, moment=call.moment, life=life)
    others: Fields = {"supplier_id_list": [], "user_id_list": [], "principal_id_list": []} if account else {}
    return flat(
        shop_id_list=sorted(shops),
        access_token=access,
        refresh_token=refresh,
        expire_in=facts.ACCESS_LIFE,
        merchant_id_list=[],
        **others,
    )


def refresh_token(backend: Backend, call: Call) -> Fields:
    """POST auth/access_token/get: the next pair of one shop. Our sellers have shops only."""
    body = call.body
    token = required(body, "refresh_token", str)
    _own_partner(backend, body)
    if any(optional(body, name, int) for name in _OTHER_OWNERS):
        raise Refusal("error_merchant_refresh_token", "The refresh_token does not belong to this id.")
    shop = required(body, "shop_id", int)
    life = backend.context.token_life(facts.ACCESS_LIFE)
    access, refresh = backend.tokens.refresh(token, shop, moment=call.moment, life=life)
    return flat(
        partner_id=backend.app.partner_id,
        shop_id=shop,
        access_token=access,
        refresh_token=refresh,
        expire_in=facts.ACCESS_LIFE,
    )


def get_shops_by_partner(backend: Backend, call: Call) -> Fields:
    """GET public/get_shops_by_partner: the shops that agreed."""
    size, page = call.number("page_size", 100, low=1, high=100), call.number("page_no", 1, low=1)
    linked = [(shop, link) for shop, link in backend.tokens.links.items() if call.moment < link.until]
    rows = [_shop(shop, link) for shop, link in linked[size * (page - 1) : size * page]]
    return flat(authed_shop_list=rows, more=len(linked) > size * page)


def consent_page(backend: Backend, call: Call, target: str, form: bytes) -> Response:
    """Show the seller's consent page, or apply the seller's choice."""
    try:
        if call.method == "GET":
            return 200, _HTML, consent.page(backend.app, backend.shops, call, target)
        choice = consent.choose(backend.app, backend.shops, call, form)
    except Refusal as refusal:
        # the consent page writes `msg` where everything else writes `message`
        return 200, _JSON, encode({"code": 1, "error": refusal.code, "msg": str(refusal)})
    address = consent.agree(backend.tokens, choice, moment=call.moment, now=call.now)
    for shop in choice.shops:
        _push(backend, shop, agreed=not choice.cancels)
    return 302, {"Location": address}, b""


def warn_of_expiry(backend: Backend) -> None:
    """Push 12, once per authorisation, a week before it ends."""
    moment, now = backend.context.logical_time(), backend.now
    ending = [
        shop
        for shop, link in backend.tokens.links.items()
        if 0 < link.until - moment <= facts.EXPIRY_WARNING and shop not in backend.state.warned
    ]
    if not ending:
        return
    backend.state.warned.update(ending)
    data: dict[str, Any] = {
        "merchant_expire_soon": [],
        "shop_expire_soon": ending,
        "user_expire_soon": [],
        "expire_before": now + facts.EXPIRY_WARNING,
        "page_no": 1,
        "total_page": 1,
    }
    announce(backend, 12, 0, data)


def _own_partner(backend: Backend, body: Fields) -> None:
    if required(body, "partner_id", int) != backend.app.partner_id:
        raise Refusal("invalid_partner_id", "The partner_id is invalid, please have a check.")


def _push(backend: Backend, shop: int, *, agreed: bool) -> None:
    backend.state.warned.discard(shop)
    word = "authorized" if agreed else "deauthorized"
    data = {
        "authorize_type": "shop authorization by user" if agreed else "shop deauthorization by user",
        "extra": f"shop id {shop} ({facts.REGION}) has been {word} successfully",
        "shop_id": shop,
        "success": 1,
    }
    announce(backend, 1 if agreed else 2, shop, data)


def _shop(shop: int, link: Link) -> Fields:
    return {
        "shop_id": shop,
        "region": facts.REGION,
        "sip_affi_shops": [],
        "auth_time": link.auth_time,
        "expire_time": link.expire_time,
    }
