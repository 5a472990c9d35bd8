"""Parcel webhooks of TikiNOW, the carrier: a product of its own, signed with HMAC-SHA1."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from integrations.connectors.tiki.simulator import facts
from integrations.connectors.tiki.simulator.backend import Backend
from integrations.connectors.tiki.simulator.book import Order
from integrations.connectors.tiki.simulator.wire import JSON, VIETNAM, encode
from integrations.simulator.simulated_platform import Delivery


def notify(backend: Backend, order: Order, main_state: str, substate: str) -> None:
    """Post a parcel's state. That its `order_code` is the marketplace order's is inferred. No retry is documented."""
    url = backend.state.webhook_url
    if not url:
        return
    date = datetime.fromtimestamp(backend.now, VIETNAM).isoformat(timespec="seconds")
    data = {"date": date, "ref_code": f"EXT{order.code}", "order_code": order.code, "main_state": main_state}
    body = encode({"data": data | ({"main_substate": substate} if substate else {})})
    backend.state.sent += 1
    headers = JSON | {"x-signature": signature(backend.app.webhook_secret, body)}
    backend.context.send(
        Delivery(f"parcel-{backend.state.sent}", url, headers, body, facts.WEBHOOK_TIMEOUT, orders=(order.code,))
    )


def signature(secret: str, body: bytes) -> str:
    """Return the value of the signature header."""
    return f"sha1={hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()}"
