"""JSON Web Tokens in exchange for a key: at most ten minutes, no more than the key may, and over when the key is."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import jwt
from django.utils.crypto import salted_hmac

from erpsync.api.keys import services
from erpsync.models import ApiKey

LONGEST_SECONDS = 600
_AUDIENCE, _ALGORITHM = "erpsync-api", "HS256"
# which text of the key it was given for: enough of the hash to know it, too little to be of use
_PRINT_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Token:
    """A token and the seconds that it lives."""

    text: str
    seconds: int
    scopes: list[str]


def exchange(key: ApiKey, *, seconds: int = LONGEST_SECONDS, scopes: list[str] | None = None) -> Token:
    """Return a token for a valid key, with all of its scopes or these of them."""
    now = int(time.time())
    ends = now + min(seconds, LONGEST_SECONDS)
    if key.expires_at is not None:
        ends = min(ends, int(key.expires_at.timestamp()))
    granted = [scope for scope in key.scopes if scopes is None or scope in scopes]
    claims = {
        "aud": _AUDIENCE, "sub": str(key.pk), "for": key.digest[:_PRINT_LENGTH], "iat": now, "exp": ends,
        "scope": " ".join(granted),
    }  # fmt: skip
    return Token(jwt.encode(claims, _secret(), algorithm=_ALGORITHM), ends - now, granted)


def find(token: str) -> Any:
    """Return the valid key that a token is for, with the token's scopes as its own; None for none."""
    try:
        claims = jwt.decode(
            token, _secret(), algorithms=[_ALGORITHM], audience=_AUDIENCE,
            options={"require": ["exp", "iat", "sub", "for", "scope"]},
        )  # fmt: skip
    except jwt.InvalidTokenError:
        return None
    key = services.valid().filter(pk=claims["sub"]).first() if claims["sub"].isdecimal() else None
    if key is None or claims["for"] not in [stored[:_PRINT_LENGTH] for stored in services.valid_digests(key)]:
        return None
    granted = set(claims["scope"].split())
    key.scopes = [scope for scope in key.scopes if scope in granted]
    return key


def _secret() -> bytes:
    return salted_hmac("erpsync.api.tokens", "jwt", algorithm="sha256").digest()
