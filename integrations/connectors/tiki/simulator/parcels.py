"""TikiNOW, the carrier: another product, whose webhooks do exist and are signed with HMAC-SHA1."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from integrations.connectors.tiki.simulator import facts
from integrations.connectors.tiki.simulator.book import Order
from integrations.connectors.tiki.simulator.platform import Platform
from integrations.connectors.tiki.simulator.wire import JSON, VIETNAM, encode
from integrations.simulator.side import Delivery


def tell(platform: Platform, order: Order, main_state: str, substate: str) -> None:
    """A parcel's state. That its `order_code` is the marketplace order's is inferred. No retry is documented."""
    url = platform.kept.webhook_url
    if not url:
        return
    date = datetime.fromtimestamp(platform.now, VIETNAM).isoformat(timespec="seconds")
    data = {"date": date, "ref_code": f"EXT{order.code}", "order_code": order.code, "main_state": main_state}
    body = encode({"data": data | ({"main_substate": substate} if substate else {})})
    platform.kept.sent += 1
    headers = JSON | {"x-signature": signature(platform.app.webhook_secret, body)}
    platform.ground.send(
        Delivery(f"parcel-{platform.kept.sent}", url, headers, body, facts.WEBHOOK_TIMEOUT, orders=(order.code,))
    )


def signature(secret: str, body: bytes) -> str:
    """The header's whole value."""
    return f"sha1={hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()}"
