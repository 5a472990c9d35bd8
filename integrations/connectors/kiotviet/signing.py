"""KiotViet signs its webhooks and nothing else; our calls carry a bearer token and the shop's name.

`X-Hub-Signature` is the HMAC-SHA256 of the raw body in hex. In production it stands behind `sha1=`, although it is
SHA-256; `sha256=` and no prefix at all are seen in other clients and accepted too. The key is the registered secret as
text. The documentation has people register a Base64 text; whether the server decodes it is not known: both are tried.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import suppress

from requests import PreparedRequest
from requests.auth import AuthBase

HEADER = "x-hub-signature"
PREFIX = "sha1="
_PREFIXES = (PREFIX, "sha256=", "")


class ShopToken(AuthBase):
    """Puts the token and the shop's name (the subdomain, letter case kept) on a call."""

    def __init__(self, token: str, retailer: str) -> None:
        self.token = token
        self.retailer = retailer

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = bearer(self.token)
        # requests would send Latin-1 text as it is; a shop's name is ASCII, anything else must not break the header
        request.headers["Retailer"] = self.retailer.encode("ascii", "ignore").decode()
        return request


def bearer(token: str) -> str:
    """The Authorization header of a call."""
    return f"Bearer {token}"


def webhook_signature(body: bytes, secret: str) -> str:
    """The whole header value as KiotViet sends it."""
    return PREFIX + _digest(body, secret.encode())


def is_signed(body: bytes, header: str, secret: str) -> bool:
    """Whether `header` fits the raw body in any accepted form; constant time. An empty secret never fits."""
    if not secret:
        return False
    header = header.lower()
    sent = next(header.removeprefix(prefix) for prefix in _PREFIXES if header.startswith(prefix))
    found = False
    for key in _keys(secret):
        found |= hmac.compare_digest(_digest(body, key).encode(), sent.encode())
    return found


def _keys(secret: str) -> Iterator[bytes]:
    yield secret.encode()
    with suppress(binascii.Error, ValueError):
        yield base64.b64decode(secret, validate=True)


def _digest(body: bytes, key: bytes) -> str:
    return hmac.new(key, body, hashlib.sha256).hexdigest()
