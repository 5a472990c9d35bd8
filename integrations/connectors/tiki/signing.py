"""Tiki signs no call: a bearer token, and the app's credentials for token calls. TikiNOW signs its webhooks with HMAC-SHA1."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

HEADER = "x-signature"


def webhook_signature(secret: str, body: bytes) -> str:
    """The whole header of a parcel's webhook."""
    return f"sha1={hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()}"


def is_signed(header: str, secret: str, body: bytes) -> bool:
    """Does the header fit? Constant time; an empty secret never fits."""
    sent = header.strip().lower().encode()
    return bool(secret) and hmac.compare_digest(webhook_signature(secret, body).encode(), sent)


class BearerAuth(AuthBase):
    """Puts the token on a call."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def client_auth(client_id: str, client_secret: str) -> AuthBase:
    """The app's credentials as HTTP Basic, for apps that are registered so."""
    return HTTPBasicAuth(client_id.encode(), client_secret.encode())


def of_entry(entry: Mapping[str, Any]) -> str:
    """The signature of one entry of a vector file, always a webhook."""
    return webhook_signature(str(entry["secrets"]["webhook_secret"]), (entry["body"] or "").encode())
