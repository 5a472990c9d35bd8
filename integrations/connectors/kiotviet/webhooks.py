"""Webhooks: registration, one address per type, and the notices in a delivery."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from integrations.connectors.kiotviet import signing
from integrations.connectors.kiotviet.client import ShopClient, filled
from integrations.connectors.kiotviet.mapping import documents, fields
from integrations.contract.access import Access, AppAccess
from integrations.contract.webhooks import (
    Delivery,
    Notice,
    Reply,
    Said,
    SaidDocument,
    SaidStock,
    Unreadable,
    Webhooks,
)
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.deliveries import SignedDeliveries, in_header

# type -> (our kind, the key of the id in a row). Creation comes as .update too.
TYPES = {
    "stock.update": ("stock", "ProductId"),
    "product.update": ("product", "Id"),
    "product.delete": ("product", "Id"),
    "order.update": ("order", "Code"),
    "invoice.update": ("invoice", "Code"),
}
# Understood but not registered: each order that we write would bring one, and the sweep reads a hundred with one call
_UNREGISTERED = {"customer.update": ("customer", "Id"), "customer.delete": ("customer", "Id")}
# the status of a void document
_VOID = {"order": documents.ORDER_CANCELLED, "invoice": documents.INVOICE_CANCELLED}
# the fields of a row that people see in the inbox; names, phones and addresses stay out
_KEPT = ("Id", "Code", "ProductId", "ProductCode", "BranchId", "OnHand", "Reserved", "Status", "StatusValue")


def register(access: Access, url: str) -> None:
    """Register one hook per type at `<url>/<type>/`. Our own earlier ones go first; others' only by setting.

    May be repeated: the secret cannot be read back, so each hook is made anew.
    """
    client, base = ShopClient(access), url.rstrip("/")
    replaces_others = access.settings.get("replace_webhooks") == "yes"
    query = "?noecho" if access.settings.get("noecho", "yes") == "yes" else ""
    registered = [hook for page in client.pages("/webhooks") for hook in page.rows]
    for kind in TYPES:
        for hook in registered:
            is_ours = fields.text(hook, "url").startswith(base + "/")
            if fields.text(hook, "type") == kind and (is_ours or replaces_others):
                client.write("DELETE", filled("/webhooks/{}", fields.text(hook, "id")))
        client.write("POST", "/webhooks", body={
            "Webhook": {
                "Type": kind,
                "Url": f"{base}/{kind.replace('.', '-')}/{query}",
                "IsActive": True,
                "Description": "erpsync",
                "Secret": access.app.credentials["webhook_secret"],
            }
        })  # fmt: skip


def _read(app: AppAccess, delivery: Delivery, message: Row) -> Iterator[Notice]:
    """Yield the notices of a signed delivery. Raises Unreadable.

    The shop is not named reliably: `shop_id` is None, its inferred number stands in the body.
    """
    delivery_id = fields.text(message, "Id")
    for number, (kind, retailer, row) in enumerate(_rows(message, delivery.topic.replace("-", "."))):
        yield _notice(kind, retailer, row, f"{delivery_id}:{number}" if delivery_id else "")


def _keys(app: AppAccess) -> Iterator[bytes]:
    return signing.keys(app.credentials.get("webhook_secret", ""))


def _sign(key: bytes, app: AppAccess, delivery: Delivery) -> str:
    return signing.digest(key, delivery.body)


def _rows(body: Row, topic: str) -> Iterator[tuple[str, str, Any]]:
    """Yield each row with its type and the shop's number: both delete shapes, several notifications, several rows."""
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
    ours, key = (TYPES | _UNREGISTERED).get(kind, ("message", "Id"))
    facts = row if isinstance(row, dict) else {key: row}
    external_id = _external_id(facts, key)
    body = {"action": kind, "retailer_id": retailer} | {
        name: answers.plain(facts[name]) for name in _KEPT if facts.get(name) is not None
    }
    if not external_id:
        return Notice("unreadable", kind or "?", delivery_id=delivery_id, body=body | {"reason": f"no {key}"})
    version = _version(facts)
    return Notice(ours, external_id, version=version, delivery_id=delivery_id, body=body, said=_said(ours, facts))


def _said(kind: str, facts: Row) -> Said | None:
    """Return what a row says of stock at a branch, or of a document that carries our reference."""
    if kind == "stock" and (branch := _external_id(facts, "BranchId")):
        if facts.get("OnHand") is None or facts.get("Reserved") is None:
            return None
        on_hand, reserved = (fields.or_none(fields.number, facts, name) for name in ("OnHand", "Reserved"))
        return SaidStock(branch, on_hand, reserved) if on_hand is not None and reserved is not None else None
    if kind in _VOID and (reference := documents.reference_in_text(fields.text(facts, "Description"))):
        return SaidDocument(f"pos_{kind}", reference, facts.get("Status") == _VOID[kind])
    return None


def _external_id(facts: Row, key: str) -> str:
    # an id is a text or a whole number; anything else cannot be asked for
    value = facts.get(key)
    return fields.text(facts, key) if isinstance(value, str | int) else ""


def _version(facts: Row) -> Any:
    return fields.or_none(fields.moment, facts, "ModifiedDate")


WEBHOOKS = Webhooks(
    open=SignedDeliveries(
        signature=in_header(signing.HEADER, prefixes=signing.PREFIXES), keys=_keys, sign=_sign, read=_read
    ),
    # 400, 401, 403, 404 and 405 switch the hook off for good; what other codes do is not known. A dropped delivery is
    # counted by the caller and its change found by the sweep, so nothing is worth the risk.
    refusals={"": Reply()},
    register=register,
)
