"""Shopee's signatures: HMAC-SHA256 in lower-case hex, of our calls (partner key) and of its pushes.

A call signs partner id, path and time, and for a shop its token and id; neither query nor body. A push signs the
registered callback address, "|" and the raw body, in the bare `Authorization` header. Pushes of some apps verify with
the partner key, those of others only with the console's separate push key; which one an app gets is not documented.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from requests import PreparedRequest
from requests.auth import AuthBase

HEADER = "authorization"
# these take no token, whatever else is known
_PUBLIC = ("/api/v2/auth/", "/api/v2/public/", "/api/v2/push/")
_OWNERS = ("shop_id", "merchant_id", "principal_id", "supplier_id", "user_id")


def digest(key: str, message: bytes) -> str:
    """Return the HMAC that is behind every signature."""
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def call_signature(partner_key: str, partner_id: str, path: str, at: int, *, token: str = "", owner: str = "") -> str:
    """Return the `sign` of a call at `at` (seconds); with a token for a shop (or merchant), without for the public form."""
    return digest(partner_key, f"{partner_id}{path}{at}{token}{owner}".encode())


def push_signature(key: str, callback_url: str, body: bytes) -> str:
    """Return the `Authorization` header of a push."""
    return digest(key, callback_url.encode() + b"|" + body)


class CallAuth(AuthBase):
    """Authentication of a call: partner, time and sign; with token and shop for a shop's call. Each try is signed anew."""

    def __init__(self, partner_id: str, partner_key: str, *, token: str = "", shop_id: str = "") -> None:
        self.partner_id = partner_id
        self.partner_key = partner_key
        self.token = token
        self.shop_id = shop_id

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        parts = urlsplit(request.url or "")
        signed = urlencode(self.query(parts.path, int(time.time())))
        query = f"{parts.query}&{signed}" if parts.query else signed
        request.url = urlunsplit(parts._replace(query=query))
        return request

    def query(self, path: str, at: int) -> dict[str, str]:
        """Return the parameters that authenticate a call."""
        sign = call_signature(self.partner_key, self.partner_id, path, at, token=self.token, owner=self.shop_id)
        common = {"partner_id": self.partner_id, "timestamp": str(at), "sign": sign}
        return common | ({"access_token": self.token, "shop_id": self.shop_id} if self.token else {})


def of_entry(entry: Mapping[str, Any]) -> str:
    """Return the signature of one entry of a vector file: a call of any endpoint and form, or a push."""
    secrets = {name: str(value) for name, value in entry["secrets"].items()}
    if entry["kind"] == "webhook":
        key = secrets.get("push_partner_key") or secrets["partner_key"]
        return push_signature(key, entry["url"], (entry["body"] or "").encode())
    path, at = entry["path"], int(entry["timestamp"])
    token, owner = secrets.get("access_token", ""), next((secrets[o] for o in _OWNERS if o in secrets), "")
    if path.startswith(_PUBLIC) or not token:
        token = owner = ""
    return call_signature(secrets["partner_key"], secrets["partner_id"], path, at, token=token, owner=owner)
