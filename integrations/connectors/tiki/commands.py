"""The seller's word on an order, once: it is there (ship), or it is not (cancel); whether it was said; and the label."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations.connectors.base import Command, CommandOutcome, Document, Field
from integrations.connectors.tiki import reading
from integrations.connectors.tiki.calls import get, page, send, whole
from integrations.connectors.tiki.mapping import errors, fields, orders, shipping
from integrations.wire import answers, lossless
from integrations.wire.answers import Row
from integrations.wire.errors import TryLater
from integrations.wire.http import Line

SHIP, CANCEL = "ship", "cancel"
DROPSHIP = "dropship"
PICKUP_TIME = "expected_pickup_time"
_CANCELED = "canceled"
_LATE = _("Tiki lets a seller refuse an order only until it is confirmed.")
_NO_LABEL = _("Tiki has no label for this order yet. Confirm the order first.")
_PAGE = "<!doctype html><meta charset='utf-8'><title>{number}</title><a href='{address}'>{address}</a>"


def perform(line: Line, warehouse: str, command: Command) -> CommandOutcome:
    """Say it, once. What is said already is left as it is. Raises Rejected with Tiki's reason."""
    row = _order(line, command.order_number)
    if not _DONE[command.kind](row):
        _PERFORM[command.kind](line, warehouse, command, row)
    return _outcome(row)


def command_fields(line: Line, command: Command) -> tuple[Field, ...]:
    """See the contract. Only dropship orders have pick-up times."""
    if command.kind != SHIP or fields.text(_order(line, command.order_number), "fulfillment_type") != DROPSHIP:
        return ()
    slots = _slots(line)
    choices = (("", gettext("The first that Tiki offers")), *((slot, slot) for slot in slots))
    return (Field(PICKUP_TIME, gettext("Pick-up"), required=False, choices=choices),) if slots else ()


def outcome_of(line: Line, command: Command, *, settles: timedelta) -> CommandOutcome | None:
    """Was it said? The order tells. Raises TryLater while Tiki may still be at it: only then is "no" an answer."""
    row = _order(line, command.order_number)
    if _DONE[command.kind](row):
        return _outcome(row)
    left = (command.sent_at + settles - datetime.now(UTC)).total_seconds() if command.sent_at else 0
    if left > 0:
        raise TryLater("Tiki may still be at it", after=left)
    return None


def label(line: Line, pages: Line, order_number: str) -> Document:
    """The page to print. Tiki begins to pick the order when it is printed."""
    row = _order(line, order_number)
    kind = shipping.LABELS.get(fields.text(row, "fulfillment_type"))
    if kind is None:
        raise errors.refusal(_NO_LABEL)
    found = page(pages, f"v2/orders/{order_number}/{kind}/labels", [("format", "html")])
    try:
        address = fields.text(lossless.parse(found.content), "shipping_label_url")
    except ValueError:
        address = ""
    # the older call answered with an address in place of the page
    if address.startswith(("https://", "http://")):
        content = _PAGE.format(number=escape(order_number), address=escape(address, quote=True)).encode()
        return Document(content, "text/html; charset=utf-8", f"tiki-{order_number}.html")
    if not found.content:
        raise errors.refusal(_NO_LABEL)
    kind_of_file = found.headers.get("content-type", "") or "text/html; charset=utf-8"
    ending = "pdf" if "pdf" in kind_of_file else "html"
    return Document(found.content, kind_of_file, f"tiki-{order_number}.{ending}")


def _ship(line: Line, warehouse: str, command: Command, row: Row) -> None:
    path = f"v2/orders/{command.order_number}/"
    inventory = str(command.options.get("seller_inventory_id") or warehouse) or _inventory(line, row)
    body: dict[str, Any] = {"seller_inventory_id": whole(inventory, "warehouse id")}
    if fields.text(row, "fulfillment_type") != DROPSHIP:
        body["available_item_ids"] = [_number(item) for item in answers.rows(row, "items")]
        send(line, "POST", f"{path}confirm-available", body)
        return
    body["confirmation_status"] = "seller_confirmed"
    if slot := _slot(line, command):
        body[PICKUP_TIME] = slot
    send(line, "POST", f"{path}dropship/confirm-available", body)


def _refuse(line: Line, warehouse: str, command: Command, row: Row) -> None:
    """Dropship says so by name, the others by leaving every item out."""
    if orders.WAITING not in orders.confirmations(row) or fields.text(row, "status") != orders.QUEUEING:
        raise errors.refusal(_LATE)
    path = f"v2/orders/{command.order_number}/"
    if fields.text(row, "fulfillment_type") == DROPSHIP:
        send(line, "POST", f"{path}dropship/confirm-available", {"confirmation_status": orders.REFUSED})
    else:
        send(line, "POST", f"{path}confirm-available", {"available_item_ids": []})


def _slot(line: Line, command: Command) -> str:
    """The pickup time that was chosen, else the first that Tiki offers, if it offers any."""
    named = str(command.options.get(PICKUP_TIME) or "")
    return named or next(iter(_slots(line)), "")


def _slots(line: Line) -> list[str]:
    return shipping.slots(get(line, "v2/orders/dropship/expected-pickup-slots"))


def _inventory(line: Line, row: Row) -> str:
    """The seller's warehouse that serves the Tiki warehouse of this order."""
    code = fields.text(answers.part(row, "tiki_warehouse"), "code")
    found = shipping.inventory(get(line, "v2/seller-inventories", [("tiki_warehouse_codes", code)]), code)
    if not found:
        raise errors.refusal(errors.WAREHOUSE)
    return found


def _number(item: Row) -> int:
    try:
        return whole(fields.identity(item, "id"), "item id")
    except ValueError as error:
        raise errors.refusal(str(error)) from None


def _order(line: Line, code: str) -> Row:
    """The order as Tiki writes it. Raises Rejected when there is none."""
    found = reading.one_order(line, code)
    if found is None:
        raise errors.refusal(str(errors.STATUS[404].advice), code, code=errors.NOT_FOUND)
    return found


def _outcome(row: Row) -> CommandOutcome:
    tracking = fields.text(answers.part(row, "shipping"), "tracking_code")
    return CommandOutcome(fields.text(row, "code"), tracking, {"status": fields.text(row, "status")})


def _is_shipped(row: Row) -> bool:
    """No item waits for the seller's word, and one at least is there."""
    told = orders.confirmations(row)
    is_over = orders.STATUS.get(fields.text(row, "status")) in {"packed", "shipped", "delivered", "completed"}
    return is_over or (bool(told) and orders.WAITING not in told and bool(orders.CONFIRMED & set(told)))


def _is_refused(row: Row) -> bool:
    told = orders.confirmations(row)
    return fields.text(row, "status") == _CANCELED or (bool(told) and set(told) == {orders.REFUSED})


_PERFORM: Mapping[str, Callable[[Line, str, Command, Row], None]] = {SHIP: _ship, CANCEL: _refuse}
_DONE: Mapping[str, Callable[[Row], bool]] = {SHIP: _is_shipped, CANCEL: _is_refused}
