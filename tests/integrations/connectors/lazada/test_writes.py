"""Commands to the simulated Lazada: shipping and cancelling, and answers that were lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from integrations.connectors.lazada.simulator import steps
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.writes import WriteOutcome, WriteRequest
from orders.snapshots import OrderSnapshot
from tests.integrations.connectors.bound import Bound
from tests.integrations.connectors.lazada.still_world import AGO, Market, command, now

from .samples import raw
from .scripted import Scripted

# --- ship ---


def test_an_order_is_packed_and_handed_over(place: Market, account: Bound) -> None:
    order = place.buy((place.sold(), 2))
    found = account.perform(command("ship", order))
    [package] = place.record(order).packages.values()
    assert found == WriteOutcome(
        package.id, package.tracking, {"statuses": ["packed"], "packages": [package.id]}
    )  # fmt: skip
    assert order.status == "packed"
    label = account.label(order.id, found.external_id)
    assert package.tracking.encode() in label.content
    assert (label.content_type, label.name) == ("application/pdf", f"{package.id}.pdf")
    again = account.perform(command("ship", order))
    assert (again.external_id, len(place.record(order).packages)) == (package.id, 1)


def test_half_done_it_goes_on_where_it_broke_off(place: Market, account: Bound) -> None:
    order = place.buy((place.sold(), 2))
    record = place.record(order)
    with place.simulation.world.lock:
        first = steps.pack(place.backend, record, record.units[:1])
        steps.ready(place.backend, record, first)
    account.perform(command("ship", order))
    assert (order.status, len(record.packages)) == ("packed", 2)


def test_a_lost_answer_is_looked_up(place: Market, account: Bound) -> None:
    order = place.buy()
    assert account.outcome_of(command("ship", order, sent=1)) is None
    account.perform(command("ship", order))
    found = account.outcome_of(command("ship", order, sent=1))
    assert found is not None
    assert found.external_id in place.record(order).packages


@pytest.mark.parametrize(
    ("kind", "write", "found"),
    [
        ("ship", "/order/fulfill/pack", False),
        ("ship", "/order/package/rts", True),
        ("cancel", "/order/reverse/cancel/create", True),
        ("reject_cancellation", "/order/reverse/cancel/seller/decide", True),
    ],
)
def test_a_write_whose_answer_was_lost_is_done_once(
    kind: str, write: str, found: bool, place: Market, account: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = place.buy((place.sold(), 2))
    if kind == "reject_cancellation":
        place.step(order, "asked_cancel")
    monkeypatch.setattr(place.platform, "may_lose_answer", lambda method, target: write in target)
    place.simulation.world.book.faults.set({"lazada.answer_lost": 1.0})
    with pytest.raises(TryLater) as caught:
        account.perform(command(kind, order))
    assert caught.value.maybe_done
    monkeypatch.undo()
    place.simulation.world.book.faults.set({"lazada.answer_lost": 0.0})
    before = place.simulation.world.book.traffic.calls["lazada"]
    known = account.outcome_of(command(kind, order, sent=100))
    assert ((known is not None), place.simulation.world.book.traffic.calls["lazada"]) == (found, before + 1)
    if not found:
        account.perform(command(kind, order))
    after = {"ship": "packed", "cancel": "cancelled", "reject_cancellation": "to_ship"}
    assert order.status == after[kind]
    assert len(place.record(order).packages) == (1 if kind == "ship" else 0)


def test_success_does_not_mean_done(place: Market, account: Bound) -> None:
    order = place.buy()
    place.simulation.world.book.faults.set({"lazada.partial_batch": 1.0})
    with pytest.raises(TryLater) as caught:
        account.perform(command("ship", order))
    assert (caught.value.code, caught.value.maybe_done) == ("700024", False)
    place.simulation.world.book.faults.set({"lazada.partial_batch": 0.0})
    place.step(order, "asked_cancel")
    with pytest.raises(Rejected) as refused:
        account.perform(command("ship", order))
    assert refused.value.code == "700026"


@pytest.mark.parametrize(
    ("name", "path", "code"),
    [("pack__item_failed", "/order/fulfill/pack", "700026"), ("ready__failed", "/order/package/rts", "600002")],
)
def test_documented_rows_that_failed(
    name: str, path: str, code: str, scripted: Scripted, scripted_account: Bound
) -> None:  # fmt: skip
    status = "pending" if "pack__" in name else "packed"
    item = {"order_item_id": 5, "status": status, "package_id": "FP1"}
    scripted.answers |= {"/order/items/get": {"code": "0", "data": [item]}, path: raw(name)}
    with pytest.raises(Rejected) as caught:
        scripted_account.perform(WriteRequest("ship", "5", "r"))
    assert caught.value.code == code


# --- cancel ---


def test_cancel_takes_the_reason_that_leaves_the_stock_alone(place: Market, account: Bound) -> None:
    sold = place.sold()
    before, order = sold.stock, place.buy((sold, 2))
    assert account.perform(command("cancel", order)).external_id == order.id
    assert (order.status, sold.stock) == ("cancelled", before)
    assert place.record(order).units[0].reason == "Sourcing Delay"
    assert account.perform(command("cancel", order)).external_id == order.id
    assert account.outcome_of(command("cancel", order, sent=1)) is not None
    emptied = place.buy((sold, 1))
    account.perform(command("cancel", emptied, reason="out of stock"))
    assert sold.stock == 0


def test_what_cannot_be_cancelled_is_said(place: Market, account: Bound) -> None:
    order = place.buy()
    with pytest.raises(Rejected, match="Sourcing Delay"):
        account.perform(command("cancel", order, reason="bored"))
    place.step(order, "arranged", "shipped")
    with pytest.raises(Rejected, match="state at Lazada"):
        account.perform(command("cancel", order))
    assert account.outcome_of(command("cancel", order, sent=100)) is None
    with pytest.raises(Rejected) as caught:
        account.perform(replace(command("cancel", order), order_number="77"))
    assert caught.value.code == "16"


def test_a_cancel_by_get_is_sent_once_whatever_happens(scripted: Scripted, scripted_account: Bound) -> None:
    scripted.answers |= {
        "/order/items/get": {"code": "0", "data": [{"order_item_id": 5, "status": "pending"}]},
        "/order/reverse/cancel/validate": raw("cancel__validated"),
        "/order/reverse/cancel/create": None,
    }
    with pytest.raises(TryLater) as caught:
        scripted_account.perform(WriteRequest("cancel", "5", "r"))
    assert caught.value.maybe_done
    assert [path for _, path, _ in scripted.asked].count("/order/reverse/cancel/create") == 1
    scripted.answers["/order/reverse/cancel/create"] = raw("cancel__created")
    assert scripted_account.perform(WriteRequest("cancel", "5", "r")).raw["tip_type"] == "success"


@pytest.mark.parametrize(("kind", "status"), [("accept_cancellation", "cancelled"), ("reject_cancellation", "to_ship")])
def test_a_buyer_is_answered(kind: str, status: str, place: Market, account: Bound) -> None:
    order = place.buy()
    with pytest.raises(Rejected):
        account.perform(command(kind, order))
    place.step(order, "asked_cancel")
    [asked] = account.read("order", [order.id], since=AGO, asked_at=now()).of(OrderSnapshot)
    assert asked.status == "cancelling"
    assert account.outcome_of(command(kind, order, sent=100)) is None
    account.perform(command(kind, order))
    assert order.status == status
    assert account.outcome_of(command(kind, order, sent=1)) is not None


def test_of_a_mixed_order_only_what_the_seller_sends_is_packed(place: Market, account: Bound) -> None:
    order = place.buy((place.sold(), 2))
    record = place.record(order)
    record.units[0].by_lazada = True
    found = account.perform(command("ship", order))
    [package] = record.packages.values()
    assert found.external_id == package.id
    assert [unit.package == package.id for unit in record.units] == [False, True]
    looked_up = account.outcome_of(command("ship", order, sent=1))
    assert looked_up is not None
    assert looked_up.external_id == package.id, "Lazada's own unit is still pending, and not ours to wait for"


def test_an_order_of_lazadas_own_warehouse_is_not_shipped(place: Market, account: Bound) -> None:
    order = place.buy((place.sold(), 1))
    place.record(order).units[0].by_lazada = True
    with pytest.raises(Rejected, match="Lazada's own warehouse ships this order"):
        account.perform(command("ship", order))
    assert place.record(order).packages == {}
