"""Running the steps of a case: events through the inbox and the pipeline, and what people do in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import singledispatchmethod

from django.db import transaction

from core.db import database_time, fetch
from erpsync.replay.answering import CaseChannel
from erpsync.replay.case import Do, MadeUpOrder, MadeUpReturn, Read, Step
from erpsync.replay.setup import World
from integrations import inbox
from integrations.accounts.connections import Account, account_of
from integrations.connectors import connector_of
from integrations.contract.access import Access
from integrations.contract.writes import WriteOutcome, Writer, WriteRequest
from integrations.documents.commands.perform import carry_out
from integrations.inbox.store import Incoming
from integrations.ingest.drain import drain
from integrations.models import Connection, InboxEvent
from integrations.wire import transport
from inventory.services.mapping import exact_matches, map_listings
from inventory.services.wanted import refresh_wanted
from orders.models import Return
from orders.services.receiving import NotReceivable, Pieces, receive
from orders.services.returns import store_returns
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot, ReturnLineSnapshot, ReturnSnapshot

# an event that comes back within so long is waited for
PATIENCE_SECONDS = 1.0
_ROUNDS = 5
_SECONDS = 30.0
_PRICE = Decimal(99_000)

_COMING = """
SELECT extract(epoch FROM min(due_at) - clock_timestamp())::float FROM integrations_inboxevent
WHERE connection_id = %s AND state = 'pending'
"""


@dataclass
class Player:
    """Plays steps on a world that was set up. `events`: per step that reads, {id: [state, code, reason]}; `notes`: what a
    reader of the result should know.
    """

    world: World
    events: list[dict[str, list[str]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @singledispatchmethod
    def play(self, step: Step) -> None:
        """Play one step."""
        raise NotImplementedError(step)

    @play.register
    def _(self, step: Read) -> None:
        connection = self._account_holder(step.at_pos)
        before = list(InboxEvent.objects.exclude(state="pending").values_list("pk", flat=True))
        inbox.add([
            Incoming(connection.authorisation.app_id, connection.pk, step.kind, step.external_id, "webhook")
        ])  # fmt: skip
        self._call(connection, step.answers, lambda: _drain(connection))
        # the step's own event: what it made the hub ask for again comes after it
        own = InboxEvent.objects.exclude(pk__in=before).filter(kind=step.kind, external_id=step.external_id)
        self.events.append({step.external_id: _end(own.earliest("pk"))})

    @play.register
    def _(self, step: MadeUpOrder) -> None:
        shop = self.world.shop.own_shop
        item, variation = shop.listings.values_list("item_id", "variation_id").order_by("pk")[0]
        asked_at = database_time()
        line = LineSnapshot("1", item, variation, step.pieces, price=_PRICE, paid_price=_PRICE)
        order = OrderSnapshot(
            step.number, step.status, step.status.upper(), shop.currency, asked_at, asked_at, (line,),
            total=_PRICE * step.pieces,
        )  # fmt: skip
        with transaction.atomic():
            refresh_wanted(upsert_orders(shop, [order], source="webhook").products)

    @play.register
    def _(self, step: MadeUpReturn) -> None:
        lines = tuple(ReturnLineSnapshot(item, variation, pieces) for item, variation, pieces in step.lines)
        made_up = ReturnSnapshot(
            step.number, step.order_number, step.status, step.status.upper(), database_time(), lines
        )
        with transaction.atomic():
            store_returns(self.world.shop.own_shop, [made_up], source="webhook")

    @play.register
    def _(self, step: Do) -> None:
        _DEEDS[step.verb](self, step)

    def _account_holder(self, at_pos: bool) -> Connection:
        if not at_pos:
            return self.world.shop
        assert self.world.pos is not None, "checked before the case began"
        return self.world.pos

    def _call(self, connection: Connection, answers: Mapping[str, object], work: Callable[[], None]) -> None:
        channel = CaseChannel(connector_of(connection.channel), answers)
        with transport.through(channel):
            work()
        self.notes += [f"no answer in the case for {call}" for call in channel.unanswered]

    def map(self, _: Do) -> None:
        """Map listings as a person does who accepts what the hub suggests."""
        with transaction.atomic():
            refresh_wanted(map_listings(exact_matches()))

    def write(self, step: Do) -> None:
        """Carry out the documents that the POS is to have."""
        pos = self._account_holder(at_pos=True)
        account = account_of(pos)
        if not step.answers:
            account = replace(account, connector=replace(account.connector, writes=_taken(account)))
        self._call(pos, step.answers, lambda: _carry_out(account))

    def receive(self, step: Do) -> None:
        """Receive the goods of a return, all of them sellable, and put them back on sale where they were sold from."""
        found = Return.objects.get(shop=self.world.shop.own_shop, number=step.about)
        place = self.world.shop.own_shop.sells_from.get()
        pieces = {line.pk: Pieces(sellable=line.quantity) for line in found.lines.all()}
        try:
            with transaction.atomic():
                receive(found.pk, pieces, warehouse_id=place.pk, put_back=True, actor_id=None)
        except NotReceivable as refusal:
            self.notes.append(f"receiving {step.about} is refused: {refusal.code}")


_DEEDS: Mapping[str, Callable[[Player, Do], None]] = {
    "map": Player.map, "write": Player.write, "receive": Player.receive,
}  # fmt: skip


def _drain(connection: Connection) -> None:
    """Drain until nothing is due, or comes back within PATIENCE_SECONDS."""
    for _ in range(_ROUNDS):
        drain(connection.pk, _SECONDS)
        [(seconds,)] = fetch(_COMING, connection.pk)
        if seconds is None or seconds > PATIENCE_SECONDS:
            return
        time.sleep(max(seconds, 0.0))


def _end(event: InboxEvent) -> list[str]:
    words = [event.state, event.reason_code, event.reason]
    while not words[-1]:
        words.pop()
    return words


def _carry_out(account: Account) -> None:
    carry_out(account, "orders", _SECONDS)


def _taken(account: Account) -> dict[str, Writer]:
    """Return writers that take everything, for a case that has no answers to writes."""
    return {kind: Writer(perform=_take, outcome_of=_take) for kind in account.connector.writes}


def _take(access: Access, command: WriteRequest) -> WriteOutcome:
    return WriteOutcome(external_id=f"written-{command.reference}", code=command.reference)
