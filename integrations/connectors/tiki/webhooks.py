"""TikiNOW's webhooks about parcels. The marketplace itself sends none: its changes wait in the queue."""

from __future__ import annotations

from integrations.connectors.base import AppAccess, Delivery, Notice, Refused, Unreadable
from integrations.connectors.tiki import signing
from integrations.connectors.tiki.mapping import fields
from integrations.wire import answers, lossless


def open_delivery(app: AppAccess, delivery: Delivery) -> list[Notice]:
    """The order of a signed webhook: what became of its parcel, the order tells. Raises Refused or Unreadable.

    It names no shop: it belongs to the app's only one, or to none.
    """
    header = delivery.headers.get(signing.HEADER, "").strip()
    if not header:
        raise Refused("missing_signature")
    if not signing.is_signed(header, app.credentials.get("webhook_secret", ""), delivery.body):
        raise Refused("bad_signature")
    try:
        body = lossless.parse(delivery.body)
    except ValueError as error:
        raise Unreadable(f"no JSON: {error}") from None
    data = answers.part(body, "data")
    try:
        return [Notice("order", fields.identity(data, "order_code"), body=answers.plain(data))]
    except ValueError as error:
        raise Unreadable(str(error)) from None
