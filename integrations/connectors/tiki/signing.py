"""Tiki signs no call: a bearer token, and the app's credentials for token calls. TikiNOW signs its webhooks with HMAC-SHA1."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from requests.auth import AuthBase, HTTPBasicAuth

HEADER = "x-signature"


def webhook_signature(secret: str, body: bytes) -> str:
    """Return the whole header of a parcel's webhook."""
    return f"sha1={hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()}"


def client_auth(client_id: str, client_secret: str) -> AuthBase:
    """Return the app's credentials as HTTP Basic, for apps that are registered so."""
    return HTTPBasicAuth(client_id.encode(), client_secret.encode())


def of_entry(entry: Mapping[str, Any]) -> str:
    """Return the signature of one entry of a vector file, always a webhook."""
    return webhook_signature(str(entry["secrets"]["webhook_secret"]), (entry["body"] or "").encode())
