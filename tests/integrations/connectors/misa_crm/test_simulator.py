"""The simulated CRM behaves as what is known of the service, over real HTTP."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import requests

from integrations.connectors.misa_crm.simulator.platform import PLATFORM
from integrations.simulator.simulation import Simulation

from .conftest import Crm

LAYOUT = "Mẫu tiêu chuẩn"


def customer(code: str, **more: Any) -> dict[str, Any]:
    return {"form_layout": LAYOUT, "account_number": code, "account_name": "Nguyễn Văn A", **more}


def sale(code: str, **more: Any) -> dict[str, Any]:
    line = {"product_code": "ATCC001-S", "amount": 2, "price": 100}
    return {
        "form_layout": LAYOUT, "sale_order_no": code, "sale_order_name": code, "sale_order_product_mappings": [line], **more
    }  # fmt: skip


def result(answer: requests.Response) -> dict[str, Any]:
    """Return the one result of a write, which is HTTP 200 in any case."""
    assert (answer.status_code, answer.json()["code"]) == (200, 200)
    [found] = answer.json()["results"]
    return dict(found)


def refused_field(answer: requests.Response) -> str:
    found = result(answer)
    assert found["success"] is False
    return str(found["validate_infos"][0]["field_name"])


def test_the_token_is_a_bare_jwt_that_carries_its_end(crm: Crm) -> None:
    answer = requests.post(f"{crm.base_url}/api/v2/Account", json=crm.account()["app"], timeout=5).json()
    assert (answer["success"], answer["code"], type(answer["data"])) == (True, 0, str)
    part = answer["data"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert (claims["iss"], claims["aud"], claims["exp"] > 0) == ("MISA", "AMISCRM2", True)


@pytest.mark.parametrize("status", [200, 400])
def test_bad_credentials_are_refused_with_either_status(crm: Crm, status: int) -> None:
    crm.book.switches.account_refusal = status
    wrong = {**crm.account()["app"], "client_secret": "x"}
    answer = requests.post(f"{crm.base_url}/api/v2/Account", json=wrong, timeout=5)
    assert (answer.status_code, answer.json()["success"], answer.json()["data"]) == (status, False, None)


def test_token_and_client_id_are_both_needed_and_the_token_dies(crm: Crm) -> None:
    account = crm.account()
    token, client = account["shops"][0]["access_token"], account["app"]["client_id"]
    good = {"Authorization": f"Bearer {token}", "Clientid": client}
    assert crm.call("GET", "/Customers", headers=good).status_code == 200
    for headers in ({"Authorization": f"Bearer {token}"}, {"Clientid": client}, good | {"Clientid": "x"}, {}):
        assert crm.call("GET", "/Customers", headers=headers).status_code == 401
    with crm.simulation.world.lock:
        crm.simulation.world.book.timeline.advance(86_401)
    assert crm.call("GET", "/Customers", headers=good).status_code == 401


@pytest.mark.parametrize(("base", "first", "second"), [(0, 0, 1), (1, 1, 2), (None, 0, 2), (None, 1, 2)])
def test_pages_begin_where_the_switch_says(crm: Crm, base: int | None, first: int, second: int) -> None:
    crm.book.switches.page_base = base
    pages = [crm.call("GET", f"/Customers?page={page}&pageSize=100").json() for page in (first, second)]
    assert [len(page["data"]) for page in pages] == [100, 20]
    assert [(page["total_records"], page["total_pages"], page["page_size"]) for page in pages] == [(120, 2, 100)] * 2
    assert len({row["id"] for page in pages for row in page["data"]}) == 120
    if base == 1:
        assert crm.call("GET", "/Customers?page=0").status_code == 400


def test_a_page_never_holds_more_than_a_hundred_and_ten_unasked(crm: Crm) -> None:
    assert (len(crm.data("/Customers?pageSize=500")), len(crm.data("/Customers"))) == (100, 10)


def test_the_latest_changes_come_first_when_asked_so(crm: Crm) -> None:
    code = crm.data("/Customers?pageSize=1")[0]["account_number"]
    crm.call("PUT", "/Customers", [{"account_number": code, "description": "x"}])
    rows = crm.data("/Customers?pageSize=100&orderBy=modified_date&isDescending=true")
    assert rows[0]["account_number"] == code
    assert [row["modified_date"] for row in rows] == sorted((row["modified_date"] for row in rows), reverse=True)
    assert crm.call("GET", "/Customers?orderBy=nonsense").status_code == 400


def test_look_ups_find_several_and_nothing(crm: Crm) -> None:
    first, second = crm.data("/Customers?pageSize=2")
    by_id = crm.data(f"/Customers/id?ids={first['id']}&ids={second['id']}&ids=9")
    by_code = crm.data(f"/Customers/code?code={first['account_number']}&code=none&code={second['account_number']}")
    assert [row["id"] for row in by_id] == [row["id"] for row in by_code] == [first["id"], second["id"]]
    assert crm.data("/Customers/code?code=none") == []
    crm.book.switches.brief_lookups = True
    [brief] = crm.data(f"/Customers/code?code={first['account_number']}")
    assert brief.keys() == {"id", "account_number", "account_name", "is_personal"}


def test_bodies_are_arrays_and_rows_are_judged_one_by_one(crm: Crm) -> None:
    assert crm.call("POST", "/Customers", customer("KH-1")).status_code == 400
    assert crm.call("PUT", "/Customers", {}).status_code == 400
    answer = crm.call("POST", "/Customers", [customer("KH-1"), customer("KH-1"), customer("KH-2"), 7]).json()
    assert [one["success"] for one in answer["results"]] == [True, False, True, False]
    [row] = crm.data("/Customers/code?code=KH-2")
    assert row["id"] == answer["results"][2]["data"]


def test_the_form_refuses_what_is_empty_or_doubled(crm: Crm) -> None:
    assert refused_field(crm.call("POST", "/Customers", [customer("")])) == "account_number"
    assert refused_field(crm.call("POST", "/Customers", [customer("K", form_layout="")])) == "form_layout"
    known = crm.data("/Customers?pageSize=1")[0]
    assert (
        refused_field(crm.call("POST", "/Customers", [customer("K", office_tel=known["office_tel"])])) == "office_tel"
    )
    again = {"account_number": known["account_number"], "office_tel": known["office_tel"]}
    assert refused_field(crm.call("PUT", "/Customers", [again])) == "office_tel", "sent again, judged again"
    assert (
        refused_field(crm.call("PUT", "/Customers", [{"account_number": "none", "description": ""}]))
        == "account_number"
    )
    assert crm.data("/Customers/code?code=K") == []


def test_links_are_written_as_codes_and_read_as_names(crm: Crm) -> None:
    crm.call("POST", "/Customers", [customer("KH-1")])
    assert result(crm.call("POST", "/SaleOrders", [sale("DH-1", account_name="KH-1")]))["success"]
    [row] = crm.data("/SaleOrders/code?code=DH-1")
    assert (row["account_name"], row["status"], row["is_deleted"]) == ("Nguyễn Văn A", "Chưa thực hiện", False)
    assert refused_field(crm.call("POST", "/SaleOrders", [sale("DH-2", account_name="nobody")])) == "account_name"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"status": "Không có"}, "status"),
        ({"sale_order_date": "21.11.2026"}, "sale_order_date"),
        ({"sale_order_product_mappings": [{"product_code": "none", "amount": 1}]}, "product_code"),
        ({"sale_order_product_mappings": [{"product_code": "ATCC001-S", "amount": 0}]}, "amount"),
        ({"sale_order_product_mappings": {}}, "sale_order_product_mappings"),
    ],
)
def test_a_sale_order_that_makes_no_sense_is_refused_and_changes_nothing(
    crm: Crm, more: dict[str, Any], field: str
) -> None:
    assert refused_field(crm.call("POST", "/SaleOrders", [sale("DH-1") | more])) == field
    assert crm.data("/SaleOrders/code?code=DH-1") == []


@pytest.mark.parametrize("date", ["07/10/2026", "2026-10-07", "2026-10-07T00:00:00.000+07:00"])
def test_dates_are_taken_in_all_three_forms(crm: Crm, date: str) -> None:
    assert result(crm.call("POST", "/SaleOrders", [sale("DH-1", sale_order_date=date)]))["success"]


def test_a_deleted_sale_order_stays_marked_and_a_deleted_customer_goes(crm: Crm) -> None:
    order, known = crm.data("/SaleOrders?pageSize=1")[0], crm.data("/Customers?pageSize=1")[0]
    assert result(crm.call("DELETE", "/SaleOrders", [order["id"]])) == {"success": True, "data": order["id"]}
    assert result(crm.call("DELETE", "/Customers", [known["id"]]))["success"]
    assert refused_field(crm.call("DELETE", "/Customers", [known["id"]])) == "id"
    [marked] = crm.data(f"/SaleOrders/id?ids={order['id']}")
    assert marked["is_deleted"] is True
    assert crm.data(f"/Customers/id?ids={known['id']}") == []
    assert refused_field(crm.call("PUT", "/SaleOrders", [{"sale_order_no": order["sale_order_no"]}])) == "sale_order_no"


def test_the_ledger_says_no_and_means_yes(crm: Crm) -> None:
    stocks = crm.data("/Stocks")
    assert [stock["stock_code"] for stock in stocks] == ["KHO01", "KHO02"]
    pages = [
        crm.call("GET", f"/Stocks/product_ledger?stockID={stocks[0]['async_id']}&page={page}&pageSize=100").json()
        for page in (0, 2)
    ]
    assert [(page["success"], page["code"], len(page["data"]), page["total_records"]) for page in pages] == [
        (False, 0, 50, 60), (False, 0, 10, 60),
    ]  # fmt: skip
    rows = {row["product_code"].strip().upper(): row for page in pages for row in page["data"]}
    world = crm.simulation.world.book
    for good in world.goods.values():
        if good.components:
            assert "main_stock_quantity" not in rows[good.sku]
        else:
            told = float(rows[good.sku]["main_stock_quantity"])
            assert told == world.stock.units[good.sku, stocks[0]["stock_name"]]
    assert crm.data("/Stocks/product_ledger?stockID=none") == []
    assert crm.data(f"/Stocks/asyncid?async_ids={stocks[1]['async_id']}") == crm.data("/Stocks/code?stockCode=KHO02")


def test_what_is_not_there_is_not_there(crm: Crm) -> None:
    assert crm.call("GET", "/Calls").status_code == 404
    assert crm.call("POST", "/Stocks/product_ledger", []).status_code == 404
    assert crm.call("PATCH", "/Customers", []).status_code == 405
    assert crm.call("POST", "/Customers", data=b"{").status_code == 400


def test_a_restart_keeps_what_was_written(tmp_path: Path) -> None:
    state = tmp_path / "world"
    first = Simulation({"misa_crm": PLATFORM}, products=20, seed="kept", state_file=state)
    first.start()
    crm = Crm(first)
    crm.call("POST", "/Customers", [customer("KH-1")])
    first.stop()
    second = Simulation({"misa_crm": PLATFORM}, products=20, seed="kept", state_file=state)
    second.start()
    assert [row["account_name"] for row in Crm(second).data("/Customers/code?code=KH-1")] == ["Nguyễn Văn A"]
    second.stop()


def test_a_world_is_the_same_for_a_seed_but_for_its_times() -> None:
    def people() -> list[str]:
        found = Simulation({"misa_crm": PLATFORM}, products=20, seed="same")
        try:
            platform = found.world.platforms["misa_crm"]
            assert isinstance(platform, PLATFORM)
            return [str(row["office_tel"]) for row in platform.state.book.tables["Customers"].values()]
        finally:
            found.close_ports()

    assert people() == people()
    assert len(set(people())) == 120


def test_how_marketplace_orders_stand_in_it(crm: Crm) -> None:
    class Placed:
        id = "251121ABC"

    def stands() -> dict[str, Any]:
        with crm.simulation.world.lock:
            return crm.platform.recorded_orders([Placed()])["251121ABC"]  # type: ignore[list-item]

    assert stands() == {"copies": 0, "state": "", "units": 0}
    for code in ("DH-1", "DH-2"):
        row = sale(code, other_sys_order_code="erpsync:251121ABC", status="Đang giao hàng")
        assert result(crm.call("POST", "/SaleOrders", [row]))["success"]
    assert stands() == {"copies": 2, "state": "shipped", "units": 2}
    [second] = crm.data("/SaleOrders/code?code=DH-2")
    crm.call("DELETE", "/SaleOrders", [second["id"]])
    assert stands()["copies"] == 1
