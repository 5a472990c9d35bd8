"""Webhooks of Sendo, which are not signed: each is a hint to ask, and nothing in it is believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.connectors.sendo.mapping import fields
from integrations.contract.access import AppAccess
from integrations.contract.webhooks import Delivery, Notice, Reply, Unreadable, Webhooks
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.deliveries import SignedDeliveries, content_id, from_credentials, json_object

_ORDER, _PRODUCT = "SALESORDER.", "PRODUCT"
# readable in the inbox: no names, no phones, no shop_key
_KEPT = "order_status can_action payment_status cancel_by reason_cancel_code cancel_reason".split()


def _shown_key(delivery: Delivery) -> str:
    """Return the key that a delivery shows; "" for anything but a JSON object, which is refused as one without the key is."""
    try:
        return fields.text(json_object(delivery), "shop_key")
    except Unreadable:
        return ""


def _shop_key(key: bytes, app: AppAccess, delivery: Delivery) -> str:
    """Return the key itself: it stands in for a signature."""
    return key.decode()


def _read(app: AppAccess, delivery: Delivery, message: Row) -> Iterator[Notice]:
    """Yield the one notice of a delivery.

    The key is half of the login, so a body that shows it is never kept: a malformed one is noticed without it.
    """
    kind, data = fields.text(message, "type"), answers.part(message, "data")
    # no shop: store_id is left out of some messages, and the keys belong to one shop
    if kind.startswith(_ORDER) and (number := _number(data)):
        yield Notice("order", number[:120], body=_kept(kind, data))
    elif kind.startswith(_PRODUCT) and (item := _product(data)):
        yield Notice("listing", item[:120], body=_kept(kind, data))
    else:
        digest = content_id(delivery.body)
        unknown = "message" if kind and not kind.startswith((_ORDER, _PRODUCT)) else "unreadable"
        reason = {"reason": "names nothing we know"}
        yield Notice(unknown, digest, delivery_id=digest, body=_kept(kind, data) | reason)


def _number(data: Row) -> str:
    return fields.text(data, "order_number") or fields.text(answers.part(data, "data"), "order_number")


def _product(data: Row) -> str:
    found = next(filter(None, (fields.text(data, key) for key in ("product_id", "id"))), "")
    return found if found.isdecimal() and found != "0" else ""


def _kept(kind: str, data: Row) -> dict[str, Any]:
    inner: Mapping[str, Any] = data | dict(answers.part(data, "data")) if isinstance(data, dict) else {}
    kept = {name: answers.plain(inner[name]) for name in _KEPT if isinstance(inner.get(name), str | int | bool)}
    action = fields.text(data, "order_action")
    return {"type": kind[:60]} | ({"order_action": action[:60]} if action else {}) | kept


WEBHOOKS = Webhooks(
    open=SignedDeliveries(signature=_shown_key, keys=from_credentials("shop_key"), sign=_shop_key, read=_read),
    is_signed=False,
    shows_key=True,
    # how a refusal affects the address at Sendo is not known, and polling finds whatever is dropped
    refusals={"": Reply(200)},
)
