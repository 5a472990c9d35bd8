"""Calls that fail: timed, judged, and repeated only where that is harmless."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from integrations.contract.errors import TryLater
from integrations.wire import transport
from integrations.wire.calls import Call
from integrations.wire.http import ChannelClient
from tests.integrations.wire.loopback import READ, WRITE, Server, hang_up, refusal


def test_a_broken_read_is_asked_once_more_and_signed_anew(server: Server, client: ChannelClient) -> None:
    server.answers = [hang_up, (200, b'{"ok": true}', {})]
    assert client.send(READ) == {"ok": True}
    assert [path.rpartition("-")[2] for _, path, _, _ in server.asked] == ["1", "2"]


def test_a_read_that_breaks_twice_comes_back_later(server: Server, client: ChannelClient) -> None:
    server.answers = [hang_up]
    error = refusal(client, READ)
    assert isinstance(error, TryLater)
    assert (error.maybe_done, len(server.asked)) == (False, 2)


def test_a_read_that_met_a_broken_server_is_asked_once_more(server: Server, client: ChannelClient) -> None:
    server.answers = [(502, b"<html>", {}), (200, b'{"ok": true}', {})]
    assert client.send(READ) == {"ok": True}
    server.answers = [(500, b"{}", {})]
    assert isinstance(refusal(client, READ), TryLater)
    assert len(server.asked) == 4


@pytest.mark.parametrize("answer", [(503, b"{}", {"Retry-After": "7"}), (429, b"{}", {})])
def test_a_channel_that_asks_for_patience_gets_it(server: Server, client: ChannelClient, answer: Any) -> None:
    server.answers = [answer]
    assert isinstance(refusal(client, READ), TryLater)
    assert len(server.asked) == 1


def test_a_broken_write_is_never_repeated_and_may_be_done(server: Server, client: ChannelClient) -> None:
    server.answers = [hang_up]
    error = refusal(client, WRITE)
    assert isinstance(error, TryLater)
    assert (error.maybe_done, len(server.asked)) == (True, 1)


def test_an_absolute_write_is_repeated_like_a_read(server: Server, client: ChannelClient) -> None:
    server.answers = [hang_up, (200, b'{"ok": true}', {})]
    assert client.send(Call("POST", "/stock", json={}, repeatable=True)) == {"ok": True}


def test_a_write_that_never_left_is_not_done(open_client: Callable[..., ChannelClient]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        error = refusal(open_client(base_url=address), WRITE)
    assert isinstance(error, TryLater)
    assert not error.maybe_done


@pytest.mark.parametrize(
    ("answer", "maybe_done"),
    [
        ((500, b"{}", {}), True),
        ((502, b"<html>Bad gateway</html>", {}), True),
        ((200, b"<html>", {}), True),
        ((200, b"[" * 100_000, {}), True),
        ((200, b'{"total": NaN}', {}), True),
        ((200, b"\xff\xfe", {}), True),
        ((200, b'{"cut": ', {}), True),
        ((429, b"{}", {}), False),
    ],
)
def test_a_write_with_a_useless_answer_may_be_done(
    server: Server, client: ChannelClient, answer: tuple[int, bytes, dict[str, str]], maybe_done: bool
) -> None:
    server.answers = [answer]
    error = refusal(client, WRITE)
    assert isinstance(error, TryLater)
    assert (error.maybe_done, len(server.asked)) == (maybe_done, 1)


def test_a_body_shorter_than_announced_is_no_answer(server: Server, client: ChannelClient) -> None:
    server.answers = [(200, b'{"ok": true}', {"Content-Length": "100", "Connection": "close"})]
    error = refusal(client, Call("POST", "/ship", json={}, total=1))
    assert isinstance(error, TryLater)
    assert error.maybe_done


def test_a_silent_channel_ends_with_the_total_time(server: Server, client: ChannelClient) -> None:
    server.answers = [lambda connection: time.sleep(1.5)]
    began = time.monotonic()
    error = refusal(client, Call("POST", "/ship", json={}, total=0.3))
    assert isinstance(error, TryLater)
    assert error.maybe_done
    assert time.monotonic() - began < 1.2


def test_a_trickle_ends_with_the_total_time(server: Server, client: ChannelClient) -> None:
    def trickle(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(20):
            time.sleep(0.1)
            connection.sendall(b" ")

    server.answers = [trickle]
    began = time.monotonic()
    assert isinstance(refusal(client, Call("GET", "/orders", total=0.4)), TryLater)
    # no read outlasts the deadline by more than one more read
    assert time.monotonic() - began < 1.2
    assert len(server.asked) == 1


def test_an_answer_beyond_any_page_is_cut_off(
    server: Server, client: ChannelClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 100_000)
    server.answers = [(200, b" " * 1_000_000, {})]
    assert "AnswerTooLarge" in str(refusal(client, READ).reason)


@pytest.mark.parametrize(
    ("value", "after"), [("120", 120), ("9999999", 86_400), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("soon", 9), ("", 9)]
)
def test_the_channels_own_wait_is_honoured(server: Server, client: ChannelClient, value: str, after: float) -> None:
    server.answers = [(503, b"{}", {"Retry-After": value})]
    error = refusal(client, READ)
    assert isinstance(error, TryLater)
    assert error.after == after
