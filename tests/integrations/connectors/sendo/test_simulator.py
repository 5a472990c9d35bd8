"""The simulated Sendo: as strict as published, in the harsher form where nothing is published. Time stands still."""

from __future__ import annotations

import base64
import json
import pickle
import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from integrations.connectors.sendo.simulator import facts
from integrations.connectors.sendo.simulator.platform import PLATFORM, SendoPlatform
from integrations.simulator.book import new_book
from integrations.simulator.day import Day
from integrations.simulator.life import Life
from integrations.simulator.order import Order
from integrations.simulator.shops import Item, Shop, Variation
from integrations.simulator.simulated_platform import Delivery
from integrations.simulator.world import World

ROOT = "/api/partner/"
JSON = {"content-type": "application/json"}


class SendoWorld:
    """World with Sendo alone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        day = Day(Life(new_book("1", products=60, speed=1.0, chaos="calm")))
        self.world = World(day, {"sendo": PLATFORM}, {"sendo": "http://sendo.invalid"})
        self.world.open()
        self.sent: list[Any] = []
        monkeypatch.setattr(self.world.sender, "send", self._sent)
        self.platform.set_webhook_url("http://hub.invalid/hook/", None)

    def _sent(self, channel: str, delivery: Delivery, done: Any) -> None:
        self.sent.append(json.loads(delivery.body))

    @property
    def platform(self) -> SendoPlatform:
        platform = self.world.platforms["sendo"]
        assert isinstance(platform, SendoPlatform)
        return platform

    @property
    def shop(self) -> Shop:
        return self.platform.backend.shop

    @property
    def token(self) -> str:
        return str(self.platform.accounts()["shops"][0]["access_token"])

    def raw(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        content = json.dumps(body).encode() if body is not None else b""
        status, _, answer = self.platform.answer(method, path, JSON | headers, content)
        return status, json.loads(answer)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The whole answer of an authorised call; the HTTP status is 200."""
        status, answer = self.raw(method, ROOT + path, body, authorization=f"bearer {self.token}")
        assert status == 200
        return answer

    def good(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.call(method, path, body)
        assert (answer["success"], answer["error"], answer["status_code"]) == (True, None, 200), answer
        return answer["result"]

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Return (status_code, the first message)."""
        answer = self.call(method, path, body)
        assert (answer["success"], answer["result"]) == (False, None)
        details = answer["error"]["error_details"]
        return answer["status_code"], details[0]["message"] if details else answer["error"]["message"]

    def variation(self, *, with_models: bool) -> tuple[Item, Variation]:
        items = (item for item in self.shop.items.values() if item.has_models is with_models)
        return next((item, v) for item in items for v in item.variations if v.stock > 5)

    def order(self) -> Order:
        return self.world.life.place(self.shop, [(self.variation(with_models=False)[1], 1)])

    def let(self, seconds: float) -> None:
        self.world.book.timeline.advance(seconds)
        self.world.run_due()


@pytest.fixture
def sendo(monkeypatch: pytest.MonkeyPatch) -> SendoWorld:
    monkeypatch.setattr(facts, "CHECKED_SHARE", 0.0)
    return SendoWorld(monkeypatch)


def keys(sendo: SendoWorld, **changes: str) -> dict[str, str]:
    app = sendo.platform.accounts()["app"]
    return {"shop_key": app["shop_key"], "secret_key": app["secret_key"]} | changes


# --- login and gateway ---


def test_a_login_gives_a_token_that_names_its_shop(sendo: SendoWorld) -> None:
    status, answer = sendo.raw("POST", "/login", keys(sendo))
    assert (status, answer["success"]) == (200, True)
    head, claims, signature = answer["result"]["token"].split(".")
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert (told["StoreId"], told["iss"], told["aud"]) == (sendo.shop.id,) * 3
    assert told["exp"] == pytest.approx(time.time() + 8 * 3600, abs=5)
    assert datetime.fromisoformat(answer["result"]["expires"]).utcoffset() == timedelta(hours=7)
    assert head
    assert signature


@pytest.mark.parametrize("changes", [{"secret_key": "x"}, {"shop_key": "x"}])
def test_wrong_keys(changes: dict[str, str], sendo: SendoWorld) -> None:
    status, answer = sendo.raw("POST", "/login", keys(sendo, **changes))
    assert (status, answer["result"], answer["error"]["message"]) == (200, None, "shop_key or secret_key is invalid")


def test_only_the_newest_token_lives_and_dies_after_eight_hours(sendo: SendoWorld) -> None:
    first = sendo.token
    second = sendo.raw("POST", "/login", keys(sendo))[1]["result"]["token"]
    assert sendo.token == second != first
    reasons = f"{ROOT}salesorder/reason-collection"
    for header in ("", f"bearer {first}", second, f"basic {second}"):
        assert sendo.raw("GET", reasons, authorization=header) == (401, {"exp": "token expired"})
    for scheme in ("bearer", "Bearer"):
        assert sendo.raw("GET", reasons, authorization=f"{scheme} {second}")[0] == 200
    sendo.world.book.timeline.advance(facts.TOKEN_LIFE + 1)
    assert sendo.raw("GET", reasons, authorization=f"bearer {second}")[0] == 401
    assert sendo.token != second


def test_five_logins_a_second(sendo: SendoWorld) -> None:
    asked = [sendo.raw("POST", "/login", keys(sendo))[0] for _ in range(6)]
    assert asked == [200] * 5 + [429]


def test_what_the_gateway_refuses(sendo: SendoWorld) -> None:
    bearer = {"authorization": f"bearer {sendo.token}"}
    assert sendo.raw("GET", f"{ROOT}payouts", **bearer)[0] == 404
    assert sendo.raw("DELETE", f"{ROOT}salesorder", **bearer)[0] == 404
    assert sendo.raw("GET", "/salesorder/1", **bearer)[0] == 404
    form = bearer | {"content-type": "application/x-www-form-urlencoded"}
    assert sendo.raw("PUT", f"{ROOT}salesorder", {}, **form)[0] == 415
    answer = json.loads(sendo.platform.answer("PUT", f"{ROOT}salesorder", JSON | bearer, b"{")[2])
    assert answer["error"]["error_details"][0]["property_name"] == "body"


def test_the_gateway_refuses_in_its_own_words(sendo: SendoWorld) -> None:
    assert [sendo.platform.refuse(failure, "GET", "/")[0] for failure in ("rate_limited", "server_error")] == [429, 502]


# --- orders ---


def search(sendo: SendoWorld, **body: Any) -> Any:
    return sendo.good("POST", "salesorder/search", body)


def numbers(result: Any) -> list[str]:
    return [row["sales_order"]["order_number"] for row in result["data"]]


def days(name: str, first: int, last: int) -> dict[str, str]:
    today = datetime.now(facts.VIETNAM)
    return {
        f"{name}_from": f"{today + timedelta(days=first):%Y/%m/%d}",
        f"{name}_to": f"{today + timedelta(days=last):%Y/%m/%d}",
    }


def test_pages_follow_their_token_whatever_else_is_asked(sendo: SendoWorld) -> None:
    placed = [sendo.order().id for _ in range(5)]
    first = search(sendo, page_size=2)
    second = search(sendo, token=first["next_token"], page_size=50, order_status=13)
    third = search(sendo, token=second["next_token"])
    assert numbers(first) + numbers(second) + numbers(third) == placed[::-1]
    assert (first["previous_token"], third["next_token"]) == (None, None)
    assert numbers(search(sendo, token=second["previous_token"])) == numbers(first)
    sendo.world.book.timeline.advance(facts.PAGE_LIFE + 1)
    assert sendo.refused("POST", "salesorder/search", {"token": first["next_token"]})[0] == 400
    assert sendo.refused("POST", "product/search", {"token": search(sendo, page_size=2)["next_token"]})[0] == 400


def test_windows_of_days(sendo: SendoWorld) -> None:
    number = sendo.order().id
    for body in (days("order_status_date", -2, 0), days("order_date", -300, 0), {"order_status": 2}, {}):
        assert numbers(search(sendo, **body)) == [number]
    for body in (days("order_status_date", 1, 2), days("order_date", -9, -1), {"order_status": 13}):
        assert numbers(search(sendo, **body)) == []
    assert sendo.refused("POST", "salesorder/search", days("order_status_date", -3, 0)) == (
        400, "Khoảng thời gian tối đa 3 ngày",
    )  # fmt: skip


def test_without_a_date_old_orders_are_not_read_order(sendo: SendoWorld) -> None:
    order = sendo.order()
    order.placed_at -= 8 * 86_400
    assert numbers(search(sendo)) == []
    assert numbers(search(sendo, **days("order_status_date", 0, 0))) == [order.id]


@pytest.mark.parametrize(
    "body",
    [
        {"page_size": 51},
        {"page_size": 0},
        {"page_size": "50"},
        {"order_status": 99},
        {"order_date_from": "01-01-2026", "order_date_to": "02-01-2026"},
        {"order_date_from": "2026/01/02", "order_date_to": "2026/01/01"},
        {"order_date_from": "2026/01/01"},
        {"token": 5},
        [],
        None,
    ],
)
def test_a_search_that_is_refused(body: Any, sendo: SendoWorld) -> None:
    assert sendo.refused("POST", "salesorder/search", body)[0] == 400


def read_order(sendo: SendoWorld, order: Order) -> Any:
    return sendo.good("GET", f"salesorder/{order.id}")["sales_order"]


def test_an_order_through_its_life(sendo: SendoWorld) -> None:
    order = sendo.order()
    row = read_order(sendo, order)
    assert (row["order_status"], row["payment_method"]) == (2, 1 if order.cod else 2)
    assert row["payment_status"] == 1
    sendo.let(20)
    assert read_order(sendo, order)["payment_status"] == (1 if order.cod else 3)
    assert sendo.good("PUT", "salesorder", {"order_number": order.id, "order_status": 3, "allow_check": 1}) is True
    row = read_order(sendo, order)
    assert (row["order_status"], row["tracking_number"], row["can_action"]) == (3, f"SE{order.id}", True)
    seen = set()
    for _ in range(300):
        sendo.let(2)
        seen.add(read_order(sendo, order)["order_status"])
    assert {3, 6, 7} <= seen
    assert read_order(sendo, order)["order_status"] in (8, 21)
    assert sendo.refused("GET", "salesorder/999") == (404, "Đơn hàng không tồn tại")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"order_status": 6}, "Trạng thái không hợp lệ"),
        ({"order_status": 7}, "Shop không tự vận chuyển"),
        ({"order_status": 3, "allow_check": 2}, "allow_check phải là 0 hoặc 1"),
        ({"order_status": 13}, "cancel_order_reason là bắt buộc"),
        ({"order_status": 13, "cancel_order_reason": "X"}, "Lý do hủy không hợp lệ"),
        ({"order_status": "3"}, "order_status phải là số nguyên từ 0 đến 9007199254740992"),
        ({"order_status": 3, "order_number": "999"}, "Đơn hàng không tồn tại"),
    ],
)
def test_an_update_that_is_refused_changes_nothing(body: Any, words: str, sendo: SendoWorld) -> None:
    order = sendo.order()
    before = order.status
    assert sendo.refused("PUT", "salesorder", {"order_number": order.id} | body)[1] == words
    assert order.status == before


def test_what_is_done_cannot_be_done_again(sendo: SendoWorld) -> None:
    order = sendo.order()
    sendo.let(20)
    accept = {"order_number": order.id, "order_status": 3}
    assert sendo.good("PUT", "salesorder", accept) is True
    assert sendo.refused("PUT", "salesorder", accept)[1] == "Trạng thái đơn hàng không cho phép"
    assert sendo.good("PUT", "salesorder", accept | {"order_status": 13, "cancel_order_reason": "CBS100"}) is True
    row = read_order(sendo, order)
    assert (row["order_status"], row["reason_cancel_code"], row["canceled_by"]) == (13, "CBS100", "seller")
    assert row["can_action"] is False


# --- products ---


def test_a_product_with_and_without_variants(sendo: SendoWorld) -> None:
    item, variation = sendo.variation(with_models=True)
    row = sendo.good("GET", f"product?id={item.id}&sku=nothing")
    assert [found["variant_attribute_hash"] for found in row["variants"]] == [v.id for v in item.variations]
    assert row["stock_quantity"] == sum(v.stock for v in item.variations)
    plain, single = sendo.variation(with_models=False)
    row = sendo.good("GET", f"product?sku={single.seller_sku}")
    assert (row["id"], row["variants"], row["stock_quantity"]) == (int(plain.id), [], single.stock)
    assert sendo.refused("GET", "product?id=1") == (404, "Sản phẩm không tồn tại")
    assert variation.id.startswith("602_")


def test_products_are_searched_by_name_status_and_day(sendo: SendoWorld) -> None:
    item, _ = sendo.variation(with_models=False)
    every = sendo.good("POST", "product/search", {"page_size": 50})
    assert len(every["data"]) == min(50, len(sendo.shop.items))
    assert len(sendo.good("POST", "product/search", {})["data"]) == 10
    today = f"{datetime.now(facts.VIETNAM):%Y-%m-%d}"
    by_name = {"product_name": item.name.upper(), "date_from": today, "date_to": today, "status": 2}
    assert int(item.id) in [row["id"] for row in sendo.good("POST", "product/search", by_name)["data"]]
    assert sendo.good("POST", "product/search", {"status": 5}) == {
        "data": [],
        "next_token": None,
        "previous_token": None,
    }
    assert sendo.refused("POST", "product/search", {"date_from": "01/01/2026", "date_to": "02/01/2026"})[0] == 400


def mask(sendo: SendoWorld, *rows: Any) -> Any:
    return sendo.call("POST", "product/update-by-field-mask", list(rows))


def test_only_what_the_mask_names_changes(sendo: SendoWorld) -> None:
    item, variation = sendo.variation(with_models=False)
    price = variation.price
    row = {
        "id": int(item.id),
        "stock_quantity": 3,
        "stock_availability": True,
        "price": 5000,
        "Field_Mask": ["quantity"],
    }
    assert mask(sendo, row)["result"] is True
    assert (variation.stock, variation.price) == (3, price)
    assert mask(sendo, {"id": int(item.id), "status": 5, "field_mask": ["status"]})["success"] is True
    assert item.status == "deleted"
    assert mask(sendo, row)["success"] is False


@pytest.mark.parametrize(
    "changes",
    [
        {"stock_quantity": 0},
        {"stock_quantity": -1},
        {"stock_quantity": "3"},
        {"stock_availability": None},
        {"field_mask": []},
        {"field_mask": ["name"]},
        {"field_mask": "quantity"},
        {"id": 5},
        {"id": "x"},
        {"field_mask": ["price"], "price": 5},
    ],
)
def test_a_row_that_is_refused_changes_nothing_and_the_others_are_done(changes: Any, sendo: SendoWorld) -> None:
    item, variation = sendo.variation(with_models=False)
    other = next(found for found in sendo.shop.items.values() if not found.has_models and found is not item)
    good = {"stock_quantity": 3, "stock_availability": True, "field_mask": ["quantity"]}
    before = (variation.stock, variation.price)
    answer = mask(sendo, {"id": int(item.id)} | good | changes, {"id": int(other.id)} | good)
    assert answer["success"] is False
    assert [row["property_name"] for row in answer["error"]["error_details"]] == ["[0].id"]
    assert ((variation.stock, variation.price), other.variations[0].stock) == (before, 3)


def test_variants_are_named_by_their_hash(sendo: SendoWorld) -> None:
    item, variation = sendo.variation(with_models=True)
    row = {"id": int(item.id), "stock_quantity": 9, "stock_availability": True, "field_mask": ["quantity"]}
    assert mask(sendo, row)["success"] is False
    wrong = [{"variant_attribute_hash": "602_1", "variant_quantity": 9}]
    assert mask(sendo, row | {"variants": wrong})["success"] is False
    right = [{"variant_attribute_hash": variation.id, "variant_quantity": 9}]
    assert mask(sendo, row | {"variants": right})["success"] is True
    assert variation.stock == 9


def test_rows_fail_for_no_good_reason_when_chaos_says_so(sendo: SendoWorld) -> None:
    item, variation = sendo.variation(with_models=False)
    sendo.world.book.faults.set({"partial_batch": 1.0})
    before = variation.stock
    row = {"id": int(item.id), "stock_quantity": 3, "stock_availability": True, "field_mask": ["quantity"]}
    assert mask(sendo, row)["error"]["error_details"][0]["value"] == item.id
    assert variation.stock == before


# --- what it tells by itself ---


def test_only_new_orders_ends_of_checks_and_cancellations_are_told(
    sendo: SendoWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "CHECKED_SHARE", 1.0)
    order = sendo.order()
    accept = {"order_number": order.id, "order_status": 3}
    assert read_order(sendo, order)["can_action"] is False
    assert sendo.refused("PUT", "salesorder", accept)[1] == "Đơn hàng đang được Sendo kiểm tra, vui lòng thử lại sau"
    updated = read_order(sendo, order)["updated_date_time_stamp"]
    sendo.let(facts.CHECKING[1])
    assert read_order(sendo, order)["can_action"] is True
    assert order.cod is False or read_order(sendo, order)["updated_date_time_stamp"] == updated
    assert sendo.good("PUT", "salesorder", accept) is True
    sendo.world.life.cancel(order, "buyer", "changed_mind")
    created, unlocked, cancelled = sendo.sent
    assert (created["type"], created["store_id"], created["data"]["order_number"]) == (
        "SALESORDER.CREATE", int(sendo.shop.id), order.id,
    )  # fmt: skip
    assert unlocked["data"] == {"order_number": order.id, "order_action": "UNLOCK", "data": {"can_action": True}}
    assert "store_id" not in unlocked
    assert (cancelled["data"]["order_action"], cancelled["data"]["data"]["cancel_by"]) == ("CANCEL", "buyer")
    assert {message["shop_key"] for message in sendo.sent} == {sendo.platform.backend.book.shop_key}


def test_without_an_address_nothing_is_sent(sendo: SendoWorld) -> None:
    sendo.platform.set_webhook_url("", None)
    sendo.order()
    assert sendo.sent == []


def test_a_restart_keeps_keys_token_and_checks(sendo: SendoWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "CHECKED_SHARE", 1.0)
    order, token, app = sendo.order(), sendo.token, sendo.platform.accounts()["app"]
    saved = pickle.loads(pickle.dumps(sendo.platform.save()))  # noqa: S301
    sendo.world.book.timeline.drop("wire")
    fresh = PLATFORM(sendo.platform.context)
    fresh.restore(saved)
    sendo.world.platforms["sendo"] = fresh
    assert (sendo.token, sendo.platform.accounts()["app"]) == (token, app)
    assert read_order(sendo, order)["can_action"] is False
    sendo.let(facts.CHECKING[1])
    assert read_order(sendo, order)["can_action"] is True
    assert sendo.sent[-1]["data"]["order_action"] == "UNLOCK"


def test_accounts_harm_no_token_handed_out_before(sendo: SendoWorld) -> None:
    assert sendo.token == sendo.token


def test_days_are_read_in_the_forms_that_public_clients_send(sendo: SendoWorld) -> None:
    order = sendo.order()
    today = datetime.now(facts.VIETNAM)
    for form in (f"{today:%Y/%m/%d}", f"{today:%Y-%m-%d}", f"{today.year}/{today.month}/{today.day}"):
        assert numbers(search(sendo, order_date_from=form, order_date_to=form)) == [order.id], form
    for odd in (f"{today:%d/%m/%Y}", "yesterday"):
        assert sendo.refused("POST", "salesorder/search", {"order_date_from": odd, "order_date_to": odd})[0] == 400
