"""Sendo signs nothing: calls carry a bearer token, and a webhook shows the shop's key, which proves little."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Any

from requests import PreparedRequest
from requests.auth import AuthBase

from integrations.wire import lossless


class Bearer(AuthBase):
    """Puts the token on a call."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        # requests would send other letters as Latin-1; a token is ASCII, anything else must not break the header
        request.headers["Authorization"] = bearer(self.token.encode("ascii", "ignore").decode())
        return request


def bearer(token: str) -> str:
    """The Authorization header of a call."""
    return f"bearer {token}"


def is_shop_key(sent: str, shop_key: str) -> bool:
    """Is it the shop's? Constant time. An empty key fits nothing."""
    return bool(shop_key) and hmac.compare_digest(sent.encode("utf-8", "replace"), shop_key.encode())


def claims(token: str) -> Mapping[str, Any]:
    """What a token says of its shop (StoreId, UserName, exp, ...), unchecked; empty when it cannot be read."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = lossless.parse(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return found if isinstance(found, dict) else {}
