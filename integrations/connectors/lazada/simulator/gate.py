"""Authentication of calls: app, clock, signature over all parameters, token."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from integrations.connectors.lazada.simulator import facts
from integrations.connectors.lazada.simulator.request import Call, Refusal, is_whole
from integrations.connectors.lazada.simulator.tokens import Tokens

TOKEN_CALLS = "/auth/token/"
STOCK_CALLS = frozenset(
    {"/product/price_quantity/update", "/product/stock/sellable/update", "/product/stock/sellable/adjust"}
)


@dataclass
class App:
    """App of an integrator."""

    key: str
    secret: str


def too_many() -> Refusal:
    """Refusal of a call beyond the limit."""
    words = "Api access frequency exceeds the limit. this ban will last 1 seconds"
    return Refusal("ApiCallLimit", words, kind="ISV")


def sign(secret: str, path: str, params: Mapping[str, str]) -> str:
    """Return the upper-case hex HMAC-SHA256 over the path and all parameters in byte order."""
    text = path + "".join(f"{name}{params[name]}" for name in sorted(params, key=str.encode) if name != "sign")
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest().upper()


def push_sign(app: App, body: bytes) -> str:
    """Return the lower-case hex HMAC-SHA256 over the app key and the raw body."""
    return hmac.new(app.secret.encode(), app.key.encode() + body, hashlib.sha256).hexdigest()


def admit(app: App, tokens: Tokens, call: Call) -> None:
    """Authenticate a call and set the seller it is for. Refused otherwise."""
    if call.text("app_key") != app.key:
        raise Refusal("InvalidAppKey", "The specified App Key is invalid", kind="ISV")
    if call.text("sign_method") != "sha256":
        raise Refusal("InvalidSignMethod", "The specified sign_method is invalid", kind="ISV")
    if abs(call.now - _clock(call.text("timestamp"))) > facts.TIMESTAMP_LIFE:
        raise _bad_time()
    given = call.text("sign")
    if not hmac.compare_digest(sign(app.secret, call.path, call.params).encode(), given.encode()):
        words = "The request signature does not conform to lazop standards"
        raise Refusal("IncompleteSignature", words, kind="ISV")
    if not call.path.startswith(TOKEN_CALLS):
        call.seller = tokens.seller(call.text("access_token"), call.moment)


def _clock(text: str) -> float:
    """Epoch milliseconds, or a UTC time as ISO text."""
    if is_whole(text):
        return int(text) / 1000
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _bad_time() from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _bad_time() -> Refusal:
    """Refusal for a bad timestamp. The code is not verified."""
    return Refusal("IllegalTimestamp", "The specified timestamp is invalid or expired", kind="ISV")
