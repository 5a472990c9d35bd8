"""The HTTP server: connections are kept alive, closed on request, and announced as closed."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping

import pytest
import requests

from integrations.simulator.serving import BODY_LIMIT, Server
from integrations.simulator.simulated_platform import Response


def echo(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response | None:
    return (
        None
        if target == "/lost"
        else (200, {"X-Said": headers.get("x-say", "")}, f"{method} {target} ".encode() + body)
    )


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server(0, echo)
    found.start()
    yield found
    found.stop()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_a_call_arrives_whole(server: Server, method: str) -> None:
    answer = requests.request(
        method, f"{server.url}/a/b?c=%C3%A1", headers={"X-Say": "hi"}, data="é".encode(), timeout=5
    )
    assert (answer.status_code, answer.headers["x-said"]) == (200, "hi")
    assert answer.content == f"{method} /a/b?c=%C3%A1 é".encode()


def test_a_connection_is_kept_and_closed_as_asked(server: Server) -> None:
    with requests.Session() as session:
        for _ in range(100):
            assert session.get(f"{server.url}/x", timeout=5).headers.get("Connection") is None
            closed = session.get(f"{server.url}/x", headers={"Connection": "close"}, timeout=5)
            assert closed.headers["Connection"] == "close"


def test_a_lost_answer_is_a_closed_connection(server: Server) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{server.url}/lost", timeout=5)


@pytest.mark.parametrize("length", [str(BODY_LIMIT + 1), "-1", "many"])
def test_no_sensible_length_is_refused_before_reading(server: Server, length: str) -> None:
    with socket.create_connection(server.server_address, timeout=5) as caller:
        caller.sendall(f"POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n".encode())
        assert caller.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_taken_port_is_an_error(server: Server) -> None:
    with pytest.raises(OSError, match="in use"):
        Server(server.server_address[1])
