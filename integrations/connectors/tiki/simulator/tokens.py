"""Codes and tokens of one public app: each seller's, and the app's own. All times are logical seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from integrations.connectors.tiki.simulator import facts
from integrations.connectors.tiki.simulator.wire import Refusal

OFFLINE = "offline"


@dataclass(frozen=True)
class App:
    """Public app. `basic`: its credentials must come as HTTP Basic, not in the form."""

    client_id: str
    client_secret: str
    redirect_uri: str
    webhook_secret: str
    basic: bool = True


@dataclass(frozen=True)
class Right:
    """Right of a code or token. `seller` "": the app itself."""

    seller: str
    scopes: frozenset[str]
    until: float
    redirect_uri: str = ""


@dataclass
class Tokens:
    """Codes and tokens. `draw(*parts)` gives hex digits that never repeat for new parts."""

    draw: Callable[..., str]
    codes: dict[str, Right] = field(default_factory=dict)
    access: dict[str, Right] = field(default_factory=dict)
    refreshes: dict[str, Right] = field(default_factory=dict)
    count: int = 0

    def new_code(self, seller: str, scopes: frozenset[str], redirect_uri: str, moment: float) -> str:
        """Issue a code for one exchange."""
        code = self._next("code")
        self.codes[code] = Right(seller, scopes, moment + facts.CODE_LIFE, redirect_uri)
        return code

    def exchange(self, code: str, redirect_uri: str, *, moment: float, life: float) -> tuple[str, str, Right]:
        """Exchange a code, which is used up, for (access token, refresh token or "", right)."""
        right = self.codes.get(code)
        if right is None or moment >= right.until or right.redirect_uri != redirect_uri:
            raise invalid_grant()
        del self.codes[code]
        return *self.issue(right.seller, right.scopes, moment=moment, life=life), right

    def issue(self, seller: str, scopes: frozenset[str], *, moment: float, life: float) -> tuple[str, str]:
        """Issue a pair; older pairs stay valid. A refresh token only with the scope `offline`."""
        self.access = {token: right for token, right in self.access.items() if right.until > moment}
        access = self._next("access")
        self.access[access] = Right(seller, scopes, moment + life)
        if not seller or OFFLINE not in scopes:
            return access, ""
        refresh = self._next("refresh")
        self.refreshes[refresh] = Right(seller, scopes, moment + facts.REFRESH_LIFE)
        return access, refresh

    def refresh(self, token: str, *, moment: float, life: float) -> tuple[str, str, Right]:
        """Issue the next pair; the refresh token is used up."""
        right = self.refreshes.get(token)
        if right is None or moment >= right.until:
            raise invalid_grant()
        del self.refreshes[token]
        return *self.issue(right.seller, right.scopes, moment=moment, life=life), right

    def right(self, token: str, moment: float) -> Right:
        """Return the right of a token. Refused when it is unknown or expired."""
        found = self.access.get(token)
        if found is None or moment >= found.until:
            raise Refusal(401, "The authorization (token) is missing or expired")
        return found

    def _next(self, kind: str) -> str:
        self.count += 1
        return self.draw("token", kind, self.count)


def invalid_grant() -> Refusal:
    """Refusal in OAuth's own envelope [inf]: RFC 6749."""
    text = "The provided authorization grant or refresh token is invalid, expired or revoked."
    return Refusal(400, text, body={"error": "invalid_grant", "error_description": text})
