"""Tokens over the wire, the seller's consent, and who has agreed."""

from __future__ import annotations

from typing import Any

from integrations.connectors.shopee.simulator import consent, facts
from integrations.connectors.shopee.simulator.delivery import announce
from integrations.connectors.shopee.simulator.platform import Platform
from integrations.connectors.shopee.simulator.request import Call, Fields, Refusal, optional, required
from integrations.connectors.shopee.simulator.tokens import Link
from integrations.connectors.shopee.simulator.wire import encode, flat
from integrations.simulator.side import Answer

_JSON = {"Content-Type": "application/json"}
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_OTHER_OWNERS = ("merchant_id", "supplier_id", "user_id", "principal_id")


def get_token(platform: Platform, call: Call) -> Fields:
    """POST auth/token/get: a code for a pair of tokens."""
    body = call.body
    code = required(body, "code", str)
    _own_partner(platform, body)
    account = optional(body, "main_account_id", int) or 0
    shop = 0 if account else required(body, "shop_id", int)
    life = platform.ground.token_life(facts.ACCESS_LIFE)
    access, refresh, shops = platform.tokens.exchange(code, shop=shop, account=account, moment=call.moment, life=life)
    others: Fields = {"supplier_id_list": [], "user_id_list": [], "principal_id_list": []} if account else {}
    return flat(
        shop_id_list=sorted(shops),
        access_token=access,
        refresh_token=refresh,
        expire_in=facts.ACCESS_LIFE,
        merchant_id_list=[],
        **others,
    )


def refresh_token(platform: Platform, call: Call) -> Fields:
    """POST auth/access_token/get: the next pair of one shop. Our sellers have shops only."""
    body = call.body
    token = required(body, "refresh_token", str)
    _own_partner(platform, body)
    if any(optional(body, name, int) for name in _OTHER_OWNERS):
        raise Refusal("error_merchant_refresh_token", "The refresh_token does not belong to this id.")
    shop = required(body, "shop_id", int)
    life = platform.ground.token_life(facts.ACCESS_LIFE)
    access, refresh = platform.tokens.refresh(token, shop, moment=call.moment, life=life)
    return flat(
        partner_id=platform.app.partner_id,
        shop_id=shop,
        access_token=access,
        refresh_token=refresh,
        expire_in=facts.ACCESS_LIFE,
    )


def get_shops_by_partner(platform: Platform, call: Call) -> Fields:
    """GET public/get_shops_by_partner: the shops that agreed."""
    size, page = call.number("page_size", 100, low=1, high=100), call.number("page_no", 1, low=1)
    linked = [(shop, link) for shop, link in platform.tokens.links.items() if call.moment < link.until]
    rows = [_shop(shop, link) for shop, link in linked[size * (page - 1) : size * page]]
    return flat(authed_shop_list=rows, more=len(linked) > size * page)


def consent_page(platform: Platform, call: Call, target: str, form: bytes) -> Answer:
    """Show the seller's page, or do what the seller pressed on it."""
    try:
        if call.method == "GET":
            return 200, _HTML, consent.page(platform.app, platform.shops, call, target)
        choice = consent.choose(platform.app, platform.shops, call, form)
    except Refusal as refusal:
        # the consent page writes `msg` where everything else writes `message`
        return 200, _JSON, encode({"code": 1, "error": refusal.code, "msg": str(refusal)})
    address = consent.agree(platform.tokens, choice, moment=call.moment, now=call.now)
    for shop in choice.shops:
        _tell(platform, shop, agreed=not choice.cancels)
    return 302, {"Location": address}, b""


def warn_of_expiry(platform: Platform) -> None:
    """Push 12, once per authorisation, a week before it ends."""
    moment, now = platform.ground.moment(), platform.now
    ending = [
        shop
        for shop, link in platform.tokens.links.items()
        if 0 < link.until - moment <= facts.EXPIRY_WARNING and shop not in platform.kept.warned
    ]
    if not ending:
        return
    platform.kept.warned.update(ending)
    data: dict[str, Any] = {
        "merchant_expire_soon": [],
        "shop_expire_soon": ending,
        "user_expire_soon": [],
        "expire_before": now + facts.EXPIRY_WARNING,
        "page_no": 1,
        "total_page": 1,
    }
    announce(platform, 12, 0, data)


def _own_partner(platform: Platform, body: Fields) -> None:
    if required(body, "partner_id", int) != platform.app.partner_id:
        raise Refusal("invalid_partner_id", "The partner_id is invalid, please have a check.")


def _tell(platform: Platform, shop: int, *, agreed: bool) -> None:
    platform.kept.warned.discard(shop)
    word = "authorized" if agreed else "deauthorized"
    data = {
        "authorize_type": "shop authorization by user" if agreed else "shop deauthorization by user",
        "extra": f"shop id {shop} ({facts.REGION}) has been {word} successfully",
        "shop_id": shop,
        "success": 1,
    }
    announce(platform, 1 if agreed else 2, shop, data)


def _shop(shop: int, link: Link) -> Fields:
    return {
        "shop_id": shop,
        "region": facts.REGION,
        "sip_affi_shops": [],
        "auth_time": link.auth_time,
        "expire_time": link.expire_time,
    }
