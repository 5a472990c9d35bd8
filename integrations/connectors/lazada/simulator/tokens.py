"""Authorisation codes, access and refresh tokens. All times are logical seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from integrations.connectors.lazada.simulator import facts
from integrations.connectors.lazada.simulator.request import Refusal


@dataclass
class Grant:
    """Grant of a code or a refresh token. A refresh token passes `until` on to the next one."""

    seller: str
    until: float


@dataclass
class Tokens:
    """Tokens of one app. `draw(*parts)` gives hex digits that never repeat for new parts."""

    draw: Callable[..., str]
    codes: dict[str, Grant] = field(default_factory=dict)
    refreshes: dict[str, Grant] = field(default_factory=dict)
    access: dict[str, Grant] = field(default_factory=dict)
    # seller -> when its consent ends
    consents: dict[str, float] = field(default_factory=dict)
    count: int = 0

    def agree(self, seller: str, *, moment: float) -> str:
        """Record a seller's consent and issue a code for one exchange within half an hour."""
        self.consents[seller] = moment + facts.REFRESH_LIFE
        return self.new_code(seller, moment=moment)

    def new_code(self, seller: str, *, moment: float) -> str:
        """Issue another code."""
        code = self._next("code", "0_")
        self.codes[code] = Grant(seller, moment + facts.CODE_LIFE)
        return code

    def exchange(self, code: str, *, moment: float, life: float) -> tuple[str, str, Grant]:
        """Exchange a code, which is used up, for (access token, refresh token, its grant)."""
        grant = self.codes.pop(code, None)
        if grant is None or moment >= grant.until:
            raise Refusal("InvalidCode", "Invalid authorization code")
        return self.issue(grant.seller, moment=moment, life=life)

    def issue(self, seller: str, *, moment: float, life: float, until: float | None = None) -> tuple[str, str, Grant]:
        """Issue a pair. The life of the refresh token begins with the consent and never again."""
        self._forget(moment)
        grant = Grant(seller, moment + facts.REFRESH_LIFE if until is None else until)
        access, refresh = self._next("access", "50000"), self._next("refresh", "50001")
        self.access[access] = Grant(seller, min(moment + life, grant.until))
        self.refreshes[refresh] = grant
        return access, refresh, grant

    def refresh(self, token: str, *, moment: float, life: float) -> tuple[str, str, Grant]:
        """Issue the next pair. The old refresh token stays valid [inf]: nothing says that it is used up."""
        grant = self.refreshes.get(token)
        if grant is None or moment >= grant.until:
            words = "The specified refresh token is invalid or expired"
            raise Refusal("IllegalRefreshToken", words, kind="ISV")
        return self.issue(grant.seller, moment=moment, life=life, until=grant.until)

    def seller(self, token: str, moment: float) -> str:
        """Return the seller of a token. Refused when it is unknown or expired."""
        grant = self.access.get(token)
        if grant is None or moment >= grant.until:
            words = "The specified access token is invalid or expired"
            raise Refusal("IllegalAccessToken", words, kind="ISV")
        return grant.seller

    def _next(self, kind: str, head: str) -> str:
        self.count += 1
        return head + self.draw("token", kind, self.count)

    def _forget(self, moment: float) -> None:
        self.access = {token: grant for token, grant in self.access.items() if grant.until > moment}
        self.codes = {code: grant for code, grant in self.codes.items() if grant.until > moment}
