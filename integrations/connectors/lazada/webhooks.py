"""Pushes: they say what changed, never what is true. One per order line; those of one order become one event."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from integrations.connectors.base import AppAccess, Delivery, Notice, Refused, Unreadable
from integrations.connectors.lazada import signing
from integrations.connectors.lazada.mapping import fields
from integrations.wire import answers, lossless
from integrations.wire.answers import Row

ORDER_LINE, PRODUCT_QC, TOKEN, REVERSE, PACKAGE = 0, 1, 8, 10, 14
# message_type -> our kind; every other one, and one we have never heard of, is a message for people
KINDS = {
    ORDER_LINE: "order",
    PRODUCT_QC: "listing",
    3: "listing",
    4: "listing",
    5: "listing",
    TOKEN: "authorisation",
    REVERSE: "return",
    PACKAGE: "order",
}
# a wish to cancel makes no return: it is the order's news
_CANCELS = "CANCEL"
_ORDER_IDS = ("trade_order_id",)
_ITEM_IDS = ("item_id", "itemId")
# kept of the data for people; the rest may hold buyers
_KEPT = (
    "order_status", "reverse_status", "status", "action", "trade_order_line_id", "reverse_order_id", "fulfillment_package_id",
    "status_update_time", "auth_expiry_time",
)  # fmt: skip


def open_delivery(app: AppAccess, delivery: Delivery) -> list[Notice]:
    """The notices of a push. Raises Refused when it must not be believed, Unreadable when it is signed and senseless."""
    header = delivery.headers.get(signing.HEADER, "")
    if not header:
        raise Refused("missing_signature")
    key, secret = app.credentials.get("app_key", ""), app.credentials.get("app_secret", "")
    if not signing.is_push_signed(header, key, secret, delivery.body):
        raise Refused("bad_signature")
    try:
        envelope = lossless.parse(delivery.body)
    except ValueError as error:
        raise Unreadable(f"no JSON: {error}") from None
    if not isinstance(envelope, Mapping):
        raise Unreadable("not an object")
    return list(_notices(envelope, delivery.body))


def _notices(envelope: Row, raw: bytes) -> Iterator[Notice]:
    code, facts = _code(envelope), answers.part(envelope, "data") or envelope
    shop = (
        fields.text(envelope, "seller_id") or fields.text(facts, "seller_id") or fields.text(facts, "sellerId") or None
    )
    kind = KINDS.get(code, "message")
    if kind == "message":
        digest = hashlib.sha256(raw).hexdigest()[:32]
        yield Notice(kind, f"{code}:{digest}", shop, delivery_id=digest, body=_body(code, envelope, facts, whole=True))
        return
    body = _body(code, envelope, facts)
    if kind == "authorisation":
        if shop is None:
            raise Unreadable("a push about consent names no seller")
        yield Notice(kind, shop, shop, body=body)
        return
    if kind == "return":
        yield Notice("order", _identity(facts, _ORDER_IDS), shop, body=body)
        if not fields.text(facts, "reverse_status").startswith(_CANCELS):
            yield Notice(kind, _identity(facts, ("reverse_order_id",)), shop, _version(facts), body=body)
        return
    ids = _ORDER_IDS if kind == "order" else _ITEM_IDS
    yield Notice(kind, _identity(facts, ids), shop, _version(facts) if code == ORDER_LINE else None, body=body)


def _code(envelope: Row) -> int:
    """The type of the push. Promotion messages come without an envelope: they are messages all the same."""
    if envelope.get("message_type") is None and fields.text(envelope, "promotionId"):
        return 11
    if not fields.text(envelope, "message_type"):
        raise Unreadable("no message type")
    try:
        return fields.count(envelope, "message_type")
    except ValueError as error:
        raise Unreadable(str(error)) from None


def _identity(facts: Row, names: tuple[str, ...]) -> str:
    try:
        return fields.identity(facts, *names)
    except ValueError as error:
        raise Unreadable(str(error)) from None


def _version(facts: Row) -> datetime | None:
    try:
        return fields.epoch(facts, "status_update_time")
    except ValueError:
        return None


def _body(code: int, envelope: Row, facts: Row, *, whole: bool = False) -> dict[str, Any]:
    """Type and time, and of the data what people may read; of a message all of it, for it has no truth to fetch."""
    names = list(facts) if whole else [name for name in _KEPT if facts.get(name) is not None]
    told = {name: facts[name] for name in names}
    found: dict[str, Any] = answers.plain({"message_type": code, "timestamp": envelope.get("timestamp")} | told)
    return found
