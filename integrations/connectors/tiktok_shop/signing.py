"""TikTok Shop's signatures: HMAC-SHA256 in lower-case hex, of our calls and of its webhooks, both with the app's secret.

A call signs its path, its parameters in the order of their names (decoded, without `sign` and `access_token`) and, unless
it is a GET or multipart, the raw body; the secret stands before and behind. The token travels in a header, unsigned. A
webhook signs the app's key and the raw body, in the bare `Authorization` header.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from requests import PreparedRequest
from requests.auth import AuthBase

HEADER = "authorization"
ACCESS_HEADER = "x-tts-access-token"
_UNSIGNED = frozenset({"sign", "access_token"})
# A timestamp may be five minutes old but only thirty seconds ahead: the middle of that forgives most to both clocks.
BEHIND_SECONDS = 135


def digest(secret: str, message: bytes) -> str:
    """Return the HMAC that is behind every signature."""
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def call_signature(secret: str, path: str, query: Mapping[str, str], body: bytes) -> str:
    """Return the `sign` of a call. `body`: the part of it that is signed, empty for a GET or multipart."""
    parameters = "".join(f"{name}{query[name]}" for name in sorted(query) if name not in _UNSIGNED)
    return digest(secret, secret.encode() + f"{path}{parameters}".encode() + body + secret.encode())


def webhook_signature(secret: str, app_key: str, body: bytes) -> str:
    """Return the `Authorization` header of a webhook."""
    return digest(secret, app_key.encode() + body)


class CallAuth(AuthBase):
    """Authentication of a call: app, time and sign, and the token in a header. Each try is signed anew."""

    def __init__(self, app_key: str, app_secret: str, token: str) -> None:
        self.app_key = app_key
        self.app_secret = app_secret
        self.token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        parts = urlsplit(request.url or "")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        query |= {"app_key": self.app_key, "timestamp": str(int(time.time()) - BEHIND_SECONDS)}
        query["sign"] = call_signature(self.app_secret, parts.path, query, _signed_body(request))
        request.url = urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))
        request.headers[ACCESS_HEADER] = self.token
        return request


def of_entry(entry: Mapping[str, Any]) -> str:
    """Return the signature of one entry of a vector file: a call of any endpoint, or a webhook."""
    secrets = {name: str(value) for name, value in entry["secrets"].items()}
    body = (entry["body"] or "").encode()
    if entry["kind"] == "webhook":
        return webhook_signature(secrets["app_secret"], secrets["app_key"], body)
    common = {"app_key": secrets["app_key"], "timestamp": str(entry["timestamp"])}
    signed = b"" if entry["method"].upper() == "GET" else body
    return call_signature(secrets["app_secret"], entry["path"], common | _decoded(entry["query"]), signed)


def _decoded(query: Any) -> dict[str, str]:
    """Return the parameters of an object, whose lists are joined with commas, or of raw text."""
    if isinstance(query, str):
        return dict(parse_qsl(query, keep_blank_values=True))
    return {
        name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in (query or {}).items()
    }


def _signed_body(request: PreparedRequest) -> bytes:
    is_multipart = str(request.headers.get("Content-Type", "")).startswith("multipart/form-data")
    if request.method == "GET" or is_multipart or not request.body:
        return b""
    return request.body.encode() if isinstance(request.body, str) else bytes(request.body)
