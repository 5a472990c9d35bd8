"""Documents written at the POS: bodies, refusals, answers that are lost, and how they are looked up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.kiotviet.connector import CONNECTOR
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.writes import WriteLine, WriteRequest
from tests.integrations.connectors.bound import Bound

from .conftest import Asked, Shop, Tokens, refusal
from .test_reads import MISSING, invoice, listing, order

LINES = (WriteLine("51500001", "", "SP1", 2, Decimal("149000.5")), WriteLine("51500002", "", "SP2", 1, Decimal(10)))
LONG_AGO = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
ORDER = WriteRequest("pos_order", "26SN", "ref-1", LINES, warehouse="200001", sent_at=LONG_AGO)
INVOICE = WriteRequest("pos_invoice", "26SN", "ref-2", LINES, warehouse="200001", external_id="7", sent_at=LONG_AGO)
VOID_ORDER = WriteRequest("pos_void", "26SN", "ref-3", external_id="7", sent_at=LONG_AGO)
VOID_INVOICE = WriteRequest(
    "pos_void", "26SN", "ref-3", options={"document": "pos_invoice"}, external_id="9", sent_at=LONG_AGO
)
# command -> the route it uses
ROUTES = [(ORDER, "POST", "/orders"), (INVOICE, "POST", "/invoices"), (VOID_INVOICE, "DELETE", "/invoices")]
ROUTES += [(VOID_ORDER, "DELETE", "/orders/7")]
Connect = Callable[..., Bound]


def test_an_order(shop: Shop, connector: Bound) -> None:
    shop.on("POST", "/orders", (201, {"id": 18900002, "code": "DH000123"}))
    outcome = connector.perform(ORDER)
    assert (outcome.external_id, outcome.code) == ("18900002", "DH000123")
    assert shop.asked[0].headers["Content-Type"] == "application/json"
    assert '"price":149000.5' in shop.asked[0].body
    assert shop.asked[0].json() == {
        "branchId": 200001,
        "description": "26SN [erpsync:ref-1]",
        "discount": 0,
        "orderDetails": [
            {"productId": 51500001, "productCode": "SP1", "quantity": 2, "price": 149000.5, "discount": 0},
            {"productId": 51500002, "productCode": "SP2", "quantity": 1, "price": 10, "discount": 0},
        ],
        "makeInvoice": False,
        "totalPayment": 0,
        "method": "Cash",
        "status": 5,
        "customer": {"name": "26SN", "comment": "26SN [erpsync:ref-1]"},
    }


CORRECTION = WriteRequest(
    "pos_correction", "26SN", "ref-1", LINES, warehouse="200001", external_id="7", sent_at=LONG_AGO
)  # fmt: skip


def test_a_correction_says_the_whole_order_anew_and_keeps_its_customer(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/orders/7", (200, {"id": 7, "code": "DH7", "status": 5, "customerId": 4711}))
    shop.on("PUT", "/orders/7", (200, {"id": 7, "code": "DH7"}))
    outcome = connector.perform(CORRECTION)
    assert (outcome.external_id, outcome.code) == ("7", "DH7")
    body = shop.asked[1].json()
    assert (body["customerId"], "customer" in body, body["description"]) == (4711, False, "26SN [erpsync:ref-1]")
    assert [line["quantity"] for line in body["orderDetails"]] == [2, 1]


def test_a_correction_for_the_one_customer_of_the_settings_reads_nothing(shop: Shop, connect: Connect) -> None:
    shop.on("PUT", "/orders/7", (200, {"id": 7, "code": "DH7"}))
    connect(customer_id="42").perform(CORRECTION)
    assert [asked.method for asked in shop.asked] == ["PUT"]


@pytest.mark.parametrize("status", [3, 4])
def test_an_order_that_is_closed_is_for_a_person_to_correct(shop: Shop, connector: Bound, status: int) -> None:
    shop.on("GET", "/orders/7", (200, {"id": 7, "code": "DH7", "status": status, "customerId": 4711}))
    with pytest.raises(Rejected, match="correct it there"):
        connector.perform(CORRECTION)


@pytest.mark.parametrize(("quantity", "is_done"), [(2, True), (3, False)])
def test_a_lost_correction_is_done_when_the_order_says_so(
    shop: Shop, connector: Bound, quantity: int, is_done: bool
) -> None:
    details = [{"productId": 51500001, "quantity": quantity}, {"productId": 51500002, "quantity": 1}]
    shop.on("GET", "/orders/7", (200, {"id": 7, "code": "DH7", "orderDetails": details}))
    assert (connector.outcome_of(CORRECTION) is not None) == is_done


def test_the_discount_is_taken_off_document_and_payment(shop: Shop, connect: Connect) -> None:
    shop.on("POST", "/invoices", (200, {"id": 2}))
    connect(payment_method="Cash").perform(replace(INVOICE, discount=Decimal(1)))
    body = shop.asked[0].json()
    assert (body["discount"], body["totalPayment"]) == (1, 298010)


def test_an_invoice_of_it(shop: Shop, connector: Bound) -> None:
    shop.on("POST", "/invoices", (200, {"data": {"id": 9, "code": "HD9"}}))
    outcome = connector.perform(INVOICE)
    assert (outcome.external_id, outcome.code) == ("9", "HD9")
    body = shop.asked[0].json()
    assert (body["orderId"], body["branchId"], body["description"]) == (7, 200001, "26SN [erpsync:ref-2]")
    assert [line["productId"] for line in body["invoiceDetails"]] == [51500001, 51500002]
    assert (body["totalPayment"], body["usingCod"], "method" in body) == (0, False, False)


def test_settings_of_the_documents(shop: Shop, connect: Connect) -> None:
    shop.on("POST", "/orders", (200, {"id": 1}))
    shop.on("POST", "/invoices", (200, {"id": 2}))
    connector = connect(
        sale_channel_id="3",
        sold_by_id="100001",
        customer_id="42",
        order_status="",
        payment_method="Transfer",
        payment_account_id="12",
    )
    connector.perform(ORDER)
    connector.perform(INVOICE)
    first, second = (asked.json() for asked in shop.asked)
    assert (first["saleChannelId"], first["soldById"], first["customerId"]) == (3, 100001, 42)
    assert not {"customer", "status"} & first.keys()
    assert (second["method"], second["accountId"], second["totalPayment"]) == ("Transfer", 12, 298011)


def test_voids(shop: Shop, connector: Bound) -> None:
    shop.on("DELETE", "/orders/7", (200, {"message": "Xóa dữ liệu thành công"}))
    shop.on("DELETE", "/invoices", (200, {"id": 9, "code": "HD9", "status": 2}))
    assert connector.perform(VOID_ORDER).external_id == "7"
    assert connector.perform(VOID_INVOICE).code == "HD9"
    assert shop.asked[0].query == {"IsVoidPayment": "true"}
    assert shop.asked[1].json() == {"id": 9, "isVoidPayment": True}


@pytest.mark.parametrize(("command", "method", "path"), ROUTES)
def test_a_refusal_brings_kiotviets_reason(
    shop: Shop, connector: Bound, command: WriteRequest, method: str, path: str
) -> None:
    shop.on(method, path, refusal("KvValidateInvoiceException", "không đủ tồn kho"))
    with pytest.raises(Rejected, match="không đủ tồn kho") as caught:
        connector.perform(command)
    assert caught.value.code == "KvValidateInvoiceException"
    assert len(shop.asked) == 1


@pytest.mark.parametrize("answer", [None, (500, {}), (502, "<html>"), (200, "<html>"), (200, "")])
@pytest.mark.parametrize(("command", "method", "path"), ROUTES)
def test_a_lost_answer_is_never_repeated(
    shop: Shop, connector: Bound, answer: Any, command: WriteRequest, method: str, path: str
) -> None:
    shop.on(method, path, answer)
    with pytest.raises(TryLater) as caught:
        connector.perform(command)
    assert caught.value.maybe_done is True
    assert len(shop.asked) == 1


@pytest.mark.parametrize("command", [ORDER, INVOICE])
def test_an_answer_without_id_is_a_lost_answer(shop: Shop, connector: Bound, command: WriteRequest) -> None:
    shop.on("POST", "/orders", (200, {"message": "ok"}))
    shop.on("POST", "/invoices", (200, ["?"]))
    with pytest.raises(TryLater) as caught:
        connector.perform(command)
    assert caught.value.maybe_done is True


@pytest.mark.parametrize("answer", [(429, {}), refusal("KvException", "Danh sách rỗng")])
def test_what_surely_was_not_done_says_so(shop: Shop, connector: Bound, answer: Any) -> None:
    shop.on("POST", "/orders", answer)
    with pytest.raises(TryLater) as caught:
        connector.perform(ORDER)
    assert caught.value.maybe_done is False


def test_a_write_refused_for_its_token_was_not_done(shop: Shop, connector: Bound, tokens: Tokens) -> None:
    shop.on("POST", "/orders", (401, {"responseStatus": {"errorCode": "TokenException"}}), (200, {"id": 1}))
    assert connector.perform(ORDER).external_id == "1"
    assert tokens.renewals == ["token-1"]


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": ()},
        {"warehouse": ""},
        {"warehouse": "Chi nhánh 1"},
        {"lines": (WriteLine("abc", "", "SP1", 1, Decimal(1)),)},
    ],
)
def test_what_cannot_be_written_is_refused_before_the_call(
    shop: Shop, connector: Bound, changes: dict[str, Any]
) -> None:
    with pytest.raises(Rejected):
        connector.perform(
            WriteRequest(
                **{"kind": "pos_order", "order_number": "1", "reference": "r", "lines": LINES, "warehouse": "1"}
                | changes
            )
        )
    assert shop.asked == []


def test_a_lost_order_is_found_by_our_reference_on_any_page(shop: Shop, connector: Bound) -> None:
    rows = [order(number, description=f"26SN [erpsync:ref-1{number}]") for number in range(149)]
    rows.append(order(999, description="26SN [erpsync:ref-1]"))
    shop.on("GET", "/orders", listing(rows))
    outcome = connector.outcome_of(ORDER)
    assert outcome is not None
    assert (outcome.external_id, outcome.code) == ("999", "DH999")
    assert shop.asked[0].query["lastModifiedFrom"] == "2026-11-21T07:55:00"


def test_an_order_that_was_never_made_may_be_sent_again(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/orders", listing([order(1, description="26SN"), order(2)]))
    assert connector.outcome_of(ORDER) is None


def test_no_trace_of_an_order_just_sent_is_left_to_the_caller_to_judge(shop: Shop, connector: Bound) -> None:
    found: list[dict[str, Any]] = []
    shop.on("GET", "/orders", listing(found))
    command = WriteRequest("pos_order", "26SN", "ref-1", LINES, sent_at=datetime.now(UTC) - timedelta(seconds=20))
    assert connector.outcome_of(command) is None
    found.append(order(5, description="26SN [erpsync:ref-1]"))
    outcome = connector.outcome_of(command)
    assert outcome is not None
    assert outcome.external_id == "5"


@pytest.mark.parametrize(
    ("setting", "seconds"),
    [
        ({}, 60.0), ({"settles_after": ""}, 60.0), ({"settles_after": "10"}, 10.0), ({"settles_after": "0"}, 0.0),
        ({"settles_after": "2.5"}, 2.5), ({"settles_after": "-3"}, 0.0), ({"settles_after": "a minute"}, 60.0),
        ({"settles_after": "nan"}, 60.0), ({"settles_after": "inf"}, 60.0),
    ],
)  # fmt: skip
def test_how_long_a_write_may_be_running_is_a_setting_of_the_shop(
    connect: Connect, setting: dict[str, str], seconds: float
) -> None:
    access = connect(**setting).access
    found = {kind: writer.settles_after(access) for kind, writer in CONNECTOR.writes.items()}
    kinds = ("pos_order", "pos_correction", "pos_invoice", "pos_void")
    assert found == dict.fromkeys(kinds, timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("detail", "found"),
    [
        ({"description": "26SN [erpsync:ref-2]"}, True),
        ({"description": "26SN [erpsync:other]"}, False),
        ({}, True),
        ({"status": 2}, False),
    ],
)
def test_a_lost_invoice(shop: Shop, connector: Bound, detail: dict[str, Any], found: bool) -> None:
    """A list without descriptions sends us to the invoice itself; an unsigned live one of our own order is ours."""

    def invoices(asked: Asked) -> tuple[int, Any]:
        assert asked.query["orderId"] == "7"
        return listing([invoice(9)])(asked)

    shop.on("GET", "/invoices", invoices)
    shop.on("GET", "/invoices/9", (200, invoice(9, orderCode="DH7", **detail)))
    assert (connector.outcome_of(INVOICE) is not None) is found


@pytest.mark.parametrize(
    ("command", "path", "answer", "done"),
    [
        (VOID_ORDER, "/orders/7", (200, order(7, status=4)), True),
        (VOID_ORDER, "/orders/7", (200, order(7, status=5)), False),
        (VOID_ORDER, "/orders/7", refusal("KvValidateOrderException", MISSING), True),
        (VOID_INVOICE, "/invoices/9", (200, invoice(9, status=2)), True),
        (VOID_INVOICE, "/invoices/9", (200, invoice(9, status=1)), False),
    ],
)
def test_a_lost_void(shop: Shop, connector: Bound, command: WriteRequest, path: str, answer: Any, done: bool) -> None:
    shop.on("GET", path, answer)
    assert (connector.outcome_of(command) is not None) is done


def test_a_command_that_was_never_sent_has_no_outcome(connector: Bound) -> None:
    with pytest.raises(Rejected):
        connector.outcome_of(WriteRequest("pos_order", "26SN", "ref-1"))
