"""Documents that we write at the POS: an order, its invoice, and taking either back. None may be repeated blind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from integrations.connectors.base import Command, CommandOutcome
from integrations.connectors.kiotviet.calls import Api, filled
from integrations.connectors.kiotviet.mapping import documents, fields
from integrations.connectors.kiotviet.reading import SOURCES, Source, one
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected, TryLater

Settings = Mapping[str, str]

# their clock may be behind ours by so much
_SKEW = timedelta(minutes=5)
# how long an unanswered write may still be running at KiotViet: not published
SETTLES_AFTER = 60.0
CONFIRMED = "5"

_ORDER_BY_ID = Source("/orders", "/orders/{}", documents.code_of)
_INVOICE_BY_ID = Source("/invoices", "/invoices/{}", documents.code_of)


def perform(api: Api, settings: Settings, command: Command) -> CommandOutcome:
    """Do it, once. Raises Rejected with KiotViet's reason, TryLater with `maybe_done` when nobody knows."""
    return _PERFORM[command.kind](api, settings, command)


def outcome_of(api: Api, settings: Settings, command: Command) -> CommandOutcome | None:
    """Was it done? Raises TryLater while KiotViet may still be at it: only then is "not found" an answer."""
    found = _OUTCOME[command.kind](api, command)
    if found is None and command.sent_at is not None:
        settles = timedelta(seconds=float(settings.get("settles_after") or SETTLES_AFTER))
        left = (command.sent_at + settles - datetime.now(UTC)).total_seconds()
        if left > 0:
            raise TryLater("KiotViet may still be writing the document", after=left)
    return found


# --- writing ---


def _write_order(api: Api, settings: Settings, command: Command) -> CommandOutcome:
    body: dict[str, Any] = _document(settings, command, "orderDetails") | {
        "makeInvoice": False,
        "totalPayment": 0,
        "method": "Cash",
    }
    if status := settings.get("order_status", CONFIRMED):
        body["status"] = int(status)
    if "customerId" not in body:
        # marked, so that the buyers' book passes over them
        body["customer"] = {
            "name": str(command.options.get("customer_name") or command.order_number),
            "comment": documents.described(command.order_number, command.reference),
        }
    return _created(api.write("POST", "/orders", body=body))


def _write_invoice(api: Api, settings: Settings, command: Command) -> CommandOutcome:
    body = _document(settings, command, "invoiceDetails") | {"usingCod": False, "totalPayment": 0}
    if command.external_id:
        body["orderId"] = _whole(command.external_id, "order")
    if method := settings.get("payment_method"):
        total = sum((line.price * line.quantity for line in command.lines), Decimal(0))
        body |= {"method": method, "totalPayment": total}
        body |= _numbers(settings, {"accountId": "payment_account_id"})
    return _created(api.write("POST", "/invoices", body=body))


def _document(settings: Settings, command: Command, details: str) -> dict[str, Any]:
    """What orders and invoices share. No date goes along: a shop may forbid to set it, KiotViet's own clock will do."""
    if not command.lines:
        raise Rejected("a document without lines cannot be written")
    return {
        "branchId": _whole(command.warehouse, "branch"),
        "description": documents.described(command.order_number, command.reference),
        "discount": 0,
        details: [
            {
                "productId": _whole(line.item_id, "product"),
                "productCode": line.sku,
                "quantity": line.quantity,
                "price": line.price,
                "discount": 0,
            }
            for line in command.lines
        ],
    } | _numbers(settings, {"saleChannelId": "sale_channel_id", "soldById": "sold_by_id", "customerId": "customer_id"})


def _void(api: Api, settings: Settings, command: Command) -> CommandOutcome:
    if _is_invoice(command):
        answer = api.write(
            "DELETE", "/invoices", body={"id": _whole(command.external_id, "invoice"), "isVoidPayment": True}
        )
    else:
        path = filled("/orders/{}", str(_whole(command.external_id, "order")))
        answer = api.write("DELETE", path, params=(("IsVoidPayment", "true"),))
    raw = answer if isinstance(answer, dict) else {}
    return CommandOutcome(external_id=command.external_id, code=fields.text(raw, "code"), raw=answers.plain(raw))


def _created(answer: Any) -> CommandOutcome:
    # bare in every known client; a wrapped one is read too
    row = (answers.part(answer, "data") or answer) if isinstance(answer, dict) else {}
    if not fields.text(row, "id"):
        raise TryLater("KiotViet answered without the document's id", maybe_done=True)
    return _outcome(row)


def _outcome(row: Row) -> CommandOutcome:
    return CommandOutcome(fields.text(row, "id"), fields.text(row, "code"), answers.plain(row))


def _whole(value: str, what: str) -> int:
    if not value.isdecimal():
        raise Rejected(f"{value or 'nothing'} is no KiotViet {what} id")
    return int(value)


def _numbers(settings: Settings, names: Mapping[str, str]) -> dict[str, int]:
    return {theirs: _whole(settings[ours], ours) for theirs, ours in names.items() if settings.get(ours)}


def _is_invoice(command: Command) -> bool:
    return command.options.get("document") == "pos_invoice"


# --- looking up ---


def _order_outcome(api: Api, command: Command) -> CommandOutcome | None:
    for page in api.pages(SOURCES["order"].path, [*SOURCES["order"].params, *_sent_since(command)]):
        for row in page.rows:
            if documents.reference_in(row) == command.reference:
                return _outcome(row)
    return None


def _invoice_outcome(api: Api, command: Command) -> CommandOutcome | None:
    """By reference; an unsigned live invoice of our own order counts too, since the list may leave descriptions out."""
    params = [*SOURCES["invoice"].params, *_sent_since(command)]
    if command.external_id:
        params.append(("orderId", command.external_id))
    for page in api.pages(SOURCES["invoice"].path, params):
        for row in page.rows:
            whole = row if documents.reference_in(row) else one(api, _INVOICE_BY_ID, fields.text(row, "id"))
            if whole is not None and _is_ours(whole, command):
                return _outcome(whole)
    return None


def _is_ours(row: Row, command: Command) -> bool:
    reference = documents.reference_in(row)
    if reference:
        return reference == command.reference
    return bool(command.external_id) and row.get("status") != documents.INVOICE_CANCELLED


def _void_outcome(api: Api, command: Command) -> CommandOutcome | None:
    source, cancelled = (
        (_INVOICE_BY_ID, documents.INVOICE_CANCELLED)
        if _is_invoice(command)
        else (_ORDER_BY_ID, documents.ORDER_CANCELLED)
    )
    row = one(api, source, command.external_id)
    if row is None:
        return CommandOutcome(external_id=command.external_id)
    return _outcome(row) if row.get("status") == cancelled else None


def _sent_since(command: Command) -> list[tuple[str, str]]:
    if command.sent_at is None:
        raise Rejected("a command that was never sent has no outcome")
    return [("lastModifiedFrom", fields.local(command.sent_at - _SKEW))]


_PERFORM: Mapping[str, Callable[[Api, Settings, Command], CommandOutcome]] = {
    "pos_order": _write_order,
    "pos_invoice": _write_invoice,
    "pos_void": _void,
}
_OUTCOME: Mapping[str, Callable[[Api, Command], CommandOutcome | None]] = {
    "pos_order": _order_outcome,
    "pos_invoice": _invoice_outcome,
    "pos_void": _void_outcome,
}
