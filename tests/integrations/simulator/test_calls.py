"""Quotas and JSON bodies as all simulated platforms have them."""

from __future__ import annotations

import pickle

import pytest

from integrations.simulator.calls import NotJson, Quota, SlidingWindow, decode_json, route


class TooMany(Exception):
    """The refusal of a platform."""


def test_a_quota_refuses_the_call_beyond_the_limit_of_a_second_per_key() -> None:
    quota = Quota(2, TooMany)
    quota.spend("a", 10.0)
    quota.spend("a", 10.5)
    with pytest.raises(TooMany):
        quota.spend("a", 10.9)
    quota.spend("b", 10.9)
    quota.spend("a", 11.0)
    with pytest.raises(TooMany):
        quota.spend("a", 11.4)


def test_a_refused_call_does_not_count() -> None:
    window = SlidingWindow(3600.0)
    assert [window.count("read", float(moment), 3) for moment in range(5)] == [True, True, True, False, False]
    assert [window.count("read", moment, 3) for moment in (3600.0, 3600.5, 3601.0)] == [True, False, True]


def test_a_window_survives_a_restart() -> None:
    window = SlidingWindow()
    assert window.count("login", 1.0, 1)
    again: SlidingWindow = pickle.loads(pickle.dumps(window))  # noqa: S301 - our own
    assert not again.count("login", 1.5, 1)
    assert again.count("new", 1.5, 1)


def test_json_is_parsed_and_anything_else_is_one_error() -> None:
    assert decode_json(b'{"a": [1, "\xc4\x91"]}') == {"a": [1, "đ"]}
    for raw in (b"", b"{", b'"\xff"', b"[" * 100_000):
        with pytest.raises(NotJson):
            decode_json(raw)


@pytest.mark.parametrize(
    ("target", "named"),
    [
        ("/api/v2/order/get_order_list?cursor=1", "GET /api/v2/order/get_order_list"),
        ("/order/202309/orders/search", "GET /order/202309/orders/search"),
        ("/product/202309/products/1729/inventory/update", "GET /product/202309/products/*/inventory/update"),
        ("/integration/v2.1/products", "GET /integration/v2.1/products"),
        ("/orders/code/DH000017", "GET /orders/code/*"),
        ("/queues/fc28444e-a3b5/events/pull", "GET /queues/*/events/pull"),
    ],
)
def test_calls_are_counted_by_their_path_without_ids(target: str, named: str) -> None:
    assert route("GET", target) == named
