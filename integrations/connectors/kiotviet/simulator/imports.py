"""KiotViet's own import of a marketplace shop, which creates documents by itself: DHSPE_ and HDSPE_ for Shopee, others for the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from integrations.connectors.kiotviet.simulator import customers, facts, invoices, orders
from integrations.connectors.kiotviet.simulator.book import Book, Customer, Line, Order

# how the world's word for a marketplace order's state reads here
_PROMISED = frozenset({"to_ship", "packed"})
_GONE = frozenset({"shipped", "delivered", "completed"})
_OFF = frozenset({"cancelled"})


@dataclass
class Import:
    """Import of the orders of some marketplace shops. `shops`: (channel, shop id)."""

    book: Book
    branch_id: int
    shops: set[tuple[str, str]] = field(default_factory=set)
    made: dict[str, int] = field(default_factory=dict)

    def follow(
        self,
        channel: str,
        shop: str,
        number: str,
        status: str,
        lines: Sequence[tuple[str, int, Decimal]],
        now: datetime,
    ) -> None:
        """Import a marketplace order: (sku, quantity, price) per line. Repeatable; unknown SKUs are left out."""
        if (channel, shop) not in self.shops or channel not in facts.IMPORT_PREFIX:
            return
        middle = facts.IMPORT_PREFIX[channel]
        order_id = self.made.get(number)
        if order_id is None and status in _PROMISED | _GONE:
            order_id = self._promise(middle, number, lines, now)
        if order_id is None:
            return
        order = self.book.orders[order_id]
        if not order.invoice_ids:
            self._correct(order, lines)
        if status in _GONE and not order.invoice_ids:
            ending = facts.IMPORT_ENDING.get(channel, "")
            invoices.invoice_order(self.book, order, now, code=f"HD{middle}_{number}{ending}")
        if status in _OFF and not order.invoice_ids and order.status != facts.ORDER_CANCELLED:
            orders.close(self.book, order, now)

    def _correct(self, order: Order, lines: Sequence[tuple[str, int, Decimal]]) -> None:
        """Take over the quantities of an order of which a part was cancelled."""
        wanted: Counter[int] = Counter()
        for sku, quantity, _ in lines:
            if (product := self.book.product_by_sku(sku)) is not None:
                wanted[product.id] += quantity
        if all(line.quantity == wanted[line.product_id] for line in order.lines):
            return
        for line in order.lines:
            line.quantity = Decimal(wanted[line.product_id])
        order.lines = [line for line in order.lines if line.quantity]
        orders.add(self.book, order)

    def _promise(self, middle: str, number: str, lines: Sequence[tuple[str, int, Decimal]], now: datetime) -> int:
        found = [(self.book.product_by_sku(sku), quantity, price) for sku, quantity, price in lines]
        order_id = self.book.next_id("order", orders.FIRST_ID)
        order = Order(
            id=order_id,
            code=f"DH{middle}_{number}",
            branch_id=self.branch_id,
            purchase_date=now,
            status=facts.ORDER_DRAFT,
            created_at=now,
            lines=[
                Line(
                    id=self.book.next_id("line", 7_000_000),
                    product_id=product.id,
                    code=product.code,
                    name=product.name,
                    quantity=Decimal(quantity),
                    price=price,
                )
                for product, quantity, price in found
                if product is not None
            ],
            customer_id=self._buyer(middle, now).id,
            using_cod=True,
        )
        orders.add(self.book, order)
        self.made[number] = order_id
        return order_id

    def _buyer(self, middle: str, now: datetime) -> Customer:
        """Return the customer of an import: marketplace buyers are masked."""
        buyer_id = self.book.next_id("customer", customers.FIRST_ID)
        buyer = Customer(
            id=buyer_id, code=f"KH{middle}{buyer_id}", name="Đ******h", created_at=now, branch_id=self.branch_id
        )
        self.book.customers[buyer.id] = buyer
        return buyer
