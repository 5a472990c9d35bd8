"""Authorisation codes, access and refresh tokens: one consent of a seller covers all of the seller's shops. Logical seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from integrations.connectors.tiktok_shop.simulator import facts
from integrations.connectors.tiktok_shop.simulator.request import Refusal


@dataclass
class Grant:
    """Shops that a code or token is valid for, and until when."""

    shops: set[str]
    until: float


@dataclass
class Tokens:
    """Tokens of one app. `draw(*parts)` gives 32 hex digits that never repeat for new parts."""

    draw: Callable[..., str]
    codes: dict[str, Grant] = field(default_factory=dict)
    access: dict[str, Grant] = field(default_factory=dict)
    refreshes: dict[str, Grant] = field(default_factory=dict)
    count: int = 0

    def new_code(self, shops: Iterable[str], moment: float) -> str:
        """Issue a code for one exchange within half an hour."""
        code = self._next("TTP_", "code")
        self.codes[code] = Grant(set(shops), moment + facts.CODE_LIFE)
        return code

    def exchange(self, code: str, moment: float, life: float) -> tuple[str, str]:
        """Exchange a code, which is used up, for (access token, refresh token)."""
        grant = self.codes.pop(code, None)
        if grant is None or moment >= grant.until or not grant.shops:
            raise Refusal(36004004, "Invalid auth code.", 200)
        return self.issue(grant.shops, moment, life)

    def issue(self, shops: Iterable[str], moment: float, life: float) -> tuple[str, str]:
        """Issue a pair; older pairs stay valid."""
        for state in (self.codes, self.access, self.refreshes):
            for gone in [token for token, grant in state.items() if grant.until + 86_400 < moment]:
                del state[gone]
        access, refresh = self._next("ROW_", "access"), self._next("ROW_", "refresh")
        self.access[access] = Grant(set(shops), moment + life)
        self.refreshes[refresh] = Grant(set(shops), moment + facts.REFRESH_LIFE)
        return access, refresh

    def refresh(self, token: str, moment: float, life: float) -> tuple[str, str]:
        """Issue the next pair. Whether the old refresh token lives on is not documented; here it dies at once."""
        grant = self.refreshes.pop(token, None)
        if grant is None or moment >= grant.until or not grant.shops:
            raise Refusal(36004004, "Invalid refresh token.", 200)
        return self.issue(grant.shops, moment, life)

    def shops_of(self, access: str, moment: float) -> set[str]:
        """Return the shops an access token is valid for. Refused when it is unknown or expired."""
        grant = self.access.get(access)
        if grant is None:
            raise Refusal(36009004, "Invalid credentials. The `x-tts-access-token` header is invalid.", 401)
        if moment >= grant.until:
            message = "Expired credentials. The `access_token` or `x-tts-access-token` header has expired."
            raise Refusal(105002, message, 401)
        return grant.shops

    def unlink(self, shops: Iterable[str]) -> None:
        """Revoke everything for these shops."""
        gone = set(shops)
        for grant in (*self.codes.values(), *self.access.values(), *self.refreshes.values()):
            grant.shops -= gone

    def _next(self, prefix: str, kind: str) -> str:
        self.count += 1
        return prefix + str(self.draw("token", kind, self.count))
