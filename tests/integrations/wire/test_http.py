"""Calls over a real loopback server: signed per try, timed, judged, repeated only where harmless, and silent on secrets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from redis import Redis
from requests import PreparedRequest
from requests.auth import AuthBase
from structlog.testing import capture_logs

from integrations.contract.access import AppAccess
from integrations.contract.declarations import Limit
from integrations.contract.errors import (
    ChannelError,
    NotAuthorised,
    Rejected,
    TryLater,
)
from integrations.wire import http, transport
from integrations.wire.call_counts import CallCount, counting
from integrations.wire.calls import Call, Response
from integrations.wire.http import ChannelClient, Platform
from integrations.work import threads

SECRET = "very-secret"


@dataclass
class Server:
    """`answers` are given one after the other, the last for ever: (status, body, headers), or what to do with the socket."""

    port: int = 0
    answers: list[Any] = field(default_factory=lambda: [(200, b'{"ok": true}', {})])
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def next(self) -> Any:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found.asked.append((self.command, self.path, dict(self.headers), body))
            answer = found.next()
            if callable(answer):
                self.close_connection = True
                answer(self.connection)
                return
            status, content, headers = answer
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(content))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = answer  # noqa: N815 - the names http.server looks for

        def log_message(self, *_: object) -> None: ...

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    found.port = running.server_port
    yield found
    running.shutdown()
    running.server_close()


def judge(answer: Response) -> Any:
    if answer.status == 401:
        raise NotAuthorised("the token is dead", code="dead_token")
    if answer.status == 429 or answer.status >= 500:
        raise TryLater("not now", after=9)
    body = answer.body if isinstance(answer.body, dict) else {}
    if body.get("error") == "too_often":
        raise TryLater("too often", after=7, code="too_often")
    if answer.status >= 400:
        raise Rejected("no", code="refused")
    return answer.body


class Sign(AuthBase):
    """A sign in the query, of the token and the try's number."""

    tries = 0

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        Sign.tries += 1
        separator = "&" if "?" in (request.url or "") else "?"
        request.url = f"{request.url}{separator}token={self.token}&sign={SECRET}-{Sign.tries}"
        return request


class Tokens:
    def __init__(self) -> None:
        self.token = "token-1"
        self.stale: list[str] = []

    def current(self) -> str:
        return self.token

    def renewed(self, stale: str) -> str:
        self.stale.append(stale)
        self.token = f"token-{len(self.stale) + 1}"
        return self.token


@pytest.fixture
def tokens() -> Tokens:
    Sign.tries = 0
    return Tokens()


@pytest.fixture
def open_client(server: Server, tokens: Tokens, redis: Redis) -> Callable[..., ChannelClient]:
    def opened(
        limits: tuple[Limit, ...] = (), *, settings: dict[str, str] | None = None, **changes: Any
    ) -> ChannelClient:
        platform = Platform("toy", "Toy", "http://127.0.0.1:1", judge, limits, frozenset({"too_often"}))
        app = AppAccess("key", {}, base_url=f"http://127.0.0.1:{server.port}/", settings=settings or {})
        return ChannelClient(platform, app, **({"sign": Sign, "tokens": tokens, "shop_id": "7"} | changes))

    return opened


@pytest.fixture
def client(open_client: Callable[..., ChannelClient]) -> ChannelClient:
    return open_client()


READ = Call("GET", "/orders", params=[("b", "2"), ("a", "ừ"), ("b", "1")])
WRITE = Call("POST", "/ship", json={"price": Decimal("19.90"), "id": 12345678901234567})


def hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def refusal(client: ChannelClient, call: Call) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        client.send(call)
    return caught.value


# --- what goes out, what comes back ---


def test_a_read_keeps_the_order_of_its_parameters_and_is_signed(server: Server, client: ChannelClient) -> None:
    assert client.send(READ) == {"ok": True}
    [(method, path, _, body)] = server.asked
    assert (method, body) == ("GET", b"")
    assert path == f"/orders?b=2&a=%E1%BB%AB&b=1&token=token-1&sign={SECRET}-1"


def test_numbers_keep_every_digit_both_ways(server: Server, client: ChannelClient) -> None:
    server.answers = [(200, b'{"total": 0.10, "id": 98765432109876543}', {})]
    found = client.send(WRITE)
    assert (str(found["total"]), found["id"]) == ("0.10", 98765432109876543)
    [(_, _, headers, body)] = server.asked
    assert body == b'{"price":19.90,"id":12345678901234567}'
    assert headers["Content-Type"] == "application/json"


def test_a_form_and_a_file_go_out_as_such(server: Server, client: ChannelClient) -> None:
    client.send(Call("POST", "/form", form=[("b", "2"), ("a", "1")]))
    client.send(Call("POST", "/file", form=[("a", "1")], files={"picture": ("p.png", b"\x89PNG", "image/png")}))
    [form, file] = server.asked
    assert form[3] == b"b=2&a=1"
    assert file[2]["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b"\x89PNG" in file[3]


def test_a_line_without_tokens_signs_with_none_and_an_unsigned_one_adds_nothing(
    server: Server, open_client: Callable[..., ChannelClient]
) -> None:
    open_client(tokens=None).send(Call("GET", "/a"))
    open_client(tokens=None, sign=http.unsigned).send(Call("GET", "/b"))
    assert [path for _, path, _, _ in server.asked] == [f"/a?token=&sign={SECRET}-1", "/b"]
    assert "Authorization" not in server.asked[1][2]


def test_cookies_of_one_shop_never_reach_another_call(server: Server, client: ChannelClient) -> None:
    server.answers = [(200, b"{}", {"Set-Cookie": "session=1; Path=/"})]
    client.send(READ)
    client.send(READ)
    assert "Cookie" not in server.asked[1][2]


def test_an_answer_elsewhere_is_not_followed(server: Server, client: ChannelClient) -> None:
    server.answers = [(302, b"", {"Location": "/elsewhere"})]
    assert refusal(client, READ).code == http.UNREADABLE
    assert len(server.asked) == 1


def test_what_is_no_json_goes_to_the_judge_of_a_raw_call_only(
    server: Server, open_client: Callable[..., ChannelClient]
) -> None:
    server.answers = [(200, b"%PDF", {})]
    assert open_client().send(Call("GET", "/label", raw=True)) is None
    error = refusal(open_client(), READ)
    assert (type(error), error.code) == (TryLater, http.UNREADABLE)


# --- tokens ---


def test_a_dead_token_is_renewed_once_and_the_call_repeated_once_also_a_write(
    server: Server, client: ChannelClient, tokens: Tokens
) -> None:
    server.answers = [(401, b"{}", {}), (200, b"{}", {})]
    client.send(WRITE)
    assert tokens.stale == ["token-1"]
    assert [path for _, path, _, _ in server.asked] == [
        f"/ship?token=token-1&sign={SECRET}-1",
        f"/ship?token=token-2&sign={SECRET}-2",
    ]


def test_a_renewed_token_that_is_refused_too_is_an_error(server: Server, client: ChannelClient, tokens: Tokens) -> None:
    server.answers = [(401, b"{}", {})]
    assert isinstance(refusal(client, READ), NotAuthorised)
    assert (tokens.stale, len(server.asked)) == (["token-1"], 2)


# --- what goes wrong ---


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


# --- limits ---


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


# --- what is said about a call ---


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
