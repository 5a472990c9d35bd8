"""Pushes and lost pushes -> notices. A push says what changed; the current state is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from integrations.connectors.shopee.mapping import fields
from integrations.contract.webhooks import Notice, Unreadable
from integrations.wire import answers, lossless
from integrations.wire.answers import Row
from integrations.wire.deliveries import content_id

PROBE = 0
ORDER_STATUS = 3
RESERVED_STOCK = 8
# code -> our kind; all others, unknown ones too, are messages for people
KINDS: Mapping[int, str] = {
    1: "authorisation",  # a shop agreed
    2: "authorisation",  # a shop took it back
    3: "order",  # status
    4: "order",  # tracking number
    8: "listing",  # reserved stock; one that names an order is that order's
    12: "authorisation",  # consents that end soon
    15: "order",  # shipping document
    16: "listing",  # violation
    22: "listing",  # price
    29: "return",
    30: "order",  # parcel's fulfilment status
    47: "order",  # parcel changed
}
# the two spellings of an order's number
_ORDER_KEYS = ("ordersn", "order_sn")
_KEYS = {"order": _ORDER_KEYS, "listing": ("item_id",), "return": ("return_sn",)}
# accounts whose consent ends soon -> prefix of the account in our external id
_EXPIRING = {"shop_expire_soon": "", "merchant_expire_soon": "merchant:", "user_expire_soon": "user:"}
# fields of a push that are kept for people to read in the inbox
_KEPT = (
    "status completed_scenario update_time package_number forder_id tracking_no fulfillment_status action item_id"
    " variation_id model_id changed_values update_field old_value new_value return_sn updated_values changed_fields"
    " success extra authorize_type item_status deboost expire_before"
).split()  # fmt: skip


def notices(envelope: Row, content: bytes) -> Iterator[Notice]:
    """Yield the notices of a push; the console's probe has none. Raises Unreadable.

    `content`: the push as bytes. Its digest identifies a message without an id of its own.
    """
    code, data = _code(envelope), _parsed(envelope.get("data"))
    if code == PROBE:
        return
    facts: Row = data if isinstance(data, Mapping) else {"data": data}
    delivery_id, shop = fields.text(envelope, "msg_id"), _shop(envelope) or _shop(facts)
    kind = KINDS.get(code, "message")
    if code == RESERVED_STOCK and any(fields.text(facts, key) for key in _ORDER_KEYS):
        # one read of orders tells what two reads per item would, and a lost status push is made good
        kind = "order"
    body = _body(kind, envelope, facts)
    if kind == "message":
        # messages are not merged: each is kept
        yield Notice(kind, f"{code}:{delivery_id or content_id(content)}", shop, delivery_id=delivery_id, body=body)
    elif kind == "authorisation":
        for number, (account, of_shop) in enumerate(_accounts(facts, shop)):
            numbered = f"{delivery_id}:{number}" if delivery_id else ""
            yield Notice(kind, account, of_shop, delivery_id=numbered, body=body)
    else:
        external_id, version = _external_id(facts, _KEYS[kind]), _version(facts) if code == ORDER_STATUS else None
        yield Notice(kind, external_id, shop, version, delivery_id, body)


def lost_notices(row: Row) -> list[Notice]:
    """Return the notices of a lost push. A malformed one is a notice of kind `unreadable`: the queue must move on."""
    content = lossless.encode(answers.plain(row))
    try:
        return list(notices(_lost_envelope(row), content))
    except Unreadable as error:
        digest, body = content_id(content), {"reason": error.reason, "message": answers.plain(row)}
        return [Notice("unreadable", digest, _shop(row), delivery_id=digest, body=body)]


def _lost_envelope(row: Row) -> Row:
    """Return a lost push as it was sent. Its `data` is text or an object, and either the data or the whole push once more."""
    data = _parsed(row.get("data"))
    if isinstance(data, Mapping) and "data" in data and "code" in data:
        return data
    return {**row, "data": data}


def _parsed(data: Any) -> Any:
    """Return `data` parsed where it is JSON written as text."""
    if not isinstance(data, str):
        return data
    try:
        return lossless.parse(data)
    except ValueError:
        return data


def _code(envelope: Row) -> int:
    """Return the number of the push; push 28 writes every number as text."""
    if not fields.text(envelope, "code"):
        raise Unreadable("no push code")
    try:
        return fields.count(envelope, "code")
    except ValueError as error:
        raise Unreadable(str(error)) from None


def _shop(row: Row) -> str | None:
    return fields.text(row, "shop_id") or None


def _accounts(facts: Row, shop: str | None) -> Iterator[tuple[str, str | None]]:
    """Yield (account, its shop) for each account that a push about consents names."""
    named = [(prefix, account) for key, prefix in _EXPIRING.items() for account in fields.words(facts, key)]
    for prefix, account in named:
        yield f"{prefix}{account}", None if prefix else account
    if not named:
        if shop is None and not fields.text(facts, "main_account_id"):
            raise Unreadable("a push about consent names no account")
        yield shop or f"main:{fields.text(facts, 'main_account_id')}", shop


def _external_id(facts: Row, keys: tuple[str, ...]) -> str:
    try:
        return fields.first_id(facts, *keys)
    except ValueError as error:
        raise Unreadable(str(error)) from None


def _version(facts: Row) -> datetime | None:
    return fields.or_none(fields.moment, facts, "update_time")


def _body(kind: str, envelope: Row, facts: Row) -> dict[str, Any]:
    """Return code and time of the push, and of its data what people may read: of a message all, for nothing can be fetched."""
    names = list(facts) if kind == "message" else [name for name in _KEPT if facts.get(name) is not None]
    kept = {name: facts[name] for name in names}
    found: dict[str, Any] = answers.plain({"code": envelope.get("code"), "timestamp": envelope.get("timestamp")} | kept)
    return found
