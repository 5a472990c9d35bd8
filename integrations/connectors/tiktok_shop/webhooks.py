"""Webhooks: they say what changed, never what is true. What one is about is told by the ids it carries.

The platform itself advises not to rely on the number alone, and several notes number the types differently.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from integrations.connectors.base import AppAccess, Delivery, Notice, Refused, Unreadable
from integrations.connectors.tiktok_shop import signing
from integrations.connectors.tiktok_shop.calls import Api
from integrations.connectors.tiktok_shop.mapping import fields
from integrations.wire import answers, lossless
from integrations.wire.answers import Row

AUTHORISATION = frozenset({6, 7})
# of people who write to each other: an order's id in it is no change of the order
_TALK = frozenset({13, 14})
# the id a message carries -> our kind; the first one that is there counts
_ABOUT = {"return_id": "return", "order_id": "order", "product_id": "listing"}
# what people may read of one in the inbox; the truth is fetched
_KEPT = (
    "order_status is_on_hold_order update_time sc_type role_type cancellations_role cancel_status cancel_id return_role"
    " return_type return_status return_id order_id status suspended_reason changed_fields product_type message"
    " expiration_time create_time"
).split()  # fmt: skip
# the events a shop's webhooks are switched on for
EVENTS = (
    "ORDER_STATUS_CHANGE", "RECIPIENT_ADDRESS_UPDATE", "PACKAGE_UPDATE", "CANCELLATION_STATUS_CHANGE", "RETURN_STATUS_CHANGE",
    "PRODUCT_STATUS_CHANGE", "PRODUCT_INFORMATION_CHANGE", "PRODUCT_CREATION", "SELLER_DEAUTHORIZATION",
    "UPCOMING_AUTHORIZATION_EXPIRATION",
)  # fmt: skip
_HOOKS = "/event/202309/webhooks"


def open_delivery(app: AppAccess, delivery: Delivery) -> list[Notice]:
    """Notices of a signed webhook. Raises Refused or Unreadable. An old one counts: it comes again for hours."""
    header = delivery.headers.get(signing.HEADER, "").strip()
    if not header:
        raise Refused("missing_signature")
    key, secret = app.credentials.get("app_key", ""), app.credentials.get("app_secret", "")
    if not signing.is_webhook_signed(header, secret, key, delivery.body):
        raise Refused("bad_signature")
    try:
        body = lossless.parse(delivery.body)
    except ValueError as error:
        raise Unreadable(f"no JSON: {error}") from None
    if not isinstance(body, dict):
        raise Unreadable("no JSON object")
    return list(_notices(body, hashlib.sha256(delivery.body).hexdigest()[:32]))


def register(api: Api, url: str) -> None:
    """Have this shop's events sent to `url`; what is set so already is left alone. May be repeated."""
    rows = answers.rows(api.get(_HOOKS), "webhooks")
    known = {fields.text(row, "event_type"): fields.text(row, "address") for row in rows}
    for event in EVENTS:
        if known.get(event) != url:
            api.write(_HOOKS, {"address": url, "event_type": event}, method="PUT", again=True)


def _notices(envelope: Row, digest: str) -> Iterator[Notice]:
    kind, facts = _type(envelope), answers.part(envelope, "data")
    delivery_id, shop = fields.text(envelope, "tts_notification_id"), fields.text(envelope, "shop_id") or None
    body = _body(kind, envelope, facts)
    if kind in AUTHORISATION:
        if shop is None:
            raise Unreadable("a message about consent names no shop")
        yield Notice("authorisation", shop, shop, delivery_id=delivery_id, body=body)
        return
    about = [] if kind in _TALK else list(_about(facts))
    for place, (ours, thing) in enumerate(about):
        numbered = f"{delivery_id}:{place}" if delivery_id and len(about) > 1 else delivery_id
        yield Notice(ours, thing, shop, _version(facts), numbered, body)
    if not about:
        # messages are not united: each is told
        yield Notice("message", f"{kind}:{delivery_id or digest}", shop, delivery_id=delivery_id, body=body)


def _about(facts: Row) -> Iterator[tuple[str, str]]:
    """(our kind, id) of each thing it is about. Packages are told through their orders."""
    orders = dict.fromkeys(
        order for package in answers.rows(facts, "package_list") for order in fields.words(package, "order_id_list")
    )
    if orders:
        yield from (("order", order) for order in orders)
        return
    for name, kind in _ABOUT.items():
        thing = fields.text(facts, name)
        if thing not in {"", "0"}:
            yield kind, thing
            return


def _type(envelope: Row) -> int:
    try:
        kind = fields.count(envelope, "type")
    except ValueError as error:
        raise Unreadable(str(error)) from None
    if not kind:
        raise Unreadable("no type")
    return kind


def _version(facts: Row) -> datetime | None:
    try:
        return fields.moment(facts, "update_time")
    except ValueError:
        return None


def _body(kind: int, envelope: Row, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Type and time, and of its data what people may read."""
    told = {name: facts[name] for name in _KEPT if facts.get(name) is not None}
    found: dict[str, Any] = answers.plain({"type": kind, "timestamp": envelope.get("timestamp")} | told)
    return found
