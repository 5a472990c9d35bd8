"""Commands that a channel takes together: one call for many, each with an outcome of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from integrations.contract.access import Access
from integrations.contract.errors import ChannelError, NotAuthorised, Rejected, TryLater
from integrations.contract.writes import Together, WriteOutcome, WriteRequest
from integrations.documents.commands.perform import perform_due
from integrations.documents.commands.wanted import WantedCommand, want
from integrations.models import AppRegistration, Command, Connection
from inventory.models import Shop
from orders.models import Order
from tests.integrations.toy import connected, install

from .conftest import PLACED, Toy

BATCH = 20


@dataclass
class Account:
    connection: Connection
    toy: Toy
    orders: list[Order]
    groups: list[list[str]] = field(default_factory=list)
    answers: dict[str, WriteOutcome | ChannelError] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    error: Exception | None = None

    def together(self, access: Access, commands: Sequence[WriteRequest]) -> Mapping[str, WriteOutcome | ChannelError]:
        self.groups.append([command.reference for command in commands])
        if self.error:
            raise self.error
        done = [command.reference for command in commands if command.reference not in self.left_out]
        return {one: self.answers.get(one) or WriteOutcome(f"id-{one}", "T1") for one in done}

    def want(self, count: int, kind: str = "ship") -> None:
        want([
            WantedCommand(self.connection.pk, kind, order.number, order_id=order.pk) for order in self.orders[:count]
        ])  # fmt: skip

    def perform(self) -> None:
        perform_due(self.connection.pk, budget_seconds=30)

    def states(self) -> dict[str, int]:
        found = list(Command.objects.values_list("state", flat=True))
        return {state: found.count(state) for state in found}


@pytest.fixture
def account(transactional_db: None, redis: object, monkeypatch: pytest.MonkeyPatch) -> Account:
    connection = connected(AppRegistration.objects.create(channel="toy", name="Toy"))
    shop = Shop.objects.create(name="Gian hàng", channel="toy")
    orders = Order.objects.bulk_create(
        Order(shop=shop, number=f"A{n}", status="to_ship", channel_status="S", placed_at=PLACED, asked_at=PLACED)
        for n in range(50)
    )
    toy = Toy("ship", "cancel")
    made = Account(connection, toy, orders)
    writes = dict(toy.connector.writes)
    writes["ship"] = replace(writes["ship"], together=Together(perform=made.together, batch=BATCH))
    install(monkeypatch, replace(toy.connector, writes=writes))
    return made


def test_fifty_orders_are_three_calls(account: Account) -> None:
    account.want(50)
    account.perform()
    assert sorted(map(len, account.groups)) == [10, 20, 20]
    assert (account.toy.performed, account.states()) == ([], {"done": 50})
    done = Command.objects.get(reference="A7")
    assert (done.external_id, done.code) == ("id-A7", "T1")


def test_one_order_has_no_company(account: Account) -> None:
    account.want(1)
    account.perform()
    assert (account.groups, len(account.toy.performed), account.states()) == ([], 1, {"done": 1})


def test_other_kinds_are_carried_out_one_by_one(account: Account) -> None:
    account.want(3, "cancel")
    account.perform()
    assert (account.groups, len(account.toy.performed), account.states()) == ([], 3, {"done": 3})


def test_what_is_left_out_is_done_alone_and_a_refusal_is_of_its_order(account: Account) -> None:
    account.left_out = {"A1", "A2"}
    account.answers = {"A3": Rejected("the parcel is gone"), "A4": TryLater("later", after=60)}
    account.want(6)
    account.perform()
    assert account.groups == [["A0", "A1", "A2", "A3", "A4", "A5"]]
    assert sorted(command.reference for command in account.toy.performed) == ["A1", "A2"]
    assert dict(Command.objects.values_list("reference", "state")) == {
        "A0": "done", "A1": "done", "A2": "done", "A3": "refused", "A4": "wanted", "A5": "done",
    }  # fmt: skip


def test_all_that_are_left_out_are_carried_out_even_when_the_time_is_up(account: Account) -> None:
    account.left_out = {f"A{n}" for n in range(50)}
    account.want(BATCH)
    perform_due(account.connection.pk, budget_seconds=0.001)
    assert (len(account.toy.performed), account.states()) == (BATCH, {"done": BATCH})


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (TryLater("no answer", maybe_done=True), "sent"),
        (TryLater("busy", after=60), "wanted"),
        (NotAuthorised("connect again"), "wanted"),
        (Rejected("no"), "refused"),
        (KeyError("success_list"), "sent"),
    ],
)
def test_what_concerns_the_call_concerns_all_in_it(account: Account, error: Exception, state: str) -> None:
    account.error = error
    account.want(5)
    account.perform()
    assert (len(account.groups), account.toy.performed, account.states()) == (1, [], {state: 5})


def test_a_lost_call_is_looked_up_order_by_order(account: Account) -> None:
    account.error = TryLater("no answer", maybe_done=True)
    account.want(5)
    account.perform()
    Command.objects.update(due_at="2000-01-01T00:00Z", sent_at="2000-01-01T00:00Z")
    account.toy.on_look_up = lambda command: WriteOutcome("4711", "")
    account.perform()
    assert len(account.groups) == 1
    assert sorted(command.reference for command in account.toy.looked_up) == ["A0", "A1", "A2", "A3", "A4"]
    assert account.states() == {"done": 5}
