"""Customers: by hand-written expectations, by list and one by one, and in the simulated shop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.contacts import is_masked
from integrations.connectors.kiotviet.mapping import customers
from integrations.contract.reads import Change
from orders.snapshots import CustomerSnapshot
from tests.integrations.connectors.bound import Bound

from .conftest import Shop, refusal
from .samples import expected, raw, raw_text, short

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SINCE = NOW - timedelta(hours=1)
MISSING = "Khách hàng không tồn tại hoặc đã bị xóa"


def customer(number: int, **changes: Any) -> dict[str, Any]:
    return {"id": number, "code": f"KH{number}", "name": "Lan", "createdDate": "2026-11-21T08:30:00"} | changes


def read(connector: Bound, *ids: str) -> Any:
    return connector.read("customer", ids, since=SINCE, asked_at=NOW)


def test_somebody_known_at_the_till() -> None:
    found = customers.customer(raw("customer__known_at_the_till"), NOW)
    assert short(found) == expected("customer__known_at_the_till")
    assert (found.raw["rewardPoint"], found.raw["aFieldOfTomorrow"]) == ("12.5000", {"kept": True})


def test_a_buyer_that_kiotviet_imported_is_known_as_masked() -> None:
    [row] = raw("customers__imported_from_shopee")["data"]
    found = customers.customer(row, NOW)
    assert short(found) == expected("customers__imported_from_shopee")
    assert is_masked(found.name)


@pytest.mark.parametrize(
    ("changes", "version"),
    [
        ({}, datetime(2026, 11, 21, 1, 30, tzinfo=UTC)),
        ({"modifiedDate": "2026-11-21T08:31:00"}, datetime(2026, 11, 21, 1, 31, tzinfo=UTC)),
        ({"createdDate": None}, None),
    ],
)
def test_the_version_is_the_last_change_or_the_making(changes: Any, version: datetime | None) -> None:
    assert customers.customer(customer(1, **changes), NOW).version == version


def test_one_by_one(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/customers/37200002", (200, raw_text("customer__known_at_the_till")))
    shop.on("GET", "/customers/8", refusal("KvValidateCustomerException", MISSING))
    shop.on("GET", "/customers/9", (200, customer(9, modifiedDate="soon")))
    answer = read(connector, "37200002", "8", "9")
    people = answer.of(CustomerSnapshot)
    assert [found.external_id for found in people] == ["37200002", "9"], "an odd date costs nobody"
    assert (people[0].phone, answer.gone, answer.unreadable) == ("0900000001", ("8",), {})


def test_many_come_with_one_list(shop: Shop, connector: Bound) -> None:
    rows = [customer(number) for number in range(1, 31)]
    shop.on("GET", "/customers", (200, {"total": 30, "pageSize": 100, "data": rows}))
    answer = read(connector, *[str(number) for number in range(1, 31)])
    assert len(answer.of(CustomerSnapshot)) == 30
    assert shop.calls() == ["GET /customers"]
    assert shop.asked[0].query["lastModifiedFrom"] == "2026-11-21T08:00:00"


def test_the_sweeps_list_tells_all_and_names_the_deleted(shop: Shop, connector: Bound) -> None:
    ours = customer(2, comments="26SN [erpsync:ref-1]")
    rows = [customer(1, contactNumber="0901234567"), ours]
    shop.on("GET", "/customers", (200, {"total": 2, "pageSize": 100, "data": rows, "removeId": [77]}))
    (page,) = connector.changed("customer", since=SINCE, until=NOW)
    made = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
    assert page.changes == (Change("1", made), Change("2", made), Change("77", None))
    assert page.answer is not None
    assert [found.external_id for found in page.answer.of(CustomerSnapshot)] == ["1"]
    assert (page.answer.gone, list(page.answer.ignored)) == (("77",), ["2"])
    assert shop.asked[0].query["includeRemoveIds"] == "true"
    assert shop.asked[0].query["orderBy"] == "modifiedDate"
