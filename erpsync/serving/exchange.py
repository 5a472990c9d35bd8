"""One HTTP exchange over ASGI: what both shells read of a request, and how they answer."""

from __future__ import annotations

import resource
from collections.abc import Iterable

from erpsync.serving.addresses import client_address
from erpsync.serving.asgi_types import Scope, Send

Header = tuple[bytes, bytes]
# in the place of the server's own, which tells a stranger whose known faults to try
SERVER: Header = (b"server", b"erpsync")
WAIT = ((b"retry-after", b"5"),)


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers by lower-case name, repeated ones joined as HTTP has it.

    Names with an underscore are dropped: WSGI cannot tell them from those with a hyphen, so that anybody could set what only a
    proxy may.
    """
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if "_" in name:
            continue
        joint = "; " if name == "cookie" else ","
        found[name] = f"{found[name]}{joint}{value}" if name in found else value
    return found


def announced_length(headers: dict[str, str]) -> int:
    """Return the announced size of the body, 0 for none."""
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def has_body(headers: dict[str, str]) -> bool:
    """Return whether a request may have a body."""
    return bool(announced_length(headers)) or "transfer-encoding" in headers


def sender_of(scope: Scope, headers: dict[str, str], *, behind_proxy: bool) -> str:
    """Return the address that limits are counted by; "" over a Unix socket without a proxy."""
    peer = (scope.get("client") or ("", 0))[0]
    return client_address(peer, headers.get("x-forwarded-for", ""), behind_proxy=behind_proxy)


async def answer(
    send: Send, status: int, body: bytes = b"", content_type: str = "text/plain", more: Iterable[Header] = ()
) -> None:
    """Send a whole answer."""
    headers = [SERVER, (b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def allow_many_connections() -> None:
    """Raise this process's limit of open files to what the system allows: each connection is one, and 1024 is a usual default."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
