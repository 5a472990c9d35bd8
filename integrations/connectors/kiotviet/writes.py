"""Writes: an order at the POS, its correction, its invoice, and the void of either. None may be repeated blind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from integrations.connectors.kiotviet.client import ShopClient, filled
from integrations.connectors.kiotviet.mapping import documents, errors, fields
from integrations.connectors.kiotviet.reads import SOURCES
from integrations.contract.access import Access
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.reasons import NEVER_SENT, NO_LINES, ODD_REQUEST
from integrations.contract.writes import WriteOutcome, Writer, WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row

Settings = Mapping[str, str]

# their clock may be behind ours by so much
_SKEW = timedelta(minutes=5)
# how long an unanswered write may still be running at KiotViet: not published
SETTLES_AFTER = timedelta(seconds=60)
CONFIRMED = "5"

_ORDER_BY_ID, _INVOICE_BY_ID = "/orders/{}", "/invoices/{}"


def settles_after(access: Access) -> timedelta:
    """Return how long an unanswered write may still be running, by setting; the default where that is no duration."""
    try:
        return max(timedelta(), timedelta(seconds=float(access.settings.get("settles_after") or "")))
    except (ValueError, OverflowError):
        return SETTLES_AFTER


# --- writing ---


def write_order(access: Access, command: WriteRequest) -> WriteOutcome:
    """Write an order. Raises Rejected with KiotViet's reason, TryLater with `maybe_done` when the outcome is unknown."""
    body = _order(access.settings, command)
    if "customerId" not in body:
        # marked, so that the customer read passes over them
        body["customer"] = {
            "name": str(command.options.get("customer_name") or command.order_number),
            "comment": documents.described(command.order_number, command.reference),
        }
    return _created(ShopClient(access).write("POST", "/orders", body=body))


def correct_order(access: Access, command: WriteRequest) -> WriteOutcome:
    """Make an order that is still open say these lines. Raises as `write_order`; Rejected for one that is no longer open.

    KiotViet takes the whole order anew. One that made its customer with it is read first: it keeps that customer.
    """
    client = ShopClient(access)
    path = filled(_ORDER_BY_ID, str(_whole(command.external_id, "order")))
    body = _order(access.settings, command)
    if "customerId" not in body:
        row = client.find(_ORDER_BY_ID, command.external_id)
        if row is None or row.get("status") in documents.ORDER_CLOSED:
            raise Rejected(errors.ORDER_CLOSED)
        if customer := fields.text(row, "customerId"):
            body["customerId"] = _whole(customer, "customer")
    return _created(client.write("PUT", path, body=body))


def _order(settings: Settings, command: WriteRequest) -> dict[str, Any]:
    body: dict[str, Any] = _document(settings, command, "orderDetails") | {
        "makeInvoice": False,
        "totalPayment": 0,
        "method": "Cash",
    }
    if status := settings.get("order_status", CONFIRMED):
        body["status"] = int(status)
    return body


def write_invoice(access: Access, command: WriteRequest) -> WriteOutcome:
    """Write the invoice of an order. Raises as `write_order`."""
    body = _document(access.settings, command, "invoiceDetails") | {"usingCod": False, "totalPayment": 0}
    if command.external_id:
        body["orderId"] = _whole(command.external_id, "order")
    if method := access.settings.get("payment_method"):
        total = sum((line.price * line.quantity for line in command.lines), -command.discount)
        body |= {"method": method, "totalPayment": total}
        body |= _numbers(access.settings, {"accountId": "payment_account_id"})
    return _created(ShopClient(access).write("POST", "/invoices", body=body))


def void(access: Access, command: WriteRequest) -> WriteOutcome:
    """Void the order, or the invoice where `options["document"]` is "pos_invoice". Raises as `write_order`."""
    client = ShopClient(access)
    if _is_invoice(command):
        body = {"id": _whole(command.external_id, "invoice"), "isVoidPayment": True}
        answer = client.write("DELETE", "/invoices", body=body)
    else:
        path = filled(_ORDER_BY_ID, str(_whole(command.external_id, "order")))
        answer = client.write("DELETE", path, params=(("IsVoidPayment", "true"),))
    raw = answer if isinstance(answer, dict) else {}
    return WriteOutcome(external_id=command.external_id, code=fields.text(raw, "code"), raw=answers.plain(raw))


def _document(settings: Settings, command: WriteRequest, details: str) -> dict[str, Any]:
    """The part that orders and invoices share. Without a date: a shop may forbid to set it, KiotViet's own clock will do."""
    if not command.lines:
        raise Rejected(NO_LINES)
    return {
        "branchId": _whole(command.warehouse, "branch"),
        "description": documents.described(command.order_number, command.reference),
        "discount": command.discount,
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


def _created(answer: Any) -> WriteOutcome:
    # bare in every known client; a wrapped one is read too
    row = (answers.part(answer, "data") or answer) if isinstance(answer, dict) else {}
    if not fields.text(row, "id"):
        raise TryLater(errors.NO_DOCUMENT_ID, maybe_done=True)
    return _outcome(row)


def _outcome(row: Row) -> WriteOutcome:
    return WriteOutcome(fields.text(row, "id"), fields.text(row, "code"), answers.plain(row))


def _whole(value: str, what: str) -> int:
    if not value.isdecimal():
        raise Rejected(ODD_REQUEST(value=value or "–", name=f"{what} id", channel="KiotViet"))
    return int(value)


def _numbers(settings: Settings, names: Mapping[str, str]) -> dict[str, int]:
    return {theirs: _whole(settings[ours], ours) for theirs, ours in names.items() if settings.get(ours)}


def _is_invoice(command: WriteRequest) -> bool:
    return command.options.get("document") == "pos_invoice"


# --- looking up ---


def find_order(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Look up a written order by its reference; None where there is no trace of it."""
    for page in ShopClient(access).pages(SOURCES["order"].path, [*SOURCES["order"].params, *_sent_since(command)]):
        for row in page.rows:
            if documents.reference_in(row) == command.reference:
                return _outcome(row)
    return None


def find_correction(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Return the order where it says these quantities; None where it does not."""
    row = ShopClient(access).find(_ORDER_BY_ID, command.external_id)
    if row is None:
        return None
    says: dict[str, Decimal] = defaultdict(Decimal)
    for line in fields.rows(row, "orderDetails"):
        says[fields.text(line, "productId")] += fields.or_none(fields.number, line, "quantity") or 0
    return _outcome(row) if says == {line.item_id: line.quantity for line in command.lines} else None


def find_invoice(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Look up a written invoice by its reference; None where there is no trace of it.

    An unsigned live invoice of our own order counts too, since the list may leave descriptions out.
    """
    client = ShopClient(access)
    params = [*SOURCES["invoice"].params, *_sent_since(command)]
    if command.external_id:
        params.append(("orderId", command.external_id))
    for page in client.pages(SOURCES["invoice"].path, params):
        for row in page.rows:
            whole = row if documents.reference_in(row) else client.find(_INVOICE_BY_ID, fields.text(row, "id"))
            if whole is not None and _is_ours(whole, command):
                return _outcome(whole)
    return None


def find_void(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Return the document where it is void or gone; None where it still stands."""
    path, cancelled = (
        (_INVOICE_BY_ID, documents.INVOICE_CANCELLED)
        if _is_invoice(command)
        else (_ORDER_BY_ID, documents.ORDER_CANCELLED)
    )
    row = ShopClient(access).find(path, command.external_id)
    if row is None:
        return WriteOutcome(external_id=command.external_id)
    return _outcome(row) if row.get("status") == cancelled else None


def _is_ours(row: Row, command: WriteRequest) -> bool:
    reference = documents.reference_in(row)
    if reference:
        return reference == command.reference
    return bool(command.external_id) and row.get("status") != documents.INVOICE_CANCELLED


def _sent_since(command: WriteRequest) -> list[tuple[str, str]]:
    if command.sent_at is None:
        raise Rejected(NEVER_SENT)
    return [("lastModifiedFrom", fields.local(command.sent_at - _SKEW))]


WRITES: Mapping[str, Writer] = {
    "pos_order": Writer(perform=write_order, outcome_of=find_order, settles_after=settles_after),
    "pos_correction": Writer(perform=correct_order, outcome_of=find_correction, settles_after=settles_after),
    "pos_invoice": Writer(perform=write_invoice, outcome_of=find_invoice, settles_after=settles_after),
    "pos_void": Writer(perform=void, outcome_of=find_void, settles_after=settles_after),
}
