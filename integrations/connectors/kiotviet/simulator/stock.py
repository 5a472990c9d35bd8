"""Stock effects of documents: an order reserves, an invoice takes; only the difference to what they held is posted."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import ZERO, Book, Document, Invoice, Line, Order
from integrations.connectors.kiotviet.simulator.request import Refusal
from integrations.connectors.kiotviet.simulator.wire import pascal

Quantities = dict[tuple[int, int], Decimal]


def units(book: Book, branch_id: int, lines: Iterable[Line]) -> Quantities:
    """Return (product, branch) -> quantity of what keeps stock; a combo counts as its components, a service as nothing."""
    found: Quantities = {}
    for line in lines:
        product = book.products.get(line.product_id)
        parts = {line.product_id: Decimal(1)} if product is None or product.keeps_stock else product.formula
        for product_id, quantity in parts.items():
            key = (product_id, branch_id)
            found[key] = found.get(key, ZERO) + quantity * line.quantity
    return found


def live_invoices(book: Book, order: Order) -> list[Invoice]:
    """The invoices of an order that hold goods."""
    invoices = (book.invoices[invoice_id] for invoice_id in order.invoice_ids)
    return [invoice for invoice in invoices if invoice.status in facts.INVOICE_HOLDS_GOODS]


def settle_invoice(book: Book, invoice: Invoice) -> None:
    """Make onHand agree with the invoice as it stands now, then the order it fulfils. May be repeated."""
    holds = invoice.status in facts.INVOICE_HOLDS_GOODS
    _post(book, invoice, units(book, invoice.branch_id, invoice.lines) if holds else {}, "on_hand")
    if invoice.order_id is not None and invoice.order_id in book.orders:
        settle_order(book, book.orders[invoice.order_id])


def settle_order(book: Book, order: Order) -> None:
    """Make the reservation and the status agree with the order and its invoices as they stand now. May be repeated.

    What an invoice took is no longer reserved: a whole invoice ends the order's reservation, a part of it that part.
    Whether the real shop reserves again when the invoice is voided is not verified; here it does.
    """
    wanted = units(book, order.branch_id, order.lines)
    taken: Quantities = {}
    for invoice in live_invoices(book, order):
        for (product_id, _), quantity in units(book, invoice.branch_id, invoice.lines).items():
            key = (product_id, order.branch_id)
            taken[key] = taken.get(key, ZERO) + quantity
    left = {key: quantity - taken.get(key, ZERO) for key, quantity in wanted.items() if quantity > taken.get(key, ZERO)}
    if order.status != facts.ORDER_CANCELLED:
        order.status = order.base_status if not taken else facts.ORDER_PART if left else facts.ORDER_DONE
    _post(book, order, {} if order.status in {facts.ORDER_CANCELLED, facts.ORDER_DONE} else left, "reserved")


def _post(book: Book, document: Document, holds: Quantities, column: str) -> None:
    for key in sorted(document.held.keys() | holds.keys()):
        change = holds.get(key, ZERO) - document.held.get(key, ZERO)
        if change:
            shelf = book.shelf(*key)
            # goods leave the shelf, promises add to the reserve
            setattr(shelf, column, getattr(shelf, column) + (change if column == "reserved" else -change))
            announce_stock(book, *key)
    document.held = holds


def announce_stock(book: Book, product_id: int, branch_id: int) -> None:
    """Announce the absolute numbers of one shelf."""
    if product_id in book.products:
        book.announce("stock.update", pascal(hook_row(book, product_id, branch_id)))


def hook_row(book: Book, product_id: int, branch_id: int) -> dict[str, Any]:
    """The row of a stock.update, and of Inventories in a product.update."""
    product, shelf = book.products[product_id], book.shelf(product_id, branch_id)
    return {
        "productId": product_id,
        "productCode": product.code,
        "productName": product.name,
        "branchId": branch_id,
        "branchName": book.branch_name(branch_id),
        "cost": product.cost,
        "onHand": shelf.on_hand,
        "reserved": shelf.reserved,
    }


def refuse_shortage(book: Book, wanted: Quantities, code: str, *, own: Quantities, ordering: bool) -> None:
    """Refuse quantities that the settings forbid to promise (`ordering`) or to sell. `own`: what the order itself reserves."""
    settings = book.settings
    for key, quantity in wanted.items():
        shelf = book.shelf(*key)
        unreserved = shelf.on_hand - shelf.reserved + own.get(key, ZERO)
        if ordering:
            refused = not settings.allow_order_when_out_stock and quantity > unreserved
        else:
            refused = (not settings.allow_sell_when_out_stock and quantity > shelf.on_hand) or (
                not settings.allow_sell_when_order_out_stock and quantity > unreserved
            )
        if refused:
            raise Refusal(code, facts.OUT_OF_STOCK.format(code=book.products[key[0]].code))
