"""Signatures of Standard Webhooks (v1: HMAC-SHA256), several at once while a secret is being changed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

PREFIX = "whsec_"
KEY_BYTES = 32


def new_secret() -> str:
    """Return a new secret, as receivers enter it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def headers(secret_keys: Iterable[str], *, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers; one signature per secret."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secret_keys),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def valid_secrets(stored: Mapping[str, Any], now: datetime) -> list[str]:
    """Return the secrets that sign now: the current one, and the one before until its time is over."""
    found = [str(stored["current"])]
    until = stored.get("previous_until")
    if stored.get("previous") and until and datetime.fromisoformat(until) > now:
        found.append(str(stored["previous"]))
    return found
