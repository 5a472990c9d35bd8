"""Webhooks -> notices. A webhook is about the things whose ids it carries.

The platform itself advises not to rely on the number of its type alone, and several notes number the types differently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from integrations.connectors.tiktok_shop.mapping import fields
from integrations.contract.webhooks import Notice, Unreadable
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.deliveries import content_id

AUTHORISATION = frozenset({6, 7})
# chat between people: an order's id in it is no change of the order
_CHAT = frozenset({13, 14})
# the id that a message carries -> our kind; the first one that is there counts
_ABOUT = {"return_id": "return", "order_id": "order", "product_id": "listing"}
# fields of a notice that are kept for people to read in the inbox; the current state is fetched
_KEPT = (
    "order_status is_on_hold_order update_time sc_type role_type cancellations_role cancel_status cancel_id return_role"
    " return_type return_status return_id order_id status suspended_reason changed_fields product_type message"
    " expiration_time create_time"
).split()  # fmt: skip


def notices(envelope: Row, content: bytes) -> Iterator[Notice]:
    """Yield the notices of a webhook. Raises Unreadable.

    `content`: the webhook as bytes. Its digest identifies a message without an id of its own.
    """
    kind, facts = _type(envelope), answers.part(envelope, "data")
    delivery_id, shop = fields.text(envelope, "tts_notification_id"), fields.text(envelope, "shop_id") or None
    body = _body(kind, envelope, facts)
    if kind in AUTHORISATION:
        if shop is None:
            raise Unreadable("a message about consent names no shop")
        yield Notice("authorisation", shop, shop, delivery_id=delivery_id, body=body)
        return
    about = [] if kind in _CHAT else list(_about(facts))
    for place, (ours, thing) in enumerate(about):
        numbered = f"{delivery_id}:{place}" if delivery_id and len(about) > 1 else delivery_id
        yield Notice(ours, thing, shop, _version(facts), numbered, body)
    if not about:
        # messages are not merged: each is kept
        yield Notice(
            "message", f"{kind}:{delivery_id or content_id(content)}", shop, delivery_id=delivery_id, body=body
        )


def _about(facts: Row) -> Iterator[tuple[str, str]]:
    """Yield (our kind, id) of each thing it is about; of packages, their orders."""
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
    return fields.or_none(fields.moment, facts, "update_time")


def _body(kind: int, envelope: Row, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return type and time, and of its data what people may read."""
    kept = {name: facts[name] for name in _KEPT if facts.get(name) is not None}
    found: dict[str, Any] = answers.plain({"type": kind, "timestamp": envelope.get("timestamp")} | kept)
    return found
