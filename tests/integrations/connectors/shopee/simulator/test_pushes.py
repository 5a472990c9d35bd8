"""Pushes of the simulated Shopee: envelopes, signature, retries, the lost queue, and suspension of an app."""

from __future__ import annotations

import hashlib
import hmac
import json
import pickle
from copy import deepcopy
from typing import Any

import pytest

from integrations.connectors.shopee.simulator.platform import PLATFORM
from tests.integrations.connectors.shopee.simulator.still_world import START, Client, Market


@pytest.fixture
def listening(shopee: Market) -> Market:
    shopee.listen()
    return shopee


def codes(shopee: Market) -> list[int]:
    shopee.deliver()
    return [code for code, _ in shopee.hub.take()]


def test_the_probe(shopee: Market) -> None:
    shopee.platform.set_webhook_url(shopee.hub.url, None)
    shopee.deliver()
    (push,) = shopee.hub.received
    assert push.body == {
        "code": 0,
        "data": {"verify_info": "This is a Verification message.Please respond in the certain format."},
    }
    assert shopee.platform.accounts()["app"]["callback_url"] == shopee.hub.url


def test_a_push_is_signed_over_address_and_body(listening: Market) -> None:
    order = listening.buy()
    listening.deliver()
    push = listening.hub.received[0]
    key = listening.app["push_partner_key"].encode()
    text = f"{listening.hub.url}|".encode() + push.raw
    assert push.authorization == hmac.new(key, text, hashlib.sha256).hexdigest()
    body = push.body
    assert len(body.pop("msg_id")) == 32
    assert body == {
        "data": {
            "completed_scenario": None,
            "items": [],
            "ordersn": order.id,
            "status": "UNPAID",
            "update_time": START,
        },
        "shop_id": listening.client.shop_id,
        "code": 3,
        "timestamp": START,
    }


def test_the_pushes_of_a_life(listening: Market) -> None:
    order = listening.buy(quantity=2)
    (line,) = order.lines
    listening.deliver()
    (_, (code, reserved)) = listening.hub.take()
    assert (code, reserved) == (
        8,
        {
            "action": "place_order",
            "item_id": int(line.item_id),
            "variation_id": int(line.variation_id),
            "ordersn": order.id,
            "promotion_id": 0,
            "promotion_type": "",
            "update_time": START,
            "changed_values": [{"name": "reserved_stock", "old": 0, "new": 2}],
        },
    )
    listening.context.step(order, "paid")
    listening.deliver()
    ((first, moved), (second, status)) = listening.hub.take()
    assert (first, set(moved), moved["fulfillment_status"]) == (
        30,
        {"ordersn", "package_number", "fulfillment_status", "update_time"},
        "LOGISTICS_READY",
    )
    assert (second, status["status"]) == (3, "READY_TO_SHIP")
    listening.context.step(order, "arranged")
    listening.context.pass_time(1.9)
    assert codes(listening) == []
    listening.context.pass_time(0.1)
    assert codes(listening) == [30, 3]
    listening.context.pass_time(8)
    listening.deliver()
    ((code, tracking),) = listening.hub.take()
    assert (code, set(tracking)) == (4, {"ordersn", "forder_id", "package_number", "tracking_no"})
    assert tracking["package_number"] == moved["package_number"]
    for step in ("shipped", "delivered"):
        listening.context.step(order, step)
        assert codes(listening) == [30, 3]
    listening.context.step(order, "completed")
    listening.deliver()
    ((code, status),) = listening.hub.take()
    assert (code, status["status"], status["completed_scenario"]) == (3, "COMPLETED", "NORMAL")


def test_the_pushes_of_a_cancellation_and_a_return(listening: Market) -> None:
    order = listening.buy(cod=True)
    assert codes(listening) == [30, 3, 8]
    listening.context.step(order, "asked_cancel")
    assert codes(listening) == [3]
    listening.context.answer_cancellation(order, accept=True)
    listening.deliver()
    found = listening.hub.take()
    assert [code for code, _ in found] == [30, 3, 8]
    assert found[2][1]["changed_values"] == [{"name": "reserved_stock", "old": 1, "new": 0}]
    order = listening.buy(cod=True)
    for step in ("shipped", "delivered"):
        listening.context.step(order, step)
    listening.deliver()
    listening.hub.take()
    listening.context.step(order, "returning")
    listening.deliver()
    ((_, status), (code, data)) = listening.hub.take()
    assert status["status"] == "TO_RETURN"
    assert (code, data["order_sn"]) == (29, order.id)
    assert data["updated_values"] == [
        {"update_field": "return_status", "old_value": "", "new_value": "REQUESTED", "update_time": START}
    ]


def test_a_refused_push_is_tried_four_times_with_the_same_bytes(listening: Market) -> None:
    listening.hub.replies = [500, 404, 302]
    listening.platform.backend.pushes.on = {3}
    listening.buy()
    times = []
    for wait in (0, 299, 1, 1_799, 1, 10_799, 1, 100_000):
        listening.pass_time(wait)
        times.append(len(listening.hub.received))
    assert times == [1, 1, 2, 2, 3, 3, 4, 4]
    assert len({push.raw for push in listening.hub.received}) == 1
    assert listening.client.get("push/get_lost_push_message") == {
        "push_message_list": [],
        "has_next_page": False,
        "last_message_id": 0,
    }


def lose(shopee: Market, count: int) -> list[str]:
    """Place orders whose pushes are not accepted."""
    shopee.platform.backend.pushes.on = {3}
    found = [shopee.buy().id for _ in range(count)]
    shopee.hub.replies = [500] * (4 * count)
    shopee.pass_time(13_000)
    assert shopee.hub.replies == []
    return found


def test_what_nobody_took_waits_in_the_lost_queue_until_it_is_confirmed(listening: Market) -> None:
    numbers = lose(listening, 103)
    client = listening.client
    client.access_token = ""
    page = client.get("push/get_lost_push_message")
    assert page["has_next_page"] is True
    first = page["push_message_list"][0]
    assert (first["shop_id"], first["code"], first["timestamp"]) == (client.shop_id, 3, START)
    assert [json.loads(row["data"])["data"]["ordersn"] for row in page["push_message_list"]] == numbers[:100]
    assert client.get("push/get_lost_push_message") == page
    body = {"last_message_id": page["last_message_id"]}
    for _ in range(2):
        client.post("push/confirm_consumed_lost_push_message", body)
    rest = client.get("push/get_lost_push_message")
    assert [json.loads(row["data"])["data"]["ordersn"] for row in rest["push_message_list"]] == numbers[100:]
    assert rest["has_next_page"] is False
    listening.context.pass_time(3 * 86_400)
    assert client.get("push/get_lost_push_message")["push_message_list"] == []


def test_a_hub_that_takes_hardly_anything_is_switched_off(listening: Market) -> None:
    listening.platform.backend.pushes.on = {3}
    listening.hub.replies = [500] * 601
    for number in range(601):
        listening.buy(quantity=1) if number < 30 else listening.context.step(
            next(iter(listening.context.orders.values())), "asked_cancel"
        )
    listening.deliver()
    config = listening.client.get("push/get_app_push_config")
    assert (config["live_push_status"], config["suspended_time"]) == ("suspended", START)
    listening.context.step(next(iter(listening.context.orders.values())), "asked_cancel")
    assert listening.context.outbox == []
    listening.pass_time(20_000)
    listening.hub.take()
    listening.client.post("push/set_app_push_config", {"callback_url": listening.hub.url})
    assert codes(listening) == [0]
    assert listening.client.get("push/get_app_push_config")["live_push_status"] == "normal"
    listening.buy()
    assert codes(listening) == [3]


def test_a_middling_hub_is_warned(listening: Market) -> None:
    pushes = listening.platform.backend.pushes
    for number in range(601):
        pushes.answered(number % 2 == 0, moment=float(number), now=START)
    assert listening.client.get("push/get_app_push_config")["live_push_status"] == "warning"
    pushes.answered(accepted=True, moment=6 * 3_600 + 601.0, now=START)
    assert len(pushes.recent) == 1


def test_the_subscription_is_configured_through_the_api(shopee: Market, client: Client) -> None:
    assert client.get("push/get_app_push_config") == {
        "callback_url": "",
        "live_push_status": "normal",
        "suspended_time": 0,
        "blocked_shop_id": [],
        "push_config_on_list": [1, 2, 3, 4, 8, 12, 15, 22, 29, 30],
        "push_config_off_list": [],
    }
    body: dict[str, Any] = {"callback_url": shopee.hub.url, "set_push_config_off": [8, 30]}
    assert client.post("push/set_app_push_config", body) == {"result": "success"}
    assert codes(shopee) == [0]
    shopee.buy(cod=True)
    assert codes(shopee) == [3]
    client.post(
        "push/set_app_push_config", {"set_push_config_on": [30], "blocked_shop_id_list": [shopee.other.shop_id]}
    )
    shopee.buy(cod=True)
    assert codes(shopee) == [30, 3]
    client.post("push/set_app_push_config", {"blocked_shop_id_list": [client.shop_id]})
    shopee.buy(cod=True)
    assert codes(shopee) == []
    for wrong in (
        {"callback_url": "hub"},
        {"set_push_config_on": [99]},
        {"set_push_config_on": ["3"]},
        {"blocked_shop_id_list": list(range(501))},
    ):
        assert client.call("POST", "push/set_app_push_config", wrong)[1]["error"] == "error_param"


def test_an_address_that_fails_the_probe_is_not_kept(shopee: Market, client: Client) -> None:
    shopee.listen()
    shopee.hub.replies = [500]
    other = shopee.hub.url.replace("k1", "k2")
    client.post("push/set_app_push_config", {"callback_url": other})
    shopee.deliver()
    assert client.get("push/get_app_push_config")["callback_url"] == shopee.hub.url


def test_a_retry_survives_a_restart(listening: Market) -> None:
    listening.platform.backend.pushes.on = {3}
    listening.hub.replies = [500]
    order = listening.buy()
    listening.deliver()
    saved = deepcopy(listening.platform.save())
    assert pickle.dumps(saved)
    listening.context.due.clear()
    listening.hub.received.clear()
    listening.context.platform = PLATFORM(listening.context)
    listening.context.platform.restore(saved)
    listening.pass_time(300)
    assert [data["ordersn"] for _, data in listening.hub.take()] == [order.id]
    assert listening.client.get("shop/get_shop_info")["region"] == "VN"
