"""Answer in the making: rows of KiotViet, classified and mapped to snapshots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from integrations.connectors.kiotviet.client import ShopClient
from integrations.connectors.kiotviet.mapping import customers, documents, errors, fields, products
from integrations.contract.reads import Answer
from integrations.contract.reasons import Cause
from integrations.wire.answers import Row

ORDER_BY_CODE = "/orders/code/{}"


@dataclass(slots=True)
class AnswerBuilder:
    """The snapshots, gone, ignored and unreadable ids that an answer is made of.

    `sells_inactive`: products that are no longer traded at the POS are sold on, by setting.
    """

    client: ShopClient
    asked_at: datetime
    sells_inactive: bool = False
    snapshots: list[object] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    ignored: dict[str, Cause] = field(default_factory=dict)
    unreadable: dict[str, Cause] = field(default_factory=dict)
    # code of an order -> our reference in it, asked for once
    references: dict[str, str] = field(default_factory=dict)

    def build(self) -> Answer:
        """Return the answer so far."""
        return Answer(
            snapshots=tuple(self.snapshots),
            gone=tuple(dict.fromkeys(self.gone)),
            ignored=dict(self.ignored),
            unreadable=dict(self.unreadable),
        )

    def add(self, kind: str, external_id: str, row: Row, *, whole: bool) -> bool:
        """Add one object; return False for a list row that is not enough: the object itself must be read.

        A malformed field puts this id under `unreadable`; the others stand.
        """
        try:
            return _ADD[kind](self, row, whole)
        except ValueError as error:
            self.unreadable[external_id] = str(error)
            return True

    def add_order(self, row: Row, whole: bool) -> bool:
        """Add an order: a hand-over where it is ours or imported, otherwise a sale of the POS."""
        found = documents.pos_document("pos_order", row, self.asked_at)
        self.snapshots.append(found or documents.order(row, self.asked_at))
        return True

    def add_invoice(self, row: Row, whole: bool) -> bool:
        """Add an invoice: ours, imported, of an order, or a till sale. A list need not name the order: then it is read."""
        order_code = fields.text(row, "orderCode")
        found = documents.pos_document("pos_invoice", row, self.asked_at)
        if found is None and not whole and (not order_code or "invoiceDetails" not in row):
            return False
        if found is None and order_code:
            reference = self._reference_of(order_code)
            found = documents.pos_document("pos_invoice", row, self.asked_at, reference=reference)
            if found is None:
                self.ignored[documents.code_of(row)] = errors.ITS_ORDER_TELLS(order=order_code)
                return True
        self.snapshots.append(found or documents.invoice(row, self.asked_at))
        return True

    def add_product(self, row: Row, whole: bool) -> bool:
        """Add a product of the book and the stock of each branch."""
        self.snapshots += [
            products.listing(row, self.asked_at, sells_inactive=self.sells_inactive),
            *products.readings(row, self.asked_at),
        ]
        return True

    def add_stock(self, row: Row, whole: bool) -> bool:
        """Add the stock of each branch; ignore a product without stock of its own."""
        found = products.readings(row, self.asked_at)
        self.snapshots += found
        if not found:
            self.ignored[fields.text(row, "id")] = errors.NO_STOCK_OF_ITS_OWN
        return True

    def add_customer(self, row: Row, whole: bool) -> bool:
        """Add a customer; ignore those that our own orders made."""
        if customers.is_ours(row):
            self.ignored[fields.text(row, "id")] = errors.MADE_FOR_OUR_ORDER
        else:
            self.snapshots.append(customers.customer(row, self.asked_at))
        return True

    def _reference_of(self, order_code: str) -> str:
        if order_code not in self.references:
            row = self.client.find(ORDER_BY_CODE, order_code)
            self.references[order_code] = documents.reference_in(row) if row else ""
        return self.references[order_code]


_ADD: Mapping[str, Callable[[AnswerBuilder, Row, bool], bool]] = {
    "order": AnswerBuilder.add_order,
    "invoice": AnswerBuilder.add_invoice,
    "product": AnswerBuilder.add_product,
    "stock": AnswerBuilder.add_stock,
    "customer": AnswerBuilder.add_customer,
}
