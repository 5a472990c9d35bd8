"""Orders, products and tokens that are not as they should be: each becomes a row with its reason, and the next one goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from redis import Redis

from integrations import inbox
from integrations.contract.errors import NotAuthorised
from integrations.contract.reads import Answer, Reader
from integrations.inbox.store import Incoming
from integrations.ingest import drain
from integrations.models import Connection, InboxEvent
from inventory.models import Listing, Product
from orders.models import Order
from orders.snapshots import LineSnapshot
from tests.integrations.toy import Toy, connected, install, order, toy_connector

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = LineSnapshot("1", "1", "", 1, price=Decimal(1000))


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, redis: Redis) -> type[Toy]:
    class Scripted(Toy):
        asked = []

    reader = Reader(read=Scripted.read, changed=Scripted.changed, batch=50)
    install(monkeypatch, replace(toy_connector(Scripted), reads={"order": reader, "product": reader}))
    return Scripted


@pytest.fixture
def connection(toy: type[Toy]) -> Connection:
    """A shop with one mapped listing."""
    found = connected()
    product = Product.objects.create(sku="AO-01", name="Áo thun")
    Listing.objects.create(shop=found.shop, item_id="1", title="Áo thun", product=product)
    return found


def run(connection: Connection, *ids: str, kind: str = "order") -> dict[str, tuple[str, str]]:
    app_id = connection.authorisation.app_id
    inbox.add([Incoming(app_id, connection.id, kind, i, "webhook") for i in ids])
    drain.drain(connection.id)
    return {e.external_id: (e.state, e.reason_code) for e in InboxEvent.objects.filter(external_id__in=ids)}


ODD = {
    "unknown status": ({"status": "", "channel_status": "TELEPORTED"}, ["unknown_status"], [1]),
    "no lines": ({"lines": (), "problems": ("no_lines",)}, ["no_lines"], []),
    "unmapped": ({"lines": (LineSnapshot("1", "none of ours", "", 1),)}, ["unmapped_line"], [1]),
    "zero quantity": (
        {"lines": (LineSnapshot("1", "1", "", 0),), "problems": ("zero_quantity",)}, ["zero_quantity"], [0],
    ),
    "dong with decimals": (
        {"lines": (LineSnapshot("1", "1", "", 1, price=Decimal("1000.25")),), "problems": ("fractional_money",)},
        ["fractional_money"], [1],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("differs", "problems", "quantities"), ODD.values(), ids=ODD)
def test_an_odd_order_is_stored_and_flagged_and_blocks_no_other(
    toy: type[Toy], connection: Connection, differs: dict[str, object], problems: list[str], quantities: list[int]
) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Answer:
        good = {"lines": (GOOD,)}
        return Answer(tuple(order(i, at, **(good | (differs if i == "ODD" else {}))) for i in ids))

    toy.answer = staticmethod(answer)
    ends = run(connection, "A", "ODD", "Z")
    if "lines" in differs and not differs["lines"]:
        # it is asked for again a few times, and stands as it is if none ever come
        assert ends.pop("ODD") == ("pending", "incomplete")
        InboxEvent.objects.update(tries=4, due_at="2000-01-01T00:00Z")
        ends |= run(connection, "ODD")
    assert ends == dict.fromkeys(("A", "ODD", "Z"), ("processed", ""))
    odd = Order.objects.get(number="ODD")
    assert set(problems) <= set(odd.problems)
    assert odd.has_problem
    assert [line.quantity for line in odd.lines.all()] == quantities
    assert [Order.objects.get(number=number).lines.count() for number in "AZ"] == [1, 1]


def test_the_channel_s_own_word_of_an_unknown_status_is_kept(toy: type[Toy], connection: Connection) -> None:
    toy.answer = staticmethod(
        lambda ids, at: Answer(tuple(order(i, at, status="", channel_status="TELEPORTED") for i in ids))
    )
    run(connection, "A")
    assert (Order.objects.get().status, Order.objects.get().channel_status) == ("", "TELEPORTED")


@pytest.mark.parametrize(
    "differs",
    [
        {"buyer_name": "a\x00b"},
        {"lines": (LineSnapshot("1", "1", "", 10**20),)},
        {"lines": (LineSnapshot("1", "1", "", 1, price=Decimal(10) ** 40),)},
        {"total": Decimal("Infinity")},
    ],
    ids=["NUL", "quantity", "price", "endless money"],
)
def test_an_order_that_cannot_be_stored_ends_as_a_dead_letter_alone(
    toy: type[Toy], connection: Connection, differs: dict[str, object]
) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Answer:
        return Answer(tuple(order(i, at, **(differs if i == "ODD" else {})) for i in ids))

    toy.answer = staticmethod(answer)
    ends = run(connection, "A", "ODD", "Z")
    assert (ends["A"], ends["Z"]) == (("processed", ""), ("processed", ""))
    odd = InboxEvent.objects.get(external_id="ODD")
    assert (odd.state, odd.tries) == ("pending", 1)
    for _ in range(4):
        InboxEvent.objects.filter(state="pending").update(due_at="2000-01-01T00:00Z")
        drain.drain(connection.id)
    odd.refresh_from_db()
    assert odd.state == "dead"
    assert str(odd.reason).startswith("It could not be")
    assert not Order.objects.filter(number="ODD").exists()


def test_a_product_deleted_at_the_channel_is_marked_and_its_event_ends(toy: type[Toy], connection: Connection) -> None:
    toy.answer = staticmethod(lambda ids, at: Answer(gone=tuple(ids)))
    assert run(connection, "1", kind="product") == {"1": ("ignored", "gone")}
    assert str(InboxEvent.objects.get().reason) == "The channel no longer knows it."
    assert Listing.objects.get().status == "deleted"


def test_a_token_that_cannot_be_renewed_is_the_reason_and_costs_no_try(toy: type[Toy], connection: Connection) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Answer:
        raise NotAuthorised("connect this shop again", code="error_auth")

    toy.answer = staticmethod(answer)
    other = connected(connection.authorisation.app, "901")
    assert run(connection, "A") == {"A": ("pending", "error_auth")}
    event = InboxEvent.objects.get()
    assert (event.tries, str(event.reason)) == (0, "connect this shop again")
    toy.answer = staticmethod(lambda ids, at: Answer(tuple(order(i, at) for i in ids)))
    assert run(other, "B") == {"B": ("processed", "")}
    InboxEvent.objects.update(due_at="2000-01-01T00:00Z")  # a minute later, somebody has connected it again
    drain.drain(connection.id)
    assert set(InboxEvent.objects.values_list("state", flat=True)) == {"processed"}


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_channel_s_clock_an_hour_off_loses_no_change(toy: type[Toy], connection: Connection, hours: int) -> None:
    channel_now = datetime.now(UTC) + timedelta(hours=hours)
    for step, status in enumerate(["to_ship", "shipped", "completed"]):
        version = channel_now + timedelta(seconds=step)
        toy.answer = staticmethod(
            lambda ids, at, status=status, version=version: Answer(
                tuple(order(i, at, status=status, version=version) for i in ids)
            )
        )
        run(connection, "A")
        assert Order.objects.get().status == status


def test_our_own_clock_an_hour_off_delays_nothing(
    toy: type[Toy], connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for offset in (-3600, 3600):
        monkeypatch.setattr("time.time", lambda offset=offset: 1_790_000_000 + offset)
        assert run(connection, f"A{offset}") == {f"A{offset}": ("processed", "")}
