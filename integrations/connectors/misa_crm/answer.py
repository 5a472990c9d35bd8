"""Answer in the making: records of the CRM, classified and mapped to snapshots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from integrations.connectors.misa_crm.mapping import errors, goods, people, sales
from integrations.connectors.misa_crm.mapping.goods import Held
from integrations.connectors.misa_crm.sources import CONTACTS, CUSTOMERS, PRODUCTS, SALES, Source
from integrations.contract.reads import Answer
from integrations.contract.reasons import Cause
from integrations.wire.answers import Row


@dataclass(slots=True)
class AnswerBuilder:
    """The snapshots, gone, ignored and unreadable ids that an answer is made of.

    `labels`: the tenant's words for states; `held`: the stock in its ledgers, None where they were not read.
    """

    asked_at: datetime
    labels: Mapping[str, str]
    held: Held | None = None
    snapshots: list[object] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    ignored: dict[str, Cause] = field(default_factory=dict)
    unreadable: dict[str, Cause] = field(default_factory=dict)

    def build(self) -> Answer:
        """Return the answer so far."""
        return Answer(
            snapshots=tuple(self.snapshots),
            gone=tuple(self.gone),
            ignored=dict(self.ignored),
            unreadable=dict(self.unreadable),
        )

    def add(self, source: Source, row: Row) -> None:
        """Add one record. A malformed field puts it under `unreadable`; the others stand."""
        try:
            _ADD[source.path](self, row)
        except ValueError as error:
            self.unreadable[source.id_of(row)] = str(error)

    def add_sale(self, row: Row) -> None:
        """Add a sale order; ignore those that the hub wrote: the marketplace is their source."""
        if sales.is_ours(row):
            self.ignored[SALES.id_of(row)] = errors.OURS
        else:
            self.snapshots.append(sales.order(row, self.labels, self.asked_at))

    def add_product(self, row: Row) -> None:
        """Add a product of the tenant."""
        self.snapshots.append(goods.listing(row, self.asked_at, self.held))

    def add_customer(self, row: Row) -> None:
        """Add a customer."""
        self.snapshots.append(people.customer(row, self.asked_at))

    def add_contact(self, row: Row) -> None:
        """Add a contact."""
        self.snapshots.append(people.contact(row, self.asked_at))


_ADD: Mapping[str, Callable[[AnswerBuilder, Row], None]] = {
    CUSTOMERS.path: AnswerBuilder.add_customer,
    CONTACTS.path: AnswerBuilder.add_contact,
    PRODUCTS.path: AnswerBuilder.add_product,
    SALES.path: AnswerBuilder.add_sale,
}
