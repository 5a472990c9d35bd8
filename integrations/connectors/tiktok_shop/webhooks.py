"""Webhooks of TikTok Shop: how they are signed and switched on, and the replies."""

from __future__ import annotations

from collections.abc import Iterator

from integrations.connectors.tiktok_shop import signing
from integrations.connectors.tiktok_shop.client import shop_client
from integrations.connectors.tiktok_shop.mapping import fields
from integrations.connectors.tiktok_shop.mapping.notices import notices
from integrations.contract.access import Access, AppAccess
from integrations.contract.webhooks import Delivery, Notice, Reply, Webhooks
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.deliveries import SignedDeliveries, from_credentials, in_header

# the events that a shop's webhooks are switched on for
EVENTS = (
    "ORDER_STATUS_CHANGE", "RECIPIENT_ADDRESS_UPDATE", "PACKAGE_UPDATE", "CANCELLATION_STATUS_CHANGE", "RETURN_STATUS_CHANGE",
    "PRODUCT_STATUS_CHANGE", "PRODUCT_INFORMATION_CHANGE", "PRODUCT_CREATION", "SELLER_DEAUTHORIZATION",
    "UPCOMING_AUTHORIZATION_EXPIRATION",
)  # fmt: skip
_WEBHOOKS = "/event/202309/webhooks"


def _sign(key: bytes, app: AppAccess, delivery: Delivery) -> str:
    return signing.webhook_signature(key.decode(), app.credentials.get("app_key", ""), delivery.body)


def _read(app: AppAccess, delivery: Delivery, message: Row) -> Iterator[Notice]:
    """Yield the notices of a signed webhook. Raises Unreadable. An old one counts: it comes again for hours."""
    return notices(message, delivery.body)


def register(access: Access, url: str) -> None:
    """Have this shop's events sent to `url`; those that are already are left alone. May be repeated.

    TikTok Shop takes HTTPS with a domain name and no port of its own.
    """
    client = shop_client(access)
    rows = answers.rows(client.get(_WEBHOOKS), "webhooks")
    registered = {fields.text(row, "event_type"): fields.text(row, "address") for row in rows}
    for event in EVENTS:
        if registered.get(event) != url:
            client.write(_WEBHOOKS, {"address": url, "event_type": event}, method="PUT", repeatable=True)


# 200 with an empty body within three seconds; what we refuse comes again four times within fifteen hours
WEBHOOKS = Webhooks(
    open=SignedDeliveries(
        signature=in_header(signing.HEADER), keys=from_credentials("app_secret"), sign=_sign, read=_read
    ),
    acknowledgement=Reply(200),
    refusals={"": Reply(401), "too_large": Reply(413), "unknown_app": Reply(404)},
    register=register,
)
