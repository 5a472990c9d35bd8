"""Authentication of calls that no platform does in its own way: tokens and names in headers. Signatures stay in each folder."""

from __future__ import annotations

from collections.abc import Mapping

from requests import PreparedRequest
from requests.auth import AuthBase

from integrations.contract.errors import ChannelError


class HeaderAuth(AuthBase):
    """Headers put on a call. Tokens and names are ASCII: any other letter is left out, else it would break the header."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.headers = {name: value.encode("ascii", "ignore").decode() for name, value in headers.items()}

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers.update(self.headers)
        return request


def bearer(token: str) -> str:
    """Return the Authorization header of a bearer token."""
    return f"Bearer {token}"


class FreshToken:
    """Token source of a token that was just granted: too young to be renewed. `refused`: the error when it is not accepted."""

    def __init__(self, token: str, *, refused: ChannelError) -> None:
        self._token = token
        self._refused = refused

    def current(self) -> str:
        return self._token

    def renewed(self, stale: str) -> str:
        raise self._refused
