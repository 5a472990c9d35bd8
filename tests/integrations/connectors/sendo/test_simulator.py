"""The simulated Sendo: as strict as published, in the harsher form where nothing is published. Time stands still."""

from __future__ import annotations

import base64
import json
import pickle
import time
from datetime import datetime, timedelta

import pytest

from integrations.connectors.sendo.simulator import facts
from integrations.connectors.sendo.simulator.platform import PLATFORM

from .still_world import JSON, ROOT, SendoWorld, keys, numbers, read_order, search
from .still_world import sendo as sendo  # noqa: PLC0414


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
