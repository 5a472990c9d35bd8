"""Customers and sale orders are written once, whatever becomes of the answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from redis import Redis

from integrations.connectors.misa_crm.connector import CONNECTOR
from integrations.connectors.misa_crm.mapping.sales import LINES
from integrations.connectors.misa_crm.simulator import records
from integrations.contract.access import Access
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.writes import WriteLine, WriteRequest
from tests.integrations.connectors.bound import Bound

from .conftest import Crm

Make = Callable[..., Access]
SENT = datetime(2026, 11, 21, 9, tzinfo=UTC)
BUYER: dict[str, Any] = {
    "code": "KH-0901234567", "name": "Trần Thị B", "phone": "0901234567", "address": "Số 1", "is_personal": True,
}  # fmt: skip
CUSTOMER = WriteRequest(
    "crm_customer", "251121ABC", "7-251121ABC-crm_customer1", options={"customer": BUYER}, sent_at=SENT
)
OPTIONS: dict[str, Any] = {
    "code": "7-251121ABC", "state": "to_ship", "customer": "KH-0901234567", "placed_at": "2026-11-20T18:30:00+00:00",
    "title": "Tiệm Nhà Mình", "recipient": {"name": "Trần Thị B", "phone": "0901234567", "address": "Số 1"},
    "names": {"ATCC001-S": "Áo thun"},
}  # fmt: skip
SALE = WriteRequest(
    "crm_order", "251121ABC", "7-251121ABC-crm_order1",
    lines=(WriteLine("ATCC001-S", "", "ATCC001-S", 2, Decimal(150_000)),), options=OPTIONS, sent_at=SENT,
)  # fmt: skip


def later(state: str, **more: Any) -> WriteRequest:
    return replace(SALE, options=OPTIONS | {"state": state} | more)


@pytest.fixture
def connector(access: Make, redis: Redis) -> Bound:
    return Bound(CONNECTOR, access())


def sales(crm: Crm) -> list[dict[str, Any]]:
    return [row for row in crm.data("/SaleOrders?pageSize=100") if row["other_sys_order_code"]]


def people(crm: Crm) -> list[dict[str, Any]]:
    return [row for row in crm.book.tables["Customers"].values() if row["account_number"] == "KH-0901234567"]


def test_a_customer_is_made_once_and_then_left_alone(crm: Crm, connector: Bound) -> None:
    assert connector.outcome_of(CUSTOMER) is None
    first = connector.perform(CUSTOMER)
    crm.call("PUT", "/Customers", [{"account_number": "KH-0901234567", "account_name": "Chị Bích"}])
    second = connector.perform(CUSTOMER)
    known = connector.outcome_of(CUSTOMER)
    assert known is not None
    assert [(one.external_id, one.code) for one in (first, second, known)] == [("1121", "KH-0901234567")] * 3
    [row] = people(crm)
    assert {name: row[name] for name in ("account_name", "office_tel", "is_personal", "form_layout")} == {
        "account_name": "Chị Bích", "office_tel": "0901234567", "is_personal": True, "form_layout": "Mẫu tiêu chuẩn",
    }  # fmt: skip


def test_a_telephone_that_somebody_else_has_is_refused_by_its_field(crm: Crm, connector: Bound) -> None:
    taken = crm.book.tables["Customers"][1001]["office_tel"]
    with pytest.raises(Rejected, match="đã bị trùng") as caught:
        connector.perform(replace(CUSTOMER, options={"customer": BUYER | {"phone": taken}}))
    assert (caught.value.code, people(crm)) == ("office_tel", [])


def test_a_sale_order_carries_codes_money_and_our_mark(crm: Crm, connector: Bound) -> None:
    connector.perform(CUSTOMER)
    outcome = connector.perform(SALE)
    assert (outcome.external_id, outcome.code) == ("5026", "7-251121ABC")
    [row] = sales(crm)
    assert crm.book.tables["SaleOrders"][5026]["account_name"] == "KH-0901234567", "written as a code"
    wanted = {
        "sale_order_no": "7-251121ABC", "sale_order_date": "21/11/2026", "account_name": "Trần Thị B", "status": "Chưa thực hiện",
        "sale_order_amount": 300000, "total_summary": "300000", "other_sys_order_code": "erpsync:251121ABC",
        "shipping_address": "Số 1", "phone": "0901234567",
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted
    [line] = row["sale_order_product_mappings"]
    wanted_line = {
        "product_code": "ATCC001-S", "description": "Áo thun", "amount": 2, "price": 150000, "to_currency": 300000, "total": 300000,
        "sort_order": 1,
    }  # fmt: skip
    assert {name: line[name] for name in wanted_line} == wanted_line


@pytest.mark.parametrize("brief", [False, True])
def test_later_only_the_state_changes(crm: Crm, connector: Bound, brief: bool) -> None:
    crm.book.switches.brief_lookups = brief
    connector.perform(CUSTOMER)
    made = connector.perform(SALE)
    crm.call("PUT", "/SaleOrders", [{"sale_order_no": "7-251121ABC", "description": "gọi trước"}])
    assert connector.outcome_of(later("shipped")) is None
    assert connector.perform(later("shipped")).external_id == made.external_id
    assert connector.outcome_of(later("shipped")) is not None
    [row] = sales(crm)
    assert (row["status"], row["description"]) == ("Đang giao hàng", "gọi trước")


CORRECTED = replace(
    later("shipped", is_corrected=True),
    external_id="5026",
    lines=(WriteLine("ATCC001-S", "", "ATCC001-S", 1, Decimal(150_000)),),
)


def test_lines_that_changed_replace_the_former_ones(crm: Crm, connector: Bound) -> None:
    connector.perform(CUSTOMER)
    connector.perform(SALE)
    assert connector.outcome_of(CORRECTED) is None
    assert connector.perform(CORRECTED).external_id == "5026"
    assert connector.outcome_of(CORRECTED) is not None
    [row] = sales(crm)
    assert (row["status"], row["sale_order_amount"], row["total_summary"]) == ("Đang giao hàng", 150000, "150000")
    assert [line["amount"] for line in row["sale_order_product_mappings"]] == [1]


def test_lines_that_the_crm_keeps_beside_the_new_ones_are_refused_for_a_person(
    crm: Crm, connector: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector.perform(CUSTOMER)
    connector.perform(SALE)

    def added(book: Any, row: dict[str, Any]) -> dict[str, Any]:
        former = crm.book.tables["SaleOrders"][5026][LINES]
        return row | {LINES: [*former, *row[LINES]]}

    monkeypatch.setattr(records, "_lined", added)
    with pytest.raises(Rejected, match="keeps others") as caught:
        connector.perform(CORRECTED)
    assert caught.value.code == LINES


def calls_of(crm: Crm, act: Callable[[], object]) -> dict[str, int]:
    """The calls that an act makes, by route."""
    routes = crm.simulation.world.book.traffic.routes
    before = dict(routes)
    act()
    return {path: count - before.get((channel, path), 0) for (channel, path), count in routes.items()
            if channel == "misa_crm" and count != before.get((channel, path), 0)}  # fmt: skip


def test_each_record_and_each_state_is_one_call(crm: Crm, connector: Bound) -> None:
    calls_of(crm, connector.check)
    assert calls_of(crm, lambda: connector.perform(CUSTOMER)) == {"POST /api/v2/Customers": 1}
    assert calls_of(crm, lambda: connector.perform(SALE)) == {"POST /api/v2/SaleOrders": 1}
    next_state = replace(later("shipped"), external_id="5026")
    assert calls_of(crm, lambda: connector.perform(next_state)) == {"PUT /api/v2/SaleOrders": 1}
    assert [row["status"] for row in sales(crm)] == ["Đang giao hàng"]


def test_what_is_there_already_is_looked_up_only_when_the_crm_says_so(crm: Crm, connector: Bound) -> None:
    connector.perform(CUSTOMER)
    connector.perform(SALE)
    assert calls_of(crm, lambda: connector.perform(SALE)) == {
        "POST /api/v2/SaleOrders": 1, "GET /api/v2/SaleOrders/code": 1,
    }  # fmt: skip
    del crm.book.tables["SaleOrders"][5026]
    again = connector.perform(replace(later("shipped"), external_id="5026"))
    [row] = sales(crm)
    assert (again.external_id, row["status"]) == (str(row["id"]), "Đang giao hàng")


def test_an_order_written_twice_is_there_once_and_unchanged(crm: Crm, connector: Bound) -> None:
    connector.perform(CUSTOMER)
    connector.perform(SALE)
    [before] = sales(crm)
    connector.perform(SALE)
    assert sales(crm) == [before]


def test_an_order_first_heard_of_when_it_was_shipped_is_written_so(crm: Crm, connector: Bound) -> None:
    connector.perform(CUSTOMER)
    connector.perform(later("shipped"))
    assert [row["status"] for row in sales(crm)] == ["Đang giao hàng"]


def test_a_state_without_a_label_leaves_the_tenants_own(crm: Crm, access: Make) -> None:
    connector = Bound(CONNECTOR, access(states="Chưa thực hiện = to_ship"))
    connector.perform(CUSTOMER)
    connector.perform(SALE)
    connector.perform(later("shipped"))
    assert connector.outcome_of(later("shipped")) is not None
    assert [row["status"] for row in sales(crm)] == ["Chưa thực hiện"]


def test_somebody_elses_sale_order_with_our_number_is_not_touched(crm: Crm, connector: Bound) -> None:
    with pytest.raises(Rejected, match="DH000001"):
        connector.perform(later("cancelled", code="DH000001"))
    assert crm.book.tables["SaleOrders"][5001]["status"] == "Chưa thực hiện"
    assert connector.outcome_of(later("to_ship", code="DH000001")) is None


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (replace(SALE, lines=(WriteLine("x", "", "x", 1, Decimal(1)),)), "product_code"),
        (later("to_ship", customer="nobody"), "account_name"),
        (replace(SALE, lines=()), ""),
    ],
)
def test_what_the_crm_refuses_is_refused_by_name_and_changes_nothing(
    crm: Crm, connector: Bound, command: WriteRequest, field: str
) -> None:
    connector.perform(CUSTOMER)
    with pytest.raises(Rejected) as caught:
        connector.perform(command)
    assert (caught.value.code, sales(crm)) == (field, [])


@pytest.mark.parametrize(("command", "count"), [(CUSTOMER, people), (SALE, sales)])
def test_a_lost_answer_is_found_again_by_code(
    crm: Crm, connector: Bound, redis: Redis, command: WriteRequest, count: Callable[[Crm], list[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    connector.perform(CUSTOMER)
    if command is CUSTOMER:
        crm.book.tables["Customers"].pop(1121)
    # the look-up is answered, the write is done and its answer lost
    platform = crm.platform
    monkeypatch.setattr(type(platform), "may_lose_answer", lambda self, method, target: method == "POST")
    crm.faults(answer_lost=1.0)
    with pytest.raises(TryLater) as caught:
        connector.perform(command)
    crm.faults(answer_lost=0.0)
    redis.flushdb()
    assert caught.value.maybe_done
    found = connector.outcome_of(command)
    assert found is not None
    assert [str(row["id"]) for row in count(crm)] == [found.external_id]
    assert connector.perform(command).external_id == found.external_id


def test_only_customers_and_sale_orders_are_written_and_no_trace_is_believed_after_half_a_minute(
    access: Make,
) -> None:
    found = {kind: writer.settles_after(access()) for kind, writer in CONNECTOR.writes.items()}
    assert found == dict.fromkeys(("crm_customer", "crm_order"), timedelta(seconds=30))


def test_labels_of_states_that_are_none_refuse_a_sale_order(access: Make) -> None:
    connector = Bound(CONNECTOR, access(states="Chưa thực hiện"))
    for call in (connector.perform, connector.outcome_of):
        with pytest.raises(Rejected) as caught:
            call(SALE)
        assert caught.value.code == "states"
