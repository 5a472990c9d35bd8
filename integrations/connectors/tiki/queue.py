"""The app's event queue: read with the app's own token, filled by each seller's subscriptions.

Sending the previous `ack_id` acknowledges everything up to it and gives what follows, so the confirmation is the next pull.
The cursor carries the queue's code: "<code>:<ack_id>".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from integrations.connectors.tiki import consent
from integrations.connectors.tiki.client import app_client, get, send, shop_client
from integrations.connectors.tiki.mapping import errors, fields
from integrations.contract.access import Access, AppAccess, TokenSource
from integrations.contract.errors import NotAuthorised, Rejected
from integrations.contract.queue import AppQueue, Pulled
from integrations.contract.webhooks import Notice, SaidNumber
from integrations.wire import answers, lossless
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient

_QUEUES = "v1/queues"
ORDER, LISTING, MESSAGE, UNREADABLE = "order", "listing", "message", "unreadable"
INVENTORY = "PRODUCT_INVENTORY_UPDATED"
# event types that each seller is subscribed to
TYPES = (
    "ORDER_CREATED_SUCCESSFULLY",
    "ORDER_STATUS_UPDATED",
    INVENTORY,
    "PRODUCT_PRICE_UPDATED",
)


def pull(app: AppAccess, tokens: TokenSource | None, *, ack: str | None) -> Pulled:
    """Return the events after `ack`. A cursor that Tiki does not know begins anew: events read before are known by their ids.

    `tokens` are the app's own. Raises NotAuthorised without them.
    """
    if tokens is None:
        raise NotAuthorised(errors.NO_APP_TOKEN, code="no_token")
    client = app_client(app, tokens)
    code, _, last = (ack or "").partition(":")
    code = code or _queue_code(client, app)
    try:
        answer = send(client, "POST", f"{_QUEUES}/{code}/events/pull", {"ack_id": last or None}, repeatable=True)
    except Rejected:
        if not last:
            raise
        return pull(app, tokens, ack=None)
    events = answers.rows(answer, "events")
    notices = [notice for event in events for notice in _notices(event)]
    return Pulled(tuple(notices), f"{code}:{fields.text(answer, 'ack_id') or last}", more=bool(events))


def subscribe(access: Access) -> None:
    """Have a seller's changes put into the app's queue, which is made when there is none. May be repeated."""
    own = consent.renew(access.app, refresh_token="", shop_id="")
    code = _queue_code(app_client(access.app, consent.fresh(own.access_token)), access.app)
    seller = shop_client(access)
    for event_type in TYPES:
        send(seller, "POST", f"{_QUEUES}/{code}/subscriptions", {"event_type": event_type}, repeatable=True)


def _queue_code(client: ChannelClient, app: AppAccess) -> str:
    """Return the code of our queue, known by its name; made when there is none."""
    if named := app.settings.get("queue_code", ""):
        return named
    name = f"erpsync {app.key}"
    for row in fields.listed(get(client, _QUEUES)):
        if fields.text(row, "name") == name and fields.text(row, "code"):
            return fields.text(row, "code")
    made = fields.text(send(client, "POST", _QUEUES, {"name": name}), "code")
    if not made:
        raise Rejected(errors.CODELESS_QUEUE, code="422")
    return made


def _notices(event: Row) -> list[Notice]:
    """Return the notices of one event. A malformed one is a notice of kind `unreadable`: the queue must move on."""
    payload, kind = answers.part(event, "payload"), fields.text(event, "type")
    event_id, seller = fields.text(event, "id"), fields.text(event, "sid") or None
    body = answers.plain({"type": kind, "created_at": event.get("created_at"), "payload": payload})
    read = _READ.get(kind)
    try:
        if read is None:
            return [Notice(MESSAGE, f"{kind}:{event_id or _digest(event)}"[:128], seller, None, event_id, body)]
        found = read(payload)
    except ValueError as error:
        reason = {"reason": str(error), "event": answers.plain(event)}
        return [Notice(UNREADABLE, _digest(event), seller, None, event_id or _digest(event), reason)]
    if found is None:
        return []
    return [Notice(found[0], found[1], seller, None, event_id, body, said=_said(kind, payload))]


def _said(kind: str, payload: Row) -> SaidNumber | None:
    """Return the number that an inventory event says is for sale now."""
    found = fields.or_none(fields.amount, payload, "quantity_sellable_to") if kind == INVENTORY else None
    return None if found is None else SaidNumber(max(0, int(found)))


def _order(payload: Row) -> tuple[str, str] | None:
    return ORDER, fields.first_id(payload, "order_code", "orderCode")


def _product(payload: Row) -> tuple[str, str] | None:
    return LISTING, fields.first_id(payload, "product_id")


def _inventory(payload: Row) -> tuple[str, str] | None:
    """Return the product unless an order moved its stock: that order's own events tell.

    An order that reserves leaves the total as it is, one that leaves keeps what is sellable.
    """
    product = _product(payload)
    moved = {
        name: fields.number(payload, f"quantity_{name}_to") - fields.number(payload, f"quantity_{name}_from")
        for name in ("available", "sellable")
    }
    return product if all(moved.values()) else None


_READ: Mapping[str, Callable[[Row], tuple[str, str] | None]] = {
    "ORDER_CREATED_SUCCESSFULLY": _order,
    "ORDER_STATUS_UPDATED": _order,
    INVENTORY: _inventory,
    "PRODUCT_PRICE_UPDATED": _product,
    "PRODUCT_MARKET_PRICE_UPDATED": _product,
}


def _digest(event: Any) -> str:
    return hashlib.sha256(lossless.encode(answers.plain(event))).hexdigest()[:32]


# `confirm` None: the next pull carries the stored ack, which confirms
QUEUE = AppQueue(pull=pull, pace=timedelta(seconds=2), subscribe=subscribe)
