"""Notices of parcels: signed, each a hint that a parcel has moved."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

from integrations.contract.access import AppAccess
from integrations.contract.webhooks import Delivery, Notice, Reply, Webhooks
from integrations.wire import fields
from integrations.wire.answers import Row
from integrations.wire.deliveries import SignedDeliveries, from_credentials, in_header


def sign(key: bytes, app: AppAccess, delivery: Delivery) -> str:
    """Sign the body."""
    return hmac.new(key, delivery.body, hashlib.sha256).hexdigest()


def read(app: AppAccess, delivery: Delivery, message: Row) -> Iterator[Notice]:
    """Yield the parcel that moved."""
    yield Notice("parcel", fields.text(message, "number"), version=fields.moment(message, "moved_at"), body=message)


WEBHOOKS = Webhooks(
    open=SignedDeliveries(
        signature=in_header("x-signature"), keys=from_credentials("webhook_secret"), sign=sign, read=read
    ),
    acknowledgement=Reply(body=b'{"ok":true}', content_type="application/json"),
)
