"""Webhooks: registering them, one address per type, and reading what they bring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from integrations.connectors.base import Delivery, Notice, Refused, Unreadable
from integrations.connectors.kiotviet import signing
from integrations.connectors.kiotviet.calls import Api, filled
from integrations.connectors.kiotviet.mapping import fields
from integrations.wire import answers, lossless
from integrations.wire.answers import Row

# type -> (our kind, the key of the id in a row). Creation comes as .update too.
TYPES = {
    "stock.update": ("stock", "ProductId"),
    "product.update": ("product", "Id"),
    "product.delete": ("product", "Id"),
    "order.update": ("order", "Code"),
    "invoice.update": ("invoice", "Code"),
}
# Understood when they come, not registered: each order that we write would bring one, and the sweep reads a hundred at once
_UNASKED = {"customer.update": ("customer", "Id"), "customer.delete": ("customer", "Id")}
# what people may read of a row in the inbox; names, phones and addresses stay out
_KEPT = ("Id", "Code", "ProductId", "ProductCode", "BranchId", "OnHand", "Reserved", "Status", "StatusValue")


def register(api: Api, url: str, *, secret: str, no_echo: bool, replace: bool) -> None:
    """One hook per type at `<url>/<type>/`. Our own earlier ones go first; those of others only with `replace`.

    May be repeated: the secret cannot be read back, so each hook is made anew.
    """
    base = url.rstrip("/")
    old = [hook for page in api.pages("/webhooks") for hook in page.rows]
    for kind in TYPES:
        for hook in old:
            if fields.text(hook, "type") == kind and (replace or fields.text(hook, "url").startswith(base + "/")):
                api.write("DELETE", filled("/webhooks/{}", fields.text(hook, "id")))
        address = f"{base}/{kind.replace('.', '-')}/" + ("?noecho" if no_echo else "")
        hook = {"Type": kind, "Url": address, "IsActive": True, "Description": "erpsync", "Secret": secret}
        api.write("POST", "/webhooks", body={"Webhook": hook})


def open_delivery(delivery: Delivery, secret: str) -> list[Notice]:
    """Notices of a signed delivery. Raises Refused when it must not be believed, Unreadable when it makes no sense."""
    header = delivery.headers.get(signing.HEADER, "").strip()
    if not header:
        raise Refused("missing_signature")
    if not signing.is_signed(delivery.body, header, secret):
        raise Refused("bad_signature")
    try:
        body = lossless.parse(delivery.body)
    except ValueError as error:
        raise Unreadable(f"no JSON: {error}") from None
    if not isinstance(body, dict):
        raise Unreadable("no JSON object")
    delivery_id = fields.text(body, "Id")
    found: list[Notice] = []
    for kind, retailer, row in _rows(body, delivery.topic.replace("-", ".")):
        number = len(found)
        found.append(_notice(kind, retailer, row, f"{delivery_id}:{number}" if delivery_id else ""))
    return found


def _rows(body: dict[str, Any], topic: str) -> Iterator[tuple[str, str, Any]]:
    """Each row with its type and the shop's number: both delete shapes, several notifications, several rows."""
    if "Notifications" not in body:
        removed = fields.deleted(body)
        if not removed or not topic.endswith(".delete"):
            raise Unreadable("neither notifications nor deleted ids of a known type")
        for external_id in removed:
            yield topic, "", external_id
        return
    if not isinstance(body["Notifications"], list):
        raise Unreadable("Notifications is no list")
    for notification in fields.rows(body, "Notifications"):
        # "stock.update.500000001": the third part is inferred to be the retailer's number
        kind, _, retailer = _action(fields.text(notification, "Action"))
        data = notification.get("Data")
        for row in data if isinstance(data, list) else [data]:
            yield kind, retailer, row


def _action(action: str) -> tuple[str, str, str]:
    thing, _, rest = action.partition(".")
    verb, dot, retailer = rest.partition(".")
    return f"{thing}.{verb}".lower(), dot, retailer


def _notice(kind: str, retailer: str, row: Any, delivery_id: str) -> Notice:
    ours, key = (TYPES | _UNASKED).get(kind, ("message", "Id"))
    facts = row if isinstance(row, dict) else {key: row}
    external_id = _external_id(facts, key)
    body = {"action": kind, "retailer_id": retailer} | {
        name: answers.plain(facts[name]) for name in _KEPT if facts.get(name) is not None
    }
    if not external_id:
        return Notice("unreadable", kind or "?", delivery_id=delivery_id, body=body | {"reason": f"no {key}"})
    return Notice(ours, external_id, version=_version(facts), delivery_id=delivery_id, body=body)


def _external_id(facts: Row, key: str) -> str:
    # an id is a text or a whole number; anything else names nothing we could ask for
    value = facts.get(key)
    return fields.text(facts, key) if isinstance(value, str | int) else ""


def _version(facts: Row) -> Any:
    try:
        return fields.moment(facts, "ModifiedDate")
    except ValueError:
        return None
