"""Webhooks ("pushes"): hints that something changed. One per order line; those of one order become one event."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from integrations.connectors.lazada import signing
from integrations.connectors.lazada.mapping import fields
from integrations.contract.access import AppAccess
from integrations.contract.webhooks import Delivery, Notice, Reply, Unreadable, Webhooks
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.deliveries import SignedDeliveries, content_id, in_header

ORDER_LINE, PRODUCT_QC, TOKEN, REVERSE, PACKAGE = 0, 1, 8, 10, 14
# message_type -> our kind; every other one, known or not, is a message for people
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
# a wish to cancel makes no return: it is a change of the order
_CANCELS = "CANCEL"
_ORDER_IDS = ("trade_order_id",)
_ITEM_IDS = ("item_id", "itemId")
# kept of the data for people; the rest may hold buyers
_KEPT = (
    "order_status", "reverse_status", "status", "action", "trade_order_line_id", "reverse_order_id", "fulfillment_package_id",
    "status_update_time", "auth_expiry_time",
)  # fmt: skip


def _keys(app: AppAccess) -> list[bytes]:
    """Return the app's secret; none without its key, which is signed along."""
    return [app.credentials.get("app_secret", "").encode()] if app.credentials.get("app_key") else []


def _sign(key: bytes, app: AppAccess, delivery: Delivery) -> str:
    return signing.push_signature(app.credentials["app_key"], key.decode(), delivery.body)


def _read(app: AppAccess, delivery: Delivery, message: Row) -> Iterator[Notice]:
    """Yield the notices of a signed push. Raises Unreadable. An old one counts: Lazada repeats it for hours."""
    return _notices(message, delivery.body)


def _notices(envelope: Row, raw: bytes) -> Iterator[Notice]:
    code, facts = _code(envelope), answers.part(envelope, "data") or envelope
    shop = (
        fields.text(envelope, "seller_id") or fields.text(facts, "seller_id") or fields.text(facts, "sellerId") or None
    )
    kind = KINDS.get(code, "message")
    if kind == "message":
        digest = content_id(raw)
        yield Notice(kind, f"{code}:{digest}", shop, delivery_id=digest, body=_body(code, envelope, facts, whole=True))
        return
    body = _body(code, envelope, facts)
    if kind == "authorisation":
        if shop is None:
            raise Unreadable("a push about consent names no seller")
        yield Notice(kind, shop, shop, body=body)
        return
    if kind == "return":
        yield Notice("order", fields.first_id(facts, *_ORDER_IDS), shop, body=body)
        if not fields.text(facts, "reverse_status").startswith(_CANCELS):
            yield Notice(kind, fields.first_id(facts, "reverse_order_id"), shop, _version(facts), body=body)
        return
    ids = _ORDER_IDS if kind == "order" else _ITEM_IDS
    yield Notice(kind, fields.first_id(facts, *ids), shop, _version(facts) if code == ORDER_LINE else None, body=body)


def _code(envelope: Row) -> int:
    """Return the type of the push. Promotion messages come without an envelope: they are messages all the same."""
    if envelope.get("message_type") is None and fields.text(envelope, "promotionId"):
        return 11
    if not fields.text(envelope, "message_type"):
        raise Unreadable("no message type")
    return fields.count(envelope, "message_type")


def _version(facts: Row) -> datetime | None:
    return fields.or_none(fields.moment, facts, "status_update_time")


def _body(code: int, envelope: Row, facts: Row, *, whole: bool = False) -> dict[str, Any]:
    """Return type and time, and of the data what people may read; of a message all of it, since there is nothing to fetch."""
    names = list(facts) if whole else [name for name in _KEPT if facts.get(name) is not None]
    kept = {name: facts[name] for name in names}
    found: dict[str, Any] = answers.plain({"message_type": code, "timestamp": envelope.get("timestamp")} | kept)
    return found


WEBHOOKS = Webhooks(
    open=SignedDeliveries(signature=in_header(signing.HEADER), keys=_keys, sign=_sign, read=_read),
    # 200 within half a second; a refused delivery comes again every half hour, twelve times
    acknowledgement=Reply(200),
    refusals={"": Reply(401), "too_large": Reply(413), "unknown_app": Reply(404)},
)
