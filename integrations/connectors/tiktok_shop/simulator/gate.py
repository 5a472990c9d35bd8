"""Authentication of calls: app, clock, signature, token, shop."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from integrations.connectors.tiktok_shop.simulator import facts
from integrations.connectors.tiktok_shop.simulator.request import Call, Refusal
from integrations.connectors.tiktok_shop.simulator.tokens import Tokens

_UNSIGNED = frozenset({"sign", "access_token"})


@dataclass(frozen=True)
class App:
    """App of a developer. `service_id` is its id on the consent page."""

    app_key: str
    app_secret: str
    service_id: str


def too_many() -> Refusal:
    """Refusal of a call beyond the limit."""
    message = "Too many requests. You've made too many requests in a short period of time."
    return Refusal(36009002, message, 429)


def digest(secret: str, text: bytes) -> str:
    """Return the lower-case hex HMAC-SHA256."""
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def sign(app: App, call: Call) -> str:
    """Return the signature a call must carry: secret, path, sorted parameters, raw body, secret."""
    parameters = "".join(f"{name}{call.query[name]}" for name in sorted(call.query) if name not in _UNSIGNED)
    is_multipart = call.headers.get("content-type", "").startswith("multipart/form-data")
    body = b"" if call.method == "GET" or is_multipart else call.raw
    secret = app.app_secret.encode()
    return digest(app.app_secret, secret + f"{call.path}{parameters}".encode() + body + secret)


def admit(app: App, tokens: Tokens, ciphers: Mapping[str, str], call: Call, *, of_shop: bool) -> None:
    """Authenticate a call and set the shop it is for. `ciphers`: cipher -> shop. Refused otherwise."""
    _check_app(app, call)
    if not call.query.get("sign"):
        raise _umbrella("Missing credentials. The request does not include a required signature in the query.")
    if not hmac.compare_digest(sign(app, call).encode(), call.query["sign"].encode()):
        raise Refusal(106001, "Invalid credentials. The `sign` query parameter is invalid.", 401)
    shops = tokens.shops_of(call.headers.get("x-tts-access-token", ""), call.moment)
    cipher = call.query.get("shop_cipher", "")
    if not of_shop:
        if cipher:
            raise _umbrella(
                "Unexpected identifier. The `shop_cipher` query parameter is not required for this request."
            )
        return
    if not cipher:
        message = "Missing identifier. The `shop_cipher` query parameter is required to identify the target shop."
        raise Refusal(106013, message)
    call.shop = ciphers.get(cipher, "")
    if call.shop not in shops:
        message = (
            "Invalid query or header. The `category_asset_cipher` query parameter or `x-tts-access-token` header is"
            " invalid."
        )
        raise Refusal(101000, message, 401)


def _check_app(app: App, call: Call) -> None:
    if call.query.get("app_key") != app.app_key:
        raise _umbrella("Invalid credentials. Invalid `app_key` query parameter.")
    stamp = call.query.get("timestamp", "")
    if not stamp.isdecimal() or int(stamp) < call.now - facts.STAMP_OLD:
        raise _umbrella(
            "Invalid timestamp. The value of the `timestamp` query parameter must not be earlier than 5 minutes before"
            " the current time."
        )
    if int(stamp) > call.now + facts.STAMP_AHEAD:
        raise _umbrella(
            "Invalid timestamp. The value of the `timestamp` query parameter must not exceed the current time by more"
            " than 30 seconds."
        )


def _umbrella(message: str) -> Refusal:
    return Refusal(36009004, message)
