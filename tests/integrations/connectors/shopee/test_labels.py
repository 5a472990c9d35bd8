"""Labels: each state of printing, and what the caller gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.contract.errors import Rejected, TryLater
from integrations.contract.labels import ParcelRef
from tests.integrations.connectors.bound import Bound

from .conftest import Shopee, bad, good

RESULT, CREATE = "logistics/get_shipping_document_result", "logistics/create_shipping_document"
FILE, TRACKING = "logistics/download_shipping_document", "logistics/get_tracking_number"
PACKAGES = "order/get_package_detail"
NOT_PRINTED = {"fail_error": "logistics.shipping_document_should_print_first", "fail_message": "create first"}
NAMED = {"order_sn": "A1", "package_number": "P1"}


def rows(*found: dict[str, Any], error: str = "") -> tuple[int, Any]:
    return good({"result_list": [NAMED | row for row in found]}, error=error)


@pytest.fixture
def unprinted(shopee: Shopee) -> Shopee:
    shopee.on(RESULT, rows(NOT_PRINTED, error="common.batch_api_all_failed"))
    shopee.on(TRACKING, good({"tracking_number": "SPX1"}))
    shopee.on(CREATE, rows({}))
    return shopee


def waits(ports: Bound, parcel: str = "P1") -> TryLater:
    with pytest.raises(TryLater) as caught:
        ports.label("A1", parcel)
    return caught.value


def test_the_first_question_has_it_printed(unprinted: Shopee, ports: Bound) -> None:
    assert waits(ports).after == 3.0
    assert unprinted.calls() == [f"POST {RESULT}", f"GET {TRACKING}", f"POST {CREATE}"]
    assert unprinted.asked[0].json() == {"order_list": [NAMED]}
    assert unprinted.asked[1].query == NAMED
    assert unprinted.asked[2].json() == {"order_list": [NAMED | {"tracking_number": "SPX1"}]}


def test_the_shops_printer_and_an_order_in_one_parcel(unprinted: Shopee, connect: Callable[..., Bound]) -> None:
    waits(connect(label_type="THERMAL_AIR_WAYBILL"), "")
    typed = {"order_sn": "A1", "shipping_document_type": "THERMAL_AIR_WAYBILL"}
    assert unprinted.asked[0].json() == {"order_list": [typed]}
    assert unprinted.asked[2].json() == {"order_list": [typed | {"tracking_number": "SPX1"}]}
    unprinted.on(RESULT, rows({"status": "READY"}))
    unprinted.on(FILE, bad("error_server"))
    waits(connect(label_type="THERMAL_AIR_WAYBILL"), "")
    assert unprinted.asked[-1].json() == {
        "shipping_document_type": "THERMAL_AIR_WAYBILL",
        "order_list": [{"order_sn": "A1"}],
    }


def test_without_a_tracking_number_nothing_is_printed(unprinted: Shopee, ports: Bound) -> None:
    unprinted.on(TRACKING, good({"tracking_number": "", "hint": "later"}))
    found = waits(ports)
    assert (found.after, "arrange the shipment first" in str(found.reason)) == (30.0, True)
    assert f"POST {CREATE}" not in unprinted.calls()


def test_the_numbers_of_many_parcels_are_one_question(unprinted: Shopee, ports: Bound) -> None:
    parcels = [ParcelRef(f"A{n}", f"P{n}") for n in range(30)]
    found = [{"package_number": f"P{n}", "tracking_number": f"SPX{n}"} for n in range(29)]
    failed = [{"order_sn": f"A{n}", "package_number": f"P{n}"} | NOT_PRINTED for n in range(30)]
    unprinted.on(RESULT, good({"result_list": failed}))
    unprinted.on(PACKAGES, good({"package_list": found}))
    assert ports.connector.labels is not None
    ports.connector.labels.fetch(ports.access, parcels)
    assert unprinted.calls() == [f"POST {RESULT}", f"GET {PACKAGES}", f"GET {TRACKING}", f"POST {CREATE}"]
    assert unprinted.asked[1].query == {"package_number_list": ",".join(f"P{n}" for n in range(30))}
    assert unprinted.asked[2].query == {"order_sn": "A29", "package_number": "P29"}
    sent = [row["tracking_number"] for row in unprinted.asked[3].json()["order_list"]]
    assert sent == [*(f"SPX{n}" for n in range(29)), "SPX1"]


@pytest.mark.parametrize(("status", "prints"), [("PROCESSING", False), ("FAILED", True)])
def test_one_that_is_being_made_is_waited_for_and_one_that_failed_made_anew(
    status: str, prints: bool, unprinted: Shopee, ports: Bound
) -> None:
    unprinted.on(RESULT, rows({"status": status}))
    waits(ports)
    assert (f"POST {CREATE}" in unprinted.calls()) is prints


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("logistics.tracking_number_invalid", TryLater),
        ("logistics.order_not_exist", Rejected),
        ("logistics.package_can_not_print", Rejected),
    ],
)
def test_a_refused_row_is_an_error_with_its_reason(
    code: str, kind: type[Exception], unprinted: Shopee, ports: Bound
) -> None:
    unprinted.on(CREATE, rows({"fail_error": code, "fail_message": "Its own words"}))
    with pytest.raises(kind, match="Its own words"):
        ports.label("A1", "P1")
    unprinted.on(RESULT, rows({"fail_error": code, "fail_message": "Its own words"}))
    with pytest.raises(kind, match="Its own words"):
        ports.label("A1", "P1")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (bad("logistics.order_not_exist", "gone"), Rejected),
        (bad("error_server"), TryLater),
        (good({}), TryLater),
        ((200, ""), TryLater),
        ((200, "<html>"), TryLater),
        ((502, "<html>"), TryLater),
        (None, TryLater),
    ],
)
def test_no_file(answer: Any, kind: type[Exception], shopee: Shopee, ports: Bound) -> None:
    shopee.on(RESULT, rows({"status": "READY"}))
    shopee.on(FILE, answer)
    with pytest.raises(kind) as caught:
        ports.label("A1", "P1")
    assert getattr(caught.value, "maybe_done", False) is False
