"""Webhook signatures, and the headers of our calls: a bearer token and the shop's name, unsigned.

`X-Hub-Signature` is the HMAC-SHA256 of the raw body in hex. In production it stands behind `sha1=`, although it is
SHA-256; `sha256=` and no prefix at all are seen in other clients and accepted too. The key is the registered secret as
text. The documentation has people register a Base64 text; whether the server decodes it is not known: both are tried.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from integrations.wire.auth import bearer

HEADER = "x-hub-signature"
PREFIX = "sha1="
PREFIXES = (PREFIX, "sha256=")


def webhook_signature(body: bytes, secret: str) -> str:
    """Return the whole header value as KiotViet sends it."""
    return PREFIX + digest(secret.encode(), body)


def of_entry(entry: Mapping[str, Any]) -> str:
    """Return a webhook's X-Hub-Signature; for a call its Authorization header, since KiotViet does not sign calls."""
    secrets = entry["secrets"]
    if entry["kind"] == "webhook":
        return webhook_signature((entry["body"] or "").encode(), secrets["webhook_secret"])
    return bearer(secrets["access_token"])


def keys(secret: str) -> Iterator[bytes]:
    """Yield the keys that a registered secret may stand for: the text itself, and what it decodes to."""
    yield secret.encode()
    with suppress(binascii.Error, ValueError):
        yield base64.b64decode(secret, validate=True)


def digest(key: bytes, body: bytes) -> str:
    """Return the signature of a webhook in hex, without a prefix."""
    return hmac.new(key, body, hashlib.sha256).hexdigest()
