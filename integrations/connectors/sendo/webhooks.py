"""What Sendo tells by itself. Nobody signs it: it is a hint to ask, and nothing in it is taken for true."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from integrations.connectors.base import AppAccess, Delivery, Notice, Refused
from integrations.connectors.sendo.mapping import fields
from integrations.connectors.sendo.signing import is_shop_key
from integrations.wire import answers, lossless
from integrations.wire.answers import Row

_ORDER, _PRODUCT = "SALESORDER.", "PRODUCT"
# what people may read in the inbox: no names, no phones, no shop_key
_KEPT = "order_status can_action payment_status cancel_by reason_cancel_code cancel_reason".split()


def open_delivery(app: AppAccess, delivery: Delivery) -> list[Notice]:
    """The one thing that a delivery concerns. Raises Refused without the shop's key.

    The key is half of the login, so a body that shows it is never kept: what makes no sense is told without it.
    """
    body = _parsed(delivery.body)
    sent = fields.text(body, "shop_key")
    if not sent:
        raise Refused("missing_signature")
    if not is_shop_key(sent, app.credentials.get("shop_key", "")):
        raise Refused("bad_signature")
    kind, data = fields.text(body, "type"), answers.part(body, "data")
    # no shop: store_id is left out of some messages, and the keys belong to one shop
    if kind.startswith(_ORDER) and (number := _number(data)):
        return [Notice("order", number[:120], body=_told(kind, data))]
    if kind.startswith(_PRODUCT) and (item := _product(data)):
        return [Notice("listing", item[:120], body=_told(kind, data))]
    digest = hashlib.sha256(delivery.body).hexdigest()[:32]
    unknown = "message" if kind and not kind.startswith((_ORDER, _PRODUCT)) else "unreadable"
    return [Notice(unknown, digest, delivery_id=digest, body=_told(kind, data) | {"reason": "names nothing we know"})]


def _parsed(content: bytes) -> Row:
    """Without the key in it nothing is believed, so what is no JSON object is refused like it."""
    try:
        found = lossless.parse(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _number(data: Row) -> str:
    return fields.text(data, "order_number") or fields.text(answers.part(data, "data"), "order_number")


def _product(data: Row) -> str:
    found = next(filter(None, (fields.text(data, key) for key in ("product_id", "id"))), "")
    return found if found.isdecimal() and found != "0" else ""


def _told(kind: str, data: Row) -> dict[str, Any]:
    inner: Mapping[str, Any] = data | dict(answers.part(data, "data")) if isinstance(data, dict) else {}
    kept = {name: answers.plain(inner[name]) for name in _KEPT if isinstance(inner.get(name), str | int | bool)}
    action = fields.text(data, "order_action")
    return {"type": kind[:60]} | ({"order_action": action[:60]} if action else {}) | kept
