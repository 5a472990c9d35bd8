"""Who calls, and may they: app, clock, signature over all that was received, token, and how often."""

from __future__ import annotations

import hashlib
import hmac
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from integrations.connectors.lazada.simulator import facts
from integrations.connectors.lazada.simulator.request import Call, Refusal, is_whole
from integrations.connectors.lazada.simulator.tokens import Tokens

TOKEN_CALLS = "/auth/token/"
_STOCK = frozenset(
    {"/product/price_quantity/update", "/product/stock/sellable/update", "/product/stock/sellable/adjust"}
)


@dataclass
class App:
    """The app of an integrator."""

    key: str
    secret: str


@dataclass
class Quota:
    """How many calls a seller may make within one second of the machine's clock; the stock APIs have a number of their own."""

    per_second: int = facts.CALLS_PER_SECOND
    stock_per_second: int = facts.STOCK_CALLS_PER_SECOND
    calls: dict[tuple[str, bool], deque[float]] = field(default_factory=dict)

    def spend(self, seller: str, path: str, now: float) -> None:
        """Count a call. Refused when it is one too many."""
        of_stock = path in _STOCK
        made = self.calls.setdefault((seller, of_stock), deque())
        while made and made[0] <= now - 1:
            made.popleft()
        if len(made) >= (self.stock_per_second if of_stock else self.per_second):
            raise too_many()
        made.append(now)


def too_many() -> Refusal:
    """The refusal of a call beyond the limit."""
    words = "Api access frequency exceeds the limit. this ban will last 1 seconds"
    return Refusal("ApiCallLimit", words, kind="ISV")


def sign(secret: str, path: str, params: Mapping[str, str]) -> str:
    """Upper-case hex HMAC-SHA256 over the path and all parameters in byte order."""
    text = path + "".join(f"{name}{params[name]}" for name in sorted(params, key=str.encode) if name != "sign")
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest().upper()


def push_sign(app: App, body: bytes) -> str:
    """Lower-case hex HMAC-SHA256 over the app key and the raw body."""
    return hmac.new(app.secret.encode(), app.key.encode() + body, hashlib.sha256).hexdigest()


def admit(app: App, tokens: Tokens, call: Call) -> None:
    """Let a call in, and note on it the seller it is for. Refused otherwise."""
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
    """The code is not verified."""
    return Refusal("IllegalTimestamp", "The specified timestamp is invalid or expired", kind="ISV")
