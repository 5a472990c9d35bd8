"""Authentication of calls: partner, clock, signature, shop, token."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from integrations.connectors.shopee.simulator import facts
from integrations.connectors.shopee.simulator.request import Call, Refusal, is_whole
from integrations.connectors.shopee.simulator.tokens import Tokens

PUSH = "/api/v2/push/"
PUBLIC = ("/api/v2/auth/", "/api/v2/public/", PUSH)


@dataclass
class App:
    """App of a partner. The push key signs what Shopee sends, the partner key what the partner sends."""

    partner_id: int
    partner_key: str
    push_partner_key: str
    main_account_id: int


def too_many() -> Refusal:
    """Refusal of a call beyond the limit. The status is not known for sure: 429 [nv]."""
    return Refusal("error_rate_limit", "Too many requests. Please try again later.")


def sign(key: str, text: str) -> str:
    """Return the lower-case hex HMAC-SHA256."""
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def given(call: Call, name: str) -> str:
    """Return a common parameter. Refused as the gateway does when it is missing."""
    found = call.text(name, "")
    if not found:
        raise Refusal("error_param", f"There is no {name} in query.")
    return found


def check_partner(app: App, call: Call) -> None:
    """Refuse an unknown partner and a clock more than five minutes behind or ahead (ahead: inferred)."""
    if given(call, "partner_id") != str(app.partner_id):
        raise Refusal("invalid_partner_id", "The partner_id is invalid, please have a check.")
    stamp = given(call, "timestamp")
    if not is_whole(stamp):
        raise Refusal("error_param", "Invalid timestamp.")
    if abs(call.now - int(stamp)) > facts.TIMESTAMP_LIFE:
        raise Refusal("error_param", "Timestamp is expired.")


def check_sign(app: App, call: Call, *parts: str) -> None:
    """Refuse a wrong signature over partner id, path, timestamp and these parts. The push API has its own words for it."""
    text = "".join((str(app.partner_id), call.path, call.text("timestamp"), *parts))
    if hmac.compare_digest(sign(app.partner_key, text).encode(), given(call, "sign").encode()):
        return
    if call.path.startswith(PUSH):
        raise Refusal("common.error_auth", "Invalid sign", extra={"response": {}})
    raise Refusal("error_sign", "Wrong sign.")


def admit(app: App, tokens: Tokens, shops: frozenset[int], call: Call) -> None:
    """Authenticate a call and set the shop it is for. Refused otherwise."""
    check_partner(app, call)
    if call.path.startswith(PUBLIC):
        check_sign(app, call)
        return
    shop, token = given(call, "shop_id"), given(call, "access_token")
    check_sign(app, call, token, shop)
    if not is_whole(shop) or int(shop) > facts.MAX_ID or int(shop) not in shops:
        raise Refusal("error_auth", "Invalid partner_id or shopid.")
    call.shop = int(shop)
    if not tokens.linked(call.shop, call.moment):
        raise Refusal("shop_no_linked", "The shop is not linked to this partner.")
    tokens.check(token, call.shop, call.moment)
