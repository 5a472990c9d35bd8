"""A channel's server on this machine, and calls to it."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from requests import PreparedRequest
from requests.auth import AuthBase

from integrations.contract.errors import ChannelError, NotAuthorised, Rejected, TryLater
from integrations.wire.calls import Call, Response
from integrations.wire.http import ChannelClient

SECRET = "very-secret"


@dataclass
class Server:
    """`answers` are given one after the other, the last for ever: (status, body, headers), or what to do with the socket."""

    port: int = 0
    answers: list[Any] = field(default_factory=lambda: [(200, b'{"ok": true}', {})])
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def next(self) -> Any:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


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


READ = Call("GET", "/orders", params=[("b", "2"), ("a", "ừ"), ("b", "1")])
WRITE = Call("POST", "/ship", json={"price": Decimal("19.90"), "id": 12345678901234567})


def hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def refusal(client: ChannelClient, call: Call) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        client.send(call)
    return caught.value
