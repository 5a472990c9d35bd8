"""A connector's ports bound to one account, so that a test names the account once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from commissions.snapshots import SettlementSnapshot, StatementLineSnapshot
from integrations.contract.access import Access
from integrations.contract.connector import Connector, Health
from integrations.contract.declarations import Field
from integrations.contract.errors import ChannelError
from integrations.contract.labels import Label, ParcelRef
from integrations.contract.publisher import ContentPush, PricePush, PushOutcome, StockPush
from integrations.contract.reads import Answer, Page
from integrations.contract.writes import WriteOutcome, WriteRequest
from inventory.snapshots import WarehouseSnapshot


@dataclass(frozen=True)
class Bound:
    """One account as reached through its connector. A port that is missing fails the test."""

    connector: Connector
    access: Access

    def check(self) -> Health:
        return self.connector.check(self.access)

    def warehouses(self) -> tuple[WarehouseSnapshot, ...]:
        assert self.connector.warehouses is not None
        return self.connector.warehouses(self.access)

    def register_webhooks(self, url: str) -> None:
        assert self.connector.webhooks is not None
        assert self.connector.webhooks.register is not None
        self.connector.webhooks.register(self.access, url)

    def read(self, kind: str, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
        return self.connector.reads[kind].read(self.access, ids, since=since, asked_at=asked_at)

    def changed(self, kind: str, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        return self.connector.reads[kind].changed(self.access, since=since, until=until)

    def earliest(self, kind: str) -> datetime | None:
        earliest = self.connector.reads[kind].earliest
        assert earliest is not None
        return earliest(self.access)

    def publish_stock(self, pushes: Sequence[StockPush]) -> list[PushOutcome]:
        assert self.connector.publisher is not None
        assert self.connector.publisher.stock is not None
        return self.connector.publisher.stock(self.access, pushes)

    def publish_price(self, pushes: Sequence[PricePush]) -> list[PushOutcome]:
        assert self.connector.publisher is not None
        assert self.connector.publisher.price is not None
        return self.connector.publisher.price(self.access, pushes)

    def publish_content(self, push: ContentPush) -> None:
        assert self.connector.publisher is not None
        assert self.connector.publisher.content is not None
        self.connector.publisher.content(self.access, push)

    def label(self, order_number: str, parcel: str) -> Label:
        """Fetch one label; raises the error that came in its place."""
        assert self.connector.labels is not None
        wanted = ParcelRef(order_number, parcel)
        found = self.connector.labels.fetch(self.access, [wanted])
        assert list(found) == [wanted]
        label = found[wanted]
        if isinstance(label, ChannelError):
            raise label
        return label

    def fields(self, command: WriteRequest) -> tuple[Field, ...]:
        fields = self.connector.writes[command.kind].fields
        return fields(self.access, command) if fields else ()

    def perform(self, command: WriteRequest) -> WriteOutcome:
        return self.connector.writes[command.kind].perform(self.access, command)

    def outcome_of(self, command: WriteRequest) -> WriteOutcome | None:
        return self.connector.writes[command.kind].outcome_of(self.access, command)


def lines_of(answer: Answer | None) -> dict[str, tuple[StatementLineSnapshot, ...]]:
    """Return settlement -> its lines, of an answer about settlements."""
    assert answer is not None
    return {settlement.external_id: settlement.lines for settlement in answer.of(SettlementSnapshot)}
