"""Pushes, and the lost ones among them: they say what changed, never what is true."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from integrations.connectors.base import AppAccess, Delivery, Notice, Pulled, Refused, Unreadable
from integrations.connectors.shopee import signing
from integrations.connectors.shopee.mapping import fields
from integrations.wire import answers, lossless
from integrations.wire.answers import Row

PROBE = 0
ORDER_STATUS = 3
RESERVED_STOCK = 8
# code -> our kind; every other one, and one we have never heard of, is a message for people
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
# who may lose a consent soon -> how the account is named in our external id
_EXPIRING = {"shop_expire_soon": "", "merchant_expire_soon": "merchant:", "user_expire_soon": "user:"}
# what people may read of a push in the inbox; the truth is fetched
_KEPT = (
    "status completed_scenario update_time package_number forder_id tracking_no fulfillment_status action item_id"
    " variation_id model_id changed_values update_field old_value new_value return_sn updated_values changed_fields"
    " success extra authorize_type item_status deboost expire_before"
).split()  # fmt: skip
_KEY_ORDERS = {"push": ("push_partner_key",), "partner": ("partner_key",)}
_BOTH = ("push_partner_key", "partner_key")


def open_delivery(app: AppAccess, delivery: Delivery) -> list[Notice]:
    """Notices of a signed push; the console's probe has none. Raises Refused or Unreadable.

    An old timestamp is no reason to refuse: a push comes again for hours, signed once. A replayed one has the same id.
    """
    header = delivery.headers.get(signing.HEADER, "").strip()
    if not header:
        raise Refused("missing_signature")
    if not signing.is_push_signed(header, _keys(app), app.callback_url, delivery.body):
        raise Refused("bad_signature")
    try:
        body = lossless.parse(delivery.body)
    except ValueError as error:
        raise Unreadable(f"no JSON: {error}") from None
    if not isinstance(body, dict):
        raise Unreadable("no JSON object")
    return list(_notices(body, _digest(delivery.body)))


def pulled(answer: Any) -> Pulled:
    """The oldest lost pushes. One that makes no sense is a notice of kind `unreadable`: the queue must move on."""
    response = answers.part(answer, "response")
    found: list[Notice] = []
    for row in answers.rows(response, "push_message_list"):
        digest = _digest(lossless.encode(answers.plain(row)))
        try:
            found += _notices(_envelope(row), digest)
        except Unreadable as error:
            body = {"reason": error.reason, "message": answers.plain(row)}
            found.append(Notice("unreadable", digest, _shop(row), delivery_id=digest, body=body))
    ack = fields.text(response, "last_message_id") if found else ""
    return Pulled(tuple(found), ack or None, response.get("has_next_page") is True)


def _keys(app: AppAccess) -> list[str]:
    names = _KEY_ORDERS.get(app.credentials.get("push_key", ""), _BOTH)
    return [key for name in names if (key := app.credentials.get(name, ""))]


def _envelope(row: Row) -> Row:
    """A lost push. Its `data` is text or an object, and either the data or the whole push once more."""
    data = _opened(row.get("data"))
    if isinstance(data, Mapping) and "data" in data and "code" in data:
        return data
    return {**row, "data": data}


def _opened(data: Any) -> Any:
    if not isinstance(data, str):
        return data
    try:
        return lossless.parse(data)
    except ValueError:
        return data


def _notices(envelope: Row, digest: str) -> Iterator[Notice]:
    code, data = _code(envelope), _opened(envelope.get("data"))
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
        # messages are not united: each is told
        yield Notice(kind, f"{code}:{delivery_id or digest}", shop, delivery_id=delivery_id, body=body)
    elif kind == "authorisation":
        for number, (account, of_shop) in enumerate(_accounts(facts, shop)):
            numbered = f"{delivery_id}:{number}" if delivery_id else ""
            yield Notice(kind, account, of_shop, delivery_id=numbered, body=body)
    else:
        keys = _KEYS[kind]
        external_id, version = _external_id(facts, keys), _version(facts) if code == ORDER_STATUS else None
        yield Notice(kind, external_id, shop, version, delivery_id, body)


def _code(envelope: Row) -> int:
    """The number of the push; push 28 writes every number as text."""
    if not fields.text(envelope, "code"):
        raise Unreadable("no push code")
    try:
        return fields.count(envelope, "code")
    except ValueError as error:
        raise Unreadable(str(error)) from None


def _shop(row: Row) -> str | None:
    return fields.text(row, "shop_id") or None


def _accounts(facts: Row, shop: str | None) -> Iterator[tuple[str, str | None]]:
    """(account, its shop) for each account a push about consents names."""
    named = [(prefix, account) for key, prefix in _EXPIRING.items() for account in fields.words(facts, key)]
    for prefix, account in named:
        yield f"{prefix}{account}", None if prefix else account
    if not named:
        if shop is None and not fields.text(facts, "main_account_id"):
            raise Unreadable("a push about consent names no account")
        yield shop or f"main:{fields.text(facts, 'main_account_id')}", shop


def _external_id(facts: Row, keys: tuple[str, ...]) -> str:
    try:
        return fields.item_id(facts, *keys)
    except ValueError as error:
        raise Unreadable(str(error)) from None


def _version(facts: Row) -> datetime | None:
    try:
        return fields.moment(facts, "update_time")
    except ValueError:
        return None


def _body(kind: str, envelope: Row, facts: Row) -> dict[str, Any]:
    """Code and time of the push, and of its data what people may read; of a message all of it, for it has no truth to fetch."""
    names = list(facts) if kind == "message" else [name for name in _KEPT if facts.get(name) is not None]
    told = {name: facts[name] for name in names}
    found: dict[str, Any] = answers.plain({"code": envelope.get("code"), "timestamp": envelope.get("timestamp")} | told)
    return found


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
