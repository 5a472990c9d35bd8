"""The app's event queue: read with the app's own token, filled by what each seller subscribed to.

Sending the previous `ack_id` acknowledges everything up to it and gives what follows, so the confirmation is the next pull.
The cursor carries the queue's code: "<code>:<ack_id>".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from integrations.connectors.base import AppAccess, Notice, Pulled, TokenSource
from integrations.connectors.tiki import calls, consent
from integrations.connectors.tiki.mapping import fields
from integrations.wire import answers, lossless
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected
from integrations.wire.http import Line

_QUEUES = "v1/queues"
ORDER, LISTING, MESSAGE, UNREADABLE = "order", "listing", "message", "unreadable"
# what each seller is subscribed to
TYPES = (
    "ORDER_CREATED_SUCCESSFULLY",
    "ORDER_STATUS_UPDATED",
    "PRODUCT_INVENTORY_UPDATED",
    "PRODUCT_PRICE_UPDATED",
)


def pulled(app: AppAccess, tokens: TokenSource, ack: str | None) -> Pulled:
    """The events after `ack`. A cursor that Tiki does not know begins anew: what was read comes again, and is known."""
    line = calls.app_line(app, tokens)
    code, _, last = (ack or "").partition(":")
    code = code or _queue(line, app)
    try:
        answer = calls.send(line, "POST", f"{_QUEUES}/{code}/events/pull", {"ack_id": last or None}, repeatable=True)
    except Rejected:
        if not last:
            raise
        return pulled(app, tokens, None)
    events = answers.rows(answer, "events")
    notices = [notice for event in events for notice in _notices(event)]
    return Pulled(tuple(notices), f"{code}:{fields.text(answer, 'ack_id') or last}", more=bool(events))


def subscribe(seller: Line, app: AppAccess) -> None:
    """Have a seller's changes put into the app's queue, which is made when there is none. May be repeated."""
    own = consent.renew(app, refresh_token="")
    code = _queue(calls.app_line(app, consent.Fresh(own.access_token)), app)
    for event_type in TYPES:
        calls.send(seller, "POST", f"{_QUEUES}/{code}/subscriptions", {"event_type": event_type}, repeatable=True)


def _queue(line: Line, app: AppAccess) -> str:
    """The code of our queue, known by its name; made when there is none."""
    if named := app.credentials.get("queue_code", ""):
        return named
    name = f"erpsync {app.key}"
    for row in fields.listed(calls.get(line, _QUEUES)):
        if fields.text(row, "name") == name and fields.text(row, "code"):
            return fields.text(row, "code")
    made = fields.text(calls.send(line, "POST", _QUEUES, {"name": name}), "code")
    if not made:
        raise Rejected("Tiki made a queue without a code", code="422")
    return made


def _notices(event: Row) -> list[Notice]:
    """What one event says. One that makes no sense is a notice of kind `unreadable`: the queue must move on."""
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
    return [Notice(found[0], found[1], seller, None, event_id, body)] if found else []


def _order(payload: Row) -> tuple[str, str] | None:
    return ORDER, fields.identity(payload, "order_code", "orderCode")


def _product(payload: Row) -> tuple[str, str] | None:
    return LISTING, fields.identity(payload, "product_id")


def _inventory(payload: Row) -> tuple[str, str] | None:
    """What an order does to stock (it reserves: the total stays; it leaves: what is sellable stays) its own events tell."""
    product = _product(payload)
    moved = {
        name: answers.number(payload, f"quantity_{name}_to") - answers.number(payload, f"quantity_{name}_from")
        for name in ("available", "sellable")
    }
    return product if all(moved.values()) else None


_READ: Mapping[str, Callable[[Row], tuple[str, str] | None]] = {
    "ORDER_CREATED_SUCCESSFULLY": _order,
    "ORDER_STATUS_UPDATED": _order,
    "PRODUCT_INVENTORY_UPDATED": _inventory,
    "PRODUCT_PRICE_UPDATED": _product,
    "PRODUCT_MARKET_PRICE_UPDATED": _product,
}


def _digest(event: Any) -> str:
    return hashlib.sha256(lossless.encode(answers.plain(event))).hexdigest()[:32]
