"""The scripted platform replies as scripted, over real HTTP, and records what it was asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.integrations.connectors.scripted import UNSCRIPTED, Request, ScriptedPlatform, served


@pytest.fixture
def platform() -> Iterator[ScriptedPlatform]:
    with served(ScriptedPlatform(prefix="/api/v1/")) as found:
        yield found


def get(platform: ScriptedPlatform, path: str) -> requests.Response:
    return requests.get(f"{platform.base_url}/api/v1/{path}", timeout=5)


def test_replies_come_in_order_and_the_last_one_repeats(platform: ScriptedPlatform) -> None:
    platform.on("GET", "orders", (503, "down"), (200, {"rows": []}))
    found = [get(platform, "orders") for _ in range(3)]
    assert [response.status_code for response in found] == [503, 200, 200]
    assert [response.text for response in found] == ["down", '{"rows": []}', '{"rows": []}']
    assert platform.calls() == ["GET orders"] * 3


def test_a_function_replies_to_what_the_request_says(platform: ScriptedPlatform) -> None:
    platform.on("POST", "orders", lambda request: (200, {"page": request.query["page"], "sent": request.json()}))
    url = f"{platform.base_url}/api/v1/orders?page=1&page=2&empty="
    assert requests.post(url, json={"a": 1}, headers={"X-Key": "k"}, timeout=5).json() == {
        "page": "2",
        "sent": {"a": 1},
    }
    [request] = platform.requests
    assert request.pairs == (("page", "1"), ("page", "2"), ("empty", ""))
    assert request.headers["x-key"] == "k"


def test_no_reply_closes_the_connection(platform: ScriptedPlatform) -> None:
    platform.on("GET", "orders", None)
    with pytest.raises(requests.ConnectionError):
        get(platform, "orders")
    assert platform.calls() == ["GET orders"]


def test_an_unscripted_request_is_recorded_and_refused(platform: ScriptedPlatform) -> None:
    platform.on("GET", "orders", (200, {}))
    response = requests.post(f"{platform.base_url}/api/v1/orders", timeout=5)
    assert (response.status_code, response.json()) == (UNSCRIPTED, {"unscripted": "orders"})
    assert platform.calls() == ["POST orders"]


def test_every_request_is_checked_before_its_reply() -> None:
    checked: list[Request] = []
    with served(ScriptedPlatform(check=checked.append)) as platform:
        platform.on("GET", "/orders", (200, {}))
        requests.get(f"{platform.base_url}/orders", timeout=5)
        requests.get(f"{platform.base_url}/none", timeout=5)
    assert [request.path for request in checked] == ["/orders", "/none"]
    assert checked == platform.requests
