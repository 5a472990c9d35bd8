"""Limits of calls, and the log of them, which is silent on secrets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from redis import Redis
from structlog.testing import capture_logs

from integrations.contract.declarations import Limit
from integrations.contract.errors import Rejected, TryLater
from integrations.wire.call_counts import CallCount, counting
from integrations.wire.calls import Call
from integrations.wire.http import ChannelClient
from integrations.work import threads
from tests.integrations.wire.loopback import READ, SECRET, WRITE, Server, Tokens, hang_up, refusal


@pytest.mark.parametrize("answer", [(429, b"{}", {"Retry-After": "7"}), (200, b'{"error": "too_often"}', {})])
def test_too_often_stops_the_next_call_of_the_shop_before_it_leaves(
    server: Server, open_client: Callable[..., ChannelClient], answer: tuple[int, bytes, dict[str, str]]
) -> None:
    server.answers = [answer]
    refusal(open_client(), READ)
    error = refusal(open_client(lane="bulk"), READ)
    assert isinstance(error, TryLater)
    assert (error.code, round(error.after), error.maybe_done, len(server.asked)) == ("paused", 7, False, 1)
    refusal(open_client(shop_id="8"), READ)
    assert len(server.asked) == 2


def test_failures_open_the_breaker_and_refusals_do_not(server: Server, client: ChannelClient) -> None:
    server.answers = [(400, b"{}", {})]
    for _ in range(6):
        assert isinstance(refusal(client, WRITE), Rejected)
    server.answers = [(503, b"{}", {})]
    for _ in range(5):
        refusal(client, WRITE)
    assert refusal(client, WRITE).code == "open"
    assert len(server.asked) == 11


@pytest.mark.parametrize(("scope", "buckets"), [("app", 1), ("shop", 2), ("endpoint", 4)])
def test_calls_count_in_the_scope_of_their_limit(
    open_client: Callable[..., ChannelClient], redis: Redis, scope: str, buckets: int
) -> None:
    for shop in ("7", "8"):
        client = open_client((Limit("any", 100, 100, scope), Limit("other", 100, 100)), shop_id=shop)
        client.send(Call("GET", "/orders", limits=("any",)))
        client.send(Call("GET", "/items/1", endpoint="/items", limits=("any",)))
        client.send(Call("GET", "/items/2", endpoint="/items", limits=("any",)))
    assert len(redis.keys("erpsync:wire:bucket:*")) == buckets


def test_a_limit_is_kept_and_an_app_may_set_its_own_number(
    server: Server, open_client: Callable[..., ChannelClient]
) -> None:
    few = (Limit("few", 1, 60),)
    open_client(few).send(READ)
    assert refusal(open_client(few), READ).code == "wait"
    own = open_client(few, settings={"limit_few": "6000"}, shop_id="8")
    own.send(READ)
    own.send(READ)
    assert len(server.asked) == 3


def test_each_try_logs_one_line_without_secrets(
    server: Server, client: ChannelClient, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answers = [hang_up, (503, b"{}", {}), (401, b"{}", {})]
    with capture_logs() as logs:
        errors = [refusal(client, READ), refusal(client, READ)]
    assert [(log["event"], log["call"], log["status"], log["problem"], log["shop"]) for log in logs] == [
        ("call", "GET /orders", 0, "ConnectionError", "7"),
        ("call", "GET /orders", 503, "TryLater", "7"),
        ("call", "GET /orders", 401, "dead_token", "7"),
        ("call", "GET /orders", 401, "dead_token", "7"),
    ]
    said = repr(logs) + repr(errors) + "".join(str(error.__cause__) + str(error.reason) for error in errors)
    assert SECRET not in said
    assert "token-1" not in said


def test_an_error_of_the_connection_shows_no_address(client: ChannelClient, server: Server) -> None:
    server.answers = [hang_up]
    error = refusal(client, WRITE)
    chain: BaseException | None = error
    shown = []
    while chain is not None:
        shown.append(str(chain))
        chain = None if chain.__suppress_context__ else chain.__context__
    assert shown == ["Toy did not answer: POST /ship (ConnectionError)."]


def test_each_try_is_counted_also_in_the_threads_of_a_piece_of_work(
    client: ChannelClient, server: Server, tokens: Tokens
) -> None:
    server.answers = [(401, b"{}", {}), (200, b'{"ok": true}', {})]
    mine, inner = CallCount(), CallCount()
    with counting(mine):
        client.send(READ)
        threads.start(client.send, READ).result(10)
        with counting(inner):
            client.send(READ)
    client.send(READ)
    assert (mine.calls, inner.calls, len(server.asked)) == (3, 1, 5)
    assert mine.seconds > 0
