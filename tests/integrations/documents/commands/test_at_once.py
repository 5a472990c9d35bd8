"""Independent commands of one account run at once; those of one order and place, of one subject, or `alone`, never."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event, Lock

import pytest
from django.db import transaction

from integrations.contract.declarations import Limit
from integrations.contract.errors import TryLater
from integrations.contract.writes import WriteOutcome, WriteRequest
from integrations.documents.commands import perform, store
from integrations.documents.commands.perform import perform_due
from integrations.documents.commands.wanted import WantedCommand, want
from integrations.models import AppRegistration, Command, Connection
from integrations.work.calls import AT_ONCE, at_once
from inventory.models import Shop, Warehouse
from orders.models import Order
from tests.conftest import Start
from tests.integrations.toy import connected, install

from .conftest import PLACED, Toy

KIND, LONELY = "promotion_item", "journal_entry"


@dataclass
class Watch:
    """What is under way at the channel at any moment, and the most there ever was, by what it is about."""

    lock: Lock = field(default_factory=Lock)
    now: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    most: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    started: list[str] = field(default_factory=list)

    @contextmanager
    def __call__(self, reference: str, *keys: str) -> Iterator[None]:
        with self.lock:
            self.started.append(reference)
            for key in ("all", *keys):
                self.now[key] += 1
                self.most[key] = max(self.most[key], self.now[key])
        try:
            yield
        finally:
            with self.lock:
                for key in ("all", *keys):
                    self.now[key] -= 1


@dataclass
class Account:
    connection: Connection
    toy: Toy
    orders: list[Order]
    branch: Warehouse
    watch: Watch = field(default_factory=Watch)

    def want(self, *commands: WantedCommand) -> None:
        want(commands)

    def wanted(self, reference: str, kind: str = KIND, **more: object) -> WantedCommand:
        return WantedCommand(self.connection.pk, kind, reference, **more)  # type: ignore[arg-type]

    def perform(self) -> None:
        perform_due(self.connection.pk, budget_seconds=30)


@pytest.fixture
def account(transactional_db: None, redis: object, monkeypatch: pytest.MonkeyPatch) -> Account:
    connection = connected(AppRegistration.objects.create(channel="toy", name="Toy"))
    toy = Toy(KIND, LONELY, alone={LONELY})
    install(monkeypatch, toy.connector)
    shop = Shop.objects.create(name="Gian hàng", channel="toy")
    orders = Order.objects.bulk_create(
        Order(shop=shop, number=f"A{n}", status="to_ship", channel_status="S", placed_at=PLACED, asked_at=PLACED)
        for n in range(30)
    )
    made = Account(connection, toy, orders, Warehouse.objects.create(name="Kho"))

    def slow(command: WriteRequest) -> WriteOutcome:
        with made.watch(command.reference, *command.options["keys"]):
            time.sleep(command.options["seconds"])
        return WriteOutcome(command.reference, "")

    toy.on_perform = slow
    return made


def about(seconds: float, *keys: str) -> dict[str, object]:
    """Options that say how long it takes and what it must not share a moment with."""
    return {"seconds": seconds, "keys": keys}


def test_many_orders_take_the_time_of_an_eighth_of_them(account: Account) -> None:
    account.want(
        *(
            account.wanted(f"{order.number}-{n}", order_id=order.pk, options=about(0.2, f"order {order.pk}"))
            for order in account.orders
            for n in range(2)
        )
    )
    began = time.perf_counter()
    account.perform()
    took = time.perf_counter() - began
    assert account.watch.most["all"] == AT_ONCE
    assert took < 60 * 0.2 / 3, "one after another they take 12 seconds"
    assert {most for what, most in account.watch.most.items() if what != "all"} == {1}
    for order in account.orders:
        theirs = [reference for reference in account.watch.started if reference.startswith(f"{order.number}-")]
        assert theirs == [f"{order.number}-0", f"{order.number}-1"], "each order's in the order they were wanted"
    assert set(Command.objects.values_list("state", flat=True)) == {"done"}


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ((), 8),
        ((Limit("calls", 1000, 60),), 8),
        ((Limit("read", 10, 1), Limit("write", 5, 1)), 5),
        ((Limit("get", 5000, 3600), Limit("write", 2, 1)), 2),
        ((Limit("calls", 1, 10),), 1),
    ],
)
def test_no_more_are_under_way_than_the_account_takes_in_a_second(limits: tuple[Limit, ...], expected: int) -> None:
    assert at_once(limits) == expected


def test_a_narrow_limit_narrows_the_way(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, replace(account.toy.connector, limits=(Limit("write", 2, 1),)))
    account.want(
        *(account.wanted(order.number, order_id=order.pk, options=about(0.05)) for order in account.orders[:8])
    )
    account.perform()
    assert account.watch.most["all"] == 2


def test_kinds_that_must_be_alone_are_beside_others_but_never_beside_themselves(account: Account) -> None:
    account.want(
        *(
            account.wanted(f"{order.number}-{kind}", kind, order_id=order.pk, options=about(0.05, kind))
            for kind, orders in ((LONELY, account.orders[:8]), (KIND, account.orders[8:16]))
            for order in orders
        )
    )
    account.perform()
    assert (account.watch.most[LONELY], account.watch.most[KIND] > 1, account.watch.most["all"] > 1) == (1, True, True)
    assert set(Command.objects.values_list("state", flat=True)) == {"done"}


def test_after_a_later_the_rest_of_the_turn_goes_one_by_one(account: Account) -> None:
    account.want(
        *(account.wanted(order.number, order_id=order.pk, options=about(0.02, "any")) for order in account.orders)
    )
    slow = account.toy.on_perform

    def at_its_limit(command: WriteRequest) -> WriteOutcome:
        if command.reference == "A0":
            raise TryLater("not so fast", after=60)
        if int(command.reference[1:]) < AT_ONCE:
            time.sleep(0.5)  # under way when the first one hears of the limit
            return WriteOutcome()
        return slow(command)

    account.toy.on_perform = at_its_limit
    account.perform()
    states = dict(Command.objects.values_list("reference", "state"))
    assert {reference for reference, state in states.items() if state != "done"} == {"A0"}
    assert account.watch.most["all"] == 1


@pytest.mark.parametrize("seed", range(3))
def test_however_many_workers_there_are_nothing_shares_its_order_or_subject(
    account: Account, monkeypatch: pytest.MonkeyPatch, threads: Start, seed: int
) -> None:
    """Two workers that both believe they hold the lock, as after a restart of the database; commands come in meanwhile."""
    monkeypatch.setattr(perform, "advisory_lock", lambda name: nullcontext(True))
    draw = random.Random(seed)

    def drawn(n: int) -> WantedCommand:
        order, place = draw.choice([None, *account.orders[:5]]), draw.choice([None, account.branch.pk])
        subject, kind = draw.choice(["", "SAN-toy-900", "KH-1"]), draw.choice([KIND, KIND, LONELY])
        keys = [f"order {order.pk}/{place}"] if order else []
        keys += [f"subject {subject}/{place}"] if subject else []
        keys += [LONELY] if kind == LONELY else []
        return account.wanted(
            f"c{n}", kind, order_id=order.pk if order else None, warehouse_id=place, subject=subject,
            options=about(draw.choice([0.0, 0.005, 0.02]), *keys),
        )  # fmt: skip

    drawn_commands = [drawn(n) for n in range(60)]
    account.want(*drawn_commands[:20])

    def work() -> None:
        for _ in range(40):
            account.perform()
            time.sleep(0.01)

    workers = [threads(work) for _ in range(2)]
    for start in range(20, 60, 4):
        account.want(*drawn_commands[start : start + 4])
        time.sleep(0.02)
    for worker in workers:
        worker.result(60)
    account.perform()
    assert sorted(account.watch.started) == sorted(command.reference for command in drawn_commands), "each is sent once"
    assert {what: most for what, most in account.watch.most.items() if what != "all" and most > 1} == {}
    assert account.watch.most["all"] > 1
    assert set(Command.objects.values_list("state", flat=True)) == {"done"}


def test_what_a_late_commit_slips_in_front_waits_for_what_is_under_way(account: Account, threads: Start) -> None:
    first, second = (account.wanted(name, subject="SAN-toy-900") for name in ("first", "second"))
    stored, commit = Event(), Event()

    def late() -> None:
        with transaction.atomic():
            account.want(first)
            stored.set()
            assert commit.wait(10)

    slow = threads(late)
    assert stored.wait(10)
    account.want(second)
    assert [c.reference for c in store.claim(account.connection.pk, seconds=60)] == ["second"]
    commit.set()
    slow.result(10)
    assert store.claim(account.connection.pk, seconds=60) == [], "the earlier id is in nobody's way, and waits"
    store.done(Command.objects.get(reference="second").pk, external_id="", code="")
    assert [c.reference for c in store.claim(account.connection.pk, seconds=60)] == ["first"]


def test_claims_of_one_account_take_turns(account: Account, threads: Start) -> None:
    first, second = (account.wanted(name, subject="SAN-toy-900") for name in ("first", "second"))
    stored, claimed, commit = Event(), Event(), [Event(), Event()]

    def late() -> None:
        with transaction.atomic():
            account.want(first)
            stored.set()
            assert commit[0].wait(10)

    def claim_and_wait() -> None:
        with transaction.atomic():
            assert [c.reference for c in store.claim(account.connection.pk, seconds=60)] == ["second"]
            claimed.set()
            assert commit[1].wait(10)

    storing = threads(late)
    assert stored.wait(10)
    account.want(second)
    claiming = threads(claim_and_wait)
    assert claimed.wait(10)
    commit[0].set()
    storing.result(10)
    other = threads(partial(store.claim, account.connection.pk, seconds=60))
    with pytest.raises(TimeoutError):
        other.result(0.3)
    commit[1].set()
    claiming.result(10)
    assert other.result(10) == [], "the second is under way: the first waits"


def test_one_that_is_to_be_alone_and_waits_holds_up_no_other(account: Account) -> None:
    """They must not run at once: in which order does not matter."""
    account.want(account.wanted("first", LONELY), account.wanted("second", LONELY))

    def busy(command: WriteRequest) -> WriteOutcome:
        if command.reference == "first":
            raise TryLater("this record is locked there", after=3600)
        return WriteOutcome()

    account.toy.on_perform = busy
    account.perform()
    assert dict(Command.objects.values_list("reference", "state")) == {"first": "wanted", "second": "done"}
