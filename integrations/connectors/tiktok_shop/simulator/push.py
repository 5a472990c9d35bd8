"""Webhooks: envelopes, addresses, signatures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from integrations.connectors.tiktok_shop.simulator import facts
from integrations.connectors.tiktok_shop.simulator.gate import App, digest
from integrations.connectors.tiktok_shop.simulator.wire import encode

Data = dict[str, Any]


@dataclass(frozen=True)
class Push:
    """Message in flight; duplicates and retries carry the same bytes."""

    id: str
    type: int
    shop: str
    body: bytes
    orders: tuple[str, ...] = ()


@dataclass
class Hooks:
    """Webhook addresses of an app: one in Partner Center, and per shop and event by API, which wins [inf]."""

    app: App
    address: str = ""
    # (shop, event type) -> (address, created, updated)
    own: dict[tuple[str, str], tuple[str, int, int]] = field(default_factory=dict)
    retrying: dict[str, Push] = field(default_factory=dict)
    count: int = 0

    def address_of(self, shop: str, kind: int) -> str:
        """Return the address of a message; "" for none."""
        found = self.own.get((shop, facts.EVENT_OF.get(kind, "")))
        return found[0] if found else self.address

    def headers(self, body: bytes) -> dict[str, str]:
        """Return the headers of a delivery: the signature is over the app's key and the raw body."""
        signed = digest(self.app.app_secret, self.app.app_key.encode() + body)
        return {"Content-Type": "application/json", "Authorization": signed}


def message(number: str, kind: int, shop: str, now: int, data: Data, orders: tuple[str, ...] = ()) -> Push:
    """Return a message in its envelope."""
    notification = str(7_000_000_000_000_000_000 + int(number[:15], 16) % 10**18)
    envelope = {"type": kind, "tts_notification_id": notification, "shop_id": shop, "timestamp": now, "data": data}
    return Push(notification, kind, shop, encode(envelope), orders)
