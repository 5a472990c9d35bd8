"""Payments written for an invoice that stands already: /payments."""

from __future__ import annotations

from typing import Any

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import ZERO, Book
from integrations.connectors.kiotviet.simulator.documents import read_payments
from integrations.connectors.kiotviet.simulator.invoices import found
from integrations.connectors.kiotviet.simulator.request import Call, Fields, Refusal
from integrations.connectors.kiotviet.simulator.rows import announce_invoice


def create(book: Book, call: Call) -> dict[str, Any]:
    """POST /payments: `amount`, `method`, `accountId`, `invoiceId`; the names of the answer are those of the public page."""
    invoice = found(book, call.body.whole("invoiceId", facts.INVOICE_ERROR))
    if invoice.status == facts.INVOICE_CANCELLED:
        raise Refusal(facts.PAYMENT_ERROR, facts.INVOICE_CLOSED)
    amount = call.body.number("amount", facts.PAYMENT_ERROR)
    if amount <= ZERO:
        raise Refusal(facts.PAYMENT_ERROR, facts.BAD_NUMBER.format(name="amount"))
    body = Fields(
        {"totalPayment": amount, "method": call.body.text("method"), "accountId": call.body.value("accountId")}
    )
    [made] = read_payments(book, body, f"{invoice.code}-{len(invoice.payments) + 1}", call.now)
    invoice.payments.append(made)
    invoice.modified_at = call.now
    announce_invoice(book, invoice)
    return {"paymentId": made["id"], "paymentCode": made["code"], "DocumentCode": invoice.code}
