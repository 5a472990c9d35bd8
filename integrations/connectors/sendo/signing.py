"""Sendo signs nothing: calls carry a bearer token, and a webhook shows the shop's key, which proves little."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from integrations.wire import lossless


def bearer(token: str) -> str:
    """Return the Authorization header of a call."""
    return f"bearer {token}"


def claims(token: str) -> Mapping[str, Any]:
    """Return a token's claims (StoreId, UserName, exp, ...), unchecked; empty when it cannot be read."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = lossless.parse(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return found if isinstance(found, dict) else {}


def of_entry(entry: Mapping[str, Any]) -> str:
    """Return the Authorization header of a call, or the shop_key of a webhook, of one entry of a vector file."""
    secrets = entry["secrets"]
    return str(secrets["shop_key"]) if entry["kind"] == "webhook" else bearer(secrets["access_token"])
