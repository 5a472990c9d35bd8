"""POST /Account: a bare JWT for client credentials. There is no refresh; several tokens live side by side."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.connectors.misa_crm.simulator import facts
from integrations.connectors.misa_crm.simulator.wire import Refusal, Row


def _part(claims: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()


@dataclass
class Tokens:
    """Tokens of one application. Times are logical seconds."""

    client_id: str
    client_secret: str
    issued: dict[str, float] = field(default_factory=dict)
    count: int = 0

    def issue(self, *, moment: float, now: float, life: float) -> str:
        """Issue a token that works until `moment` + `life`; its `exp` is the promised life."""
        self.count += 1
        claims = {"iss": facts.ISSUER, "aud": facts.AUDIENCE, "exp": int(now) + facts.TOKEN_LIFE, "jti": self.count}
        token = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}.FAKE"
        self.issued = {old: until for old, until in self.issued.items() if until > moment} | {token: moment + life}
        return token

    def account(self, body: Any, refusal: int) -> None:
        """Refuse anything but our two credentials."""
        given = body if isinstance(body, dict) else {}
        if (given.get("client_id"), given.get("client_secret")) != (self.client_id, self.client_secret):
            raise Refusal(refusal, "client_id or client_secret is invalid", "Thông tin xác thực không hợp lệ")

    def check(self, headers: Mapping[str, str], *, moment: float) -> None:
        """Refuse a call without a live token and the application's name."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or self.issued.get(token, moment) <= moment:
            raise Refusal(401, "token is invalid or expired", "Phiên làm việc đã hết hạn")
        if not hmac.compare_digest(headers.get("clientid", "").encode(), self.client_id.encode()):
            raise Refusal(401, "Clientid is missing or not the token's", "Ứng dụng không hợp lệ")


def granted(token: str) -> Row:
    """Return the successful response: `code` is 0, `data` the token itself."""
    return {"success": True, "code": 0, "data": token}
