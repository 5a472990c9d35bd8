"""Files that a channel answers with the address of."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from integrations.contract.access import AppAccess
from integrations.contract.errors import TryLater
from integrations.contract.reasons import NO_DOCUMENT
from integrations.wire.calls import Call, Response
from integrations.wire.http import ChannelClient, Platform


def _judge(answer: Response) -> Any:
    """Return (content, content type). Such an address lives for minutes or a day, so a refusal means: ask for another."""
    if answer.status >= 400:
        raise TryLater(NO_DOCUMENT(status=answer.status), code=str(answer.status))
    return answer.content, answer.headers.get("content-type", "application/octet-stream")


def fetch_file(platform: Platform, app: AppAccess, address: str) -> tuple[bytes, str]:
    """Return (content, content type) of a file by the address that the platform gave. Sent unsigned; may be repeated.

    Raises TryLater; ValueError for an address that is none, or that the platform itself gave without TLS.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.netloc or (platform.is_real(app) and parts.scheme != "https"):
        raise ValueError("no address of a document")
    files = Platform(platform.channel, platform.title, platform.base_url, _judge)
    client = ChannelClient(files, app, base_url=f"{parts.scheme}://{parts.netloc}")
    found: tuple[bytes, str] = client.send(Call("GET", parts.path, parse_qsl(parts.query), raw=True))
    return found
