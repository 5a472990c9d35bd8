"""Lazada's signatures, HMAC-SHA256 with the app's secret: of our calls (upper-case hex) and of its pushes (lower-case).

A call signs its path without `/rest` and then every parameter, wherever it travels, as name and value in the byte order of the
names. A push signs the app key and the raw body, in the bare `Authorization` header.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from requests import PreparedRequest
from requests.auth import AuthBase

HEADER = "authorization"
ROOT = "/rest"
_METHOD = "sha256"


def digest(key: str, message: bytes) -> str:
    """Return the HMAC behind every signature."""
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def call_signature(secret: str, path: str, params: Mapping[str, str]) -> str:
    """Return the `sign` of a call to `path` (without /rest) with all its parameters but `sign` itself."""
    names = sorted((name for name in params if name != "sign"), key=str.encode)
    return digest(secret, (path + "".join(f"{name}{params[name]}" for name in names)).encode()).upper()


def push_signature(app_key: str, secret: str, body: bytes) -> str:
    """Return the `Authorization` header of a push."""
    return digest(secret, app_key.encode() + body)


class CallAuth(AuthBase):
    """Put app, time, token and sign into the query of a call; query and form are signed. Each try is signed anew."""

    def __init__(self, app_key: str, secret: str, *, token: str = "") -> None:
        self.app_key = app_key
        self.secret = secret
        self.token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        parts = urlsplit(request.url or "")
        form = request.body if isinstance(request.body, str) else ""
        common = {"app_key": self.app_key, "timestamp": str(int(time.time() * 1000)), "sign_method": _METHOD}
        if self.token:
            common["access_token"] = self.token
        sent = dict(parse_qsl(parts.query, keep_blank_values=True)) | dict(parse_qsl(form, keep_blank_values=True))
        common["sign"] = call_signature(self.secret, parts.path.removeprefix(ROOT), sent | common)
        signed = urlencode(common)
        request.url = urlunsplit(parts._replace(query=f"{parts.query}&{signed}" if parts.query else signed))
        return request


def of_entry(entry: Mapping[str, Any]) -> str:
    """Return the signature of one entry of a vector file: a call, whose parameters stand in query and body, or a push."""
    secrets = {name: str(value) for name, value in entry["secrets"].items()}
    if entry["kind"] == "webhook":
        return push_signature(secrets["app_key"], secrets["app_secret"], (entry["body"] or "").encode())
    params = {str(name): str(value) for name, value in {**(entry["query"] or {}), **(entry["body"] or {})}.items()}
    return call_signature(secrets["app_secret"], entry["path"], params)
