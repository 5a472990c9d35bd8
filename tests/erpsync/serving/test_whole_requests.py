"""WSGI behind the shell: what it is given, and how its answers leave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from erpsync.serving import whole_requests
from erpsync.serving.bodies import Bodies
from erpsync.serving.threads import Threads
from erpsync.serving.whole_requests import WholeRequests

from .asgi import ask

seen: list[dict[str, Any]] = []


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    seen.append(environ)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("X-Path", "x")])
    return [environ["wsgi.input"].read()]


def shell(application: Any = echo, **differs: Any) -> WholeRequests:
    options = {
        "threads": Threads(2, waiting=2),
        "bodies": Bodies(FOREVER, 10, 10**6),
        "max_body": 100,
        "behind_proxy": False,
        "position": lambda: 0,
    }
    return WholeRequests(application, **(options | differs))


FOREVER = 3600.0


def test_a_request_arrives_whole_in_wsgi_s_words() -> None:
    answer = ask(
        shell(), "POST", "/a%20b/%FF?q=%C3%A9", [b"12", b"34"],
        {"content-type": "text/x", "x_forwarded_proto": "https", "cookie": "a=1"},
    )  # fmt: skip
    environ = seen[-1]
    assert (answer.status, answer.content, answer.headers["set-cookie"]) == (200, b"1234", "a=1")
    assert answer.headers["server"] == "erpsync"
    assert environ["PATH_INFO"] == "/a b/\xff"
    assert (environ["QUERY_STRING"], environ["REQUEST_METHOD"]) == ("q=%C3%A9", "POST")
    assert (environ["CONTENT_LENGTH"], environ["CONTENT_TYPE"]) == ("4", "text/x")
    assert (environ["HTTP_COOKIE"], environ["REMOTE_ADDR"]) == ("a=1", "127.0.0.1")
    assert "HTTP_X_FORWARDED_PROTO" not in environ  # only a proxy may say so, and it spells it with hyphens


@pytest.mark.parametrize("body", [b"x" * 101, [b"x" * 60, b"x" * 60]])
def test_what_is_too_large_is_told_so_and_never_given_on(body: Any) -> None:
    before = len(seen)
    assert ask(shell(), "POST", "/", body).status == 413
    answer = ask(shell(), "POST", "/api/v1/commands", body)
    assert (answer.status, answer.headers["content-type"]) == (413, "application/problem+json")
    assert json.loads(answer.content)["code"] == "too_large"
    assert len(seen) == before


def test_what_drips_is_told_so_and_never_given_on() -> None:
    before = len(seen)
    answer = ask(shell(bodies=Bodies(0.01, 10, 10**6)), "POST", "/", [b"x"], ends=False)
    assert (answer.status, answer.headers["connection"]) == (408, "close")
    assert "quá chậm" in answer.content.decode()
    assert len(seen) == before


def test_with_no_thread_left_it_says_when_to_come_again() -> None:
    answer = ask(shell(threads=Threads(0 + 1, waiting=-1)), "GET", "/")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")


def test_a_long_answer_leaves_in_parts_and_a_short_one_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_requests, "MAX_PART", 10)
    closed = []

    class Parts:
        def __iter__(self) -> Iterator[bytes]:
            yield from [b"x" * 6] * 5

        def close(self) -> None:
            closed.append(True)

    def long(environ: dict[str, Any], start_response: Any) -> Parts:
        start_response("200 OK", [])
        return Parts()

    answer = ask(shell(long), "GET", "/")
    assert (answer.content, answer.parts, closed) == (b"x" * 30, 3, [True])
    assert ask(shell(), "GET", "/").parts == 1


def test_an_application_that_fails_is_a_500_and_a_line_in_the_log() -> None:
    def broken(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise RuntimeError("by design")

    with capture_logs() as logs:
        assert ask(shell(broken), "GET", "/").status == 500
    assert [entry["event"] for entry in logs] == ["request_failed"]
