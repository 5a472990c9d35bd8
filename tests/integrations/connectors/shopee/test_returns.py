"""Returns: every status, both lists of expectations, pages that move, and the seller's answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.shopee.mapping import returns
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.reads import Change
from integrations.contract.writes import WriteOutcome, WriteRequest
from orders.snapshots import ReturnSnapshot
from tests.integrations.connectors.bound import Bound

from .conftest import NOW, Shopee, bad, good
from .samples import expected, raw, raw_text, short

LIST, DETAIL = "returns/get_return_list", "returns/get_return_detail"
CONFIRM, DISPUTE = "returns/confirm", "returns/dispute"
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
ROW = {
    "return_sn": "R1",
    "order_sn": "A1",
    "status": "REQUESTED",
    "update_time": 7,
    "item": [{"item_id": 5, "amount": 1}],
}


def made(**changes: Any) -> Any:
    return returns.snapshot(ROW | changes, NOW)


@pytest.mark.parametrize("name", ["return__refund_without_goods", "return__goods_on_the_way"])
def test_a_return(name: str) -> None:
    assert short(returns.snapshot(raw(name)["response"], NOW)) == expected(name)


def test_unknown_fields_survive() -> None:
    found = returns.snapshot(raw("return__goods_on_the_way")["response"], NOW)
    assert found.raw["a_field_of_tomorrow"] == {"kept": True}


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("REQUESTED", "requested"),
        ("PROCESSING", "approved"),
        ("ACCEPTED", "refunded"),
        ("JUDGING", "requested"),
        ("SELLER_DISPUTE", "requested"),
        ("CANCELLED", "withdrawn"),
        ("CLOSED", "refused"),
        ("A_NEW_WORD", ""),
        ("", ""),
    ],
)
def test_every_status(word: str, ours: str) -> None:
    found = made(status=word)
    assert (found.status, found.channel_status) == (ours, word)


@pytest.mark.parametrize(
    ("word", "parcel", "ours"),
    [
        ("PROCESSING", "LOGISTICS_REQUEST_CREATED", "approved"),
        ("PROCESSING", "LOGISTICS_PICKUP_DONE", "in_transit"),
        ("PROCESSING", "LOGISTICS_DELIVERY_DONE", "received"),
        ("ACCEPTED", "LOGISTICS_PICKUP_DONE", "refunded"),
        ("REQUESTED", "LOGISTICS_DELIVERY_DONE", "requested"),
    ],
)
def test_the_parcel_counts_only_while_the_return_is_processed(word: str, parcel: str, ours: str) -> None:
    assert made(status=word, logistics_status=parcel).status == ours


@pytest.mark.parametrize(
    ("facts", "goods"),
    [
        ({}, True),
        ({"needs_logistics": True, "return_solution": 0}, True),
        ({"needs_logistics": False, "return_solution": 0}, False),
        ({"needs_logistics": True, "return_solution": 1}, False),
        ({"return_solution": "REFUND"}, False),
        ({"return_solution": "RETURN_REFUND"}, True),
    ],
)
def test_do_goods_come_back(facts: dict[str, Any], goods: bool) -> None:
    assert made(**facts).goods_come_back is goods


def test_odd_returns_have_problems_and_one_without_a_number_is_refused() -> None:
    assert made(refund_amount=Decimal("0.5")).problems == ("fractional_money",)
    assert made(refund_amount=Decimal("0.5"), currency="SGD").problems == ()
    assert made(item=[]).problems == ("no_lines",)
    for odd, field in (({"update_time": "soon"}, "update_time"), ({"refund_amount": "much"}, "refund_amount")):
        assert made(**odd).problems == (f"odd_field:{field}",)
    assert made(item=[{"amount": 1}]).problems == ("line_without_product",)
    with pytest.raises(ValueError, match="no return_sn"):
        made(return_sn="")


def read(ports: Bound, *numbers: str) -> Any:
    return ports.read("return", numbers, since=NOW, asked_at=NOW)


def test_each_is_read_alone_and_one_trouble_is_its_own(shopee: Shopee, ports: Bound) -> None:
    rows = {"R1": good(ROW), "R2": bad("error_not_found", status=404), "R3": good(ROW | {"return_sn": ""})}
    rows["R4"] = bad("error_param", "odd")
    shopee.on(DETAIL, lambda asked: rows[asked.query["return_sn"]])
    answer = read(ports, "R1", "R2", "R3", "R4", "R1")
    assert [found.number for found in answer.of(ReturnSnapshot)] == ["R1"]
    assert answer.gone == ("R2",)
    assert sorted(answer.unreadable) == ["R3", "R4"]
    assert len(shopee.asked) == 4


def test_the_list_is_read_in_windows_and_pages(shopee: Shopee, ports: Bound) -> None:
    pages = {"0": [ROW, {"return_sn": ""}], "1": [ROW | {"return_sn": "R2", "update_time": "x"}]}
    shopee.on(
        LIST, lambda asked: good({"more": asked.query["page_no"] == "0", "return": pages[asked.query["page_no"]]})
    )
    found = [c for page in ports.changed("return", since=NOW - timedelta(days=20), until=NOW) for c in page.changes]
    once = [Change("R1", datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC), "REQUESTED"), Change("R2", None, "REQUESTED")]
    assert found == once * 2
    spans = [(int(a.query["update_time_from"]), int(a.query["update_time_to"])) for a in shopee.asked]
    assert all(end - start <= 15 * 86400 for start, end in spans)
    assert (spans[0][0], spans[-1][1]) == (int((NOW - timedelta(days=20)).timestamp()), int(NOW.timestamp()))
    assert {a.query["page_size"] for a in shopee.asked} == {"100"}


def test_a_list_of_the_present_is_read_until_it_stands_still(shopee: Shopee, ports: Bound) -> None:
    passes: list[str] = []

    def answer(asked: Any) -> Any:
        passes.append(asked.query["page_no"])
        number = "R1" if asked.query["page_no"] == "0" else f"R{min(len(passes), 4)}"
        return good({"more": asked.query["page_no"] == "0", "return": [ROW | {"return_sn": number}]})

    shopee.on(LIST, answer)
    now = datetime.now(UTC)
    found = {c.external_id for p in ports.changed("return", since=now - timedelta(1), until=now) for c in p.changes}
    assert found == {"R1", "R2", "R4"}
    assert passes == ["0", "1"] * 3


def command(kind: str, **options: Any) -> WriteRequest:
    return WriteRequest(kind, "A1", "ref", options={"return_number": "R1"} | options, sent_at=LONG_AGO)


def test_a_return_is_accepted(shopee: Shopee, ports: Bound) -> None:
    shopee.on(CONFIRM, good({"return_sn": "R1"}))
    assert ports.perform(command("accept_return")) == WriteOutcome("R1")
    assert shopee.asked[0].json() == {"return_sn": "R1"}


def test_a_return_is_objected_to(shopee: Shopee, connect: Callable[..., Bound]) -> None:
    shopee.on(DISPUTE, good({"return_sn": "R1"}))
    ports = connect(dispute_email="shop@example.test")
    ports.perform(command("reject_return"))
    ports.perform(command("reject_return", email="me@example.test", reason="3", text="Không đúng"))
    assert [asked.json() for asked in shopee.asked] == [
        {"return_sn": "R1", "email": "shop@example.test"},
        {"return_sn": "R1", "email": "me@example.test", "dispute_reason_id": 3, "dispute_text_reason": "Không đúng"},
    ]


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        ("accept_return", {"return_number": ""}, "return_number"),
        ("reject_return", {"return_number": ""}, "return_number"),
        ("reject_return", {}, "e-mail"),
        ("reject_return", {"email": "a@example.test", "reason": "bored"}, "number of the reason"),
    ],
)
def test_a_missing_option_is_refused_with_a_reason(
    kind: str, options: Any, says: str, shopee: Shopee, ports: Bound
) -> None:
    with pytest.raises(Rejected, match=says):
        ports.perform(command(kind, **options))
    assert shopee.asked == []


@pytest.mark.parametrize(
    ("kind", "status", "is_done"),
    [
        ("accept_return", "PROCESSING", True),
        ("accept_return", "ACCEPTED", True),
        ("accept_return", "REQUESTED", False),
        ("accept_return", "SELLER_DISPUTE", False),
        ("reject_return", "SELLER_DISPUTE", True),
        ("reject_return", "JUDGING", True),
        ("reject_return", "REQUESTED", False),
        ("reject_return", "ACCEPTED", False),
    ],
)
def test_an_outcome_is_looked_up_by_the_status_of_the_return(
    kind: str, status: str, is_done: bool, shopee: Shopee, ports: Bound
) -> None:
    shopee.on(DETAIL, good(ROW | {"status": status}))
    found = ports.outcome_of(command(kind))
    assert found == (WriteOutcome("R1", raw={"status": status}) if is_done else None)


def test_without_a_trace_there_is_no_outcome_however_young_the_command(shopee: Shopee, ports: Bound) -> None:
    shopee.on(DETAIL, good(ROW))
    lost = WriteRequest("accept_return", "A1", "r", options={"return_number": "R1"}, sent_at=datetime.now(UTC))
    assert ports.outcome_of(lost) is None


def test_a_lost_answer_is_not_repeated(shopee: Shopee, ports: Bound) -> None:
    shopee.on(CONFIRM, None)
    with pytest.raises(TryLater) as caught:
        ports.perform(command("accept_return"))
    assert caught.value.maybe_done
    assert len(shopee.asked) == 1


def test_the_sample_is_read_as_it_came(shopee: Shopee, ports: Bound) -> None:
    shopee.on(DETAIL, (200, raw_text("return__goods_on_the_way")))
    [found] = read(ports, "2611210FAKE0001").of(ReturnSnapshot)
    assert (found.number, found.status) == ("2611210FAKE0001", "in_transit")
