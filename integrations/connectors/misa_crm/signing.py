"""Nothing is signed: a call carries a bearer token and the name of the application it was given to."""

from __future__ import annotations

from requests import PreparedRequest
from requests.auth import AuthBase


class AppToken(AuthBase):
    """Puts both on a call; without `Clientid` a good token is refused."""

    def __init__(self, token: str, client_id: str) -> None:
        self.token = token
        self.client_id = client_id

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = bearer(self.token)
        # a name with other letters must not break the header
        request.headers["Clientid"] = self.client_id.encode("ascii", "ignore").decode()
        return request


def bearer(token: str) -> str:
    """The Authorization header of a call."""
    return f"Bearer {token}"
