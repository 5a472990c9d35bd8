"""Token endpoint and token check: POST /connect/token, client credentials for a token of 24 hours."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.request import Refusal

_FORM = "application/x-www-form-urlencoded"
_NOT_JWT_SAFE = b"="


def _part(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(_NOT_JWT_SAFE).decode()


@dataclass
class Tokens:
    """Tokens of one shop. Times are logical seconds; several tokens live side by side."""

    client_id: str
    client_secret: str
    retailer: str
    retailer_id: int
    user_id: int
    issued: dict[str, float] = field(default_factory=dict)

    def answer(
        self, raw: bytes, content_type: str, *, moment: float, platform_time: float, life: float
    ) -> tuple[int, dict[str, Any]]:
        """Return (status, body) of the token endpoint; `life`: how long the token works. Refusals: OAuth's (inferred)."""
        if not content_type.startswith(_FORM):
            return 400, {"error": "invalid_request"}
        form = dict(parse_qsl(raw.decode("utf-8", "replace")))
        if form.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type"}
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return 400, {"error": "invalid_client"}
        # the key is plural; a client that sends `scope` gets no scope
        if form.get("scopes") != "PublicApi.Access":
            return 400, {"error": "invalid_scope"}
        return 200, {
            "access_token": self.issue(moment=moment, platform_time=platform_time, life=life),
            "expires_in": facts.TOKEN_LIFE,
            "token_type": "Bearer",
            "scope": "PublicApi.Access",
        }

    def issue(self, *, moment: float, platform_time: float, life: float) -> str:
        """Issue a token that works until `moment` + `life`."""
        for old in [token for token, until in self.issued.items() if until <= moment]:
            del self.issued[old]
        claims = {
            "exp": int(platform_time) + facts.TOKEN_LIFE,
            "client_RetailerCode": self.retailer,
            "client_UserId": str(self.user_id),
            "client_RetailerId": str(self.retailer_id),
            "jti": f"{len(self.issued)}-{moment:.6f}",
        }
        token = f"{_part({'alg': 'RS256', 'typ': 'at+jwt'})}.{_part(claims)}.FAKE"
        self.issued[token] = moment + life
        return token

    def check(self, authorization: str, retailer: str, *, moment: float) -> None:
        """Refuse a call without a live token (401 TokenException) or for another shop (the name's case is kept)."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or self.issued.get(token, moment) <= moment:
            raise Refusal(facts.TOKEN_ERROR, facts.TOKEN_EXPIRED, status=401)
        if retailer != self.retailer:
            raise Refusal(facts.RETAILER_ERROR, facts.WRONG_RETAILER)
