"""TikiNOW's webhooks about parcels. The marketplace itself sends none: its changes wait in the queue."""

from __future__ import annotations

from collections.abc import Iterator

from integrations.connectors.tiki import signing
from integrations.connectors.tiki.mapping import fields
from integrations.contract.access import AppAccess
from integrations.contract.webhooks import Delivery, Notice, Reply, Webhooks
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.deliveries import SignedDeliveries, from_credentials, in_header


def _sign(key: bytes, app: AppAccess, delivery: Delivery) -> str:
    return signing.webhook_signature(key.decode(), delivery.body)


def _read(app: AppAccess, delivery: Delivery, message: Row) -> Iterator[Notice]:
    """Yield the order of a signed webhook, whose snapshot carries the parcel's state. Raises ValueError without one.

    It names no shop: it belongs to the app's only one, or to none.
    """
    data = answers.part(message, "data")
    yield Notice("order", fields.first_id(data, "order_code"), body=answers.plain(data))


WEBHOOKS = Webhooks(
    open=SignedDeliveries(
        signature=in_header(signing.HEADER), keys=from_credentials("webhook_secret"), sign=_sign, read=_read
    ),
    acknowledgement=Reply(200, b'{"success":true}', "application/json"),
    refusals={"": Reply(401), "too_large": Reply(413), "unknown_app": Reply(404)},
)
