"""Authorisation codes, access and refresh tokens. All times are logical seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from integrations.connectors.shopee.simulator import facts
from integrations.connectors.shopee.simulator.request import Refusal


@dataclass
class Grant:
    """Grant of a code or a refresh token: the shops it may still be exchanged for."""

    shops: set[int]
    until: float
    account: int = 0


@dataclass
class Link:
    """Authorisation of the app by a shop."""

    since: float
    until: float
    # the platform's clock, for get_shop_info
    auth_time: int
    expire_time: int


@dataclass
class Tokens:
    """Tokens of one app. `draw(*parts)` gives 32 hex digits that never repeat for new parts."""

    draw: Callable[..., str]
    codes: dict[str, Grant] = field(default_factory=dict)
    refreshes: dict[str, Grant] = field(default_factory=dict)
    access: dict[tuple[str, int], float] = field(default_factory=dict)
    links: dict[int, Link] = field(default_factory=dict)
    count: int = 0

    def link(self, shops: Iterable[int], *, moment: float, now: int) -> None:
        """Authorise the app for these shops, for the longest time possible."""
        life = facts.AUTHORISATION_LIFE
        for shop in shops:
            self.links[shop] = Link(moment, moment + life, now, now + life)

    def unlink(self, shops: Iterable[int]) -> None:
        """Revoke the authorisation of these shops: all their tokens are dead."""
        gone = set(shops)
        for shop in gone:
            self.links.pop(shop, None)
        self.access = {key: until for key, until in self.access.items() if key[1] not in gone}
        for grant in (*self.codes.values(), *self.refreshes.values()):
            grant.shops -= gone

    def linked(self, shop: int, moment: float) -> bool:
        """Return whether the shop's authorisation stands."""
        return shop in self.links and moment < self.links[shop].until

    def new_code(self, shops: Iterable[int], *, moment: float, account: int = 0) -> str:
        """Issue a code for one exchange within ten minutes. `account`: the main account that gave it, 0 for a shop's own."""
        code = self._next("code")
        self.codes[code] = Grant(set(shops), moment + facts.CODE_LIFE, account)
        return code

    def exchange(self, code: str, *, shop: int, account: int, moment: float, life: float) -> tuple[str, str, set[int]]:
        """Exchange a code, which is used up, for (access token, refresh token, shops). Refused for another shop or account."""
        grant = self.codes.get(code)
        if grant is None or moment >= grant.until or not grant.shops:
            raise Refusal("error_auth", "Invalid code")
        if grant.account != account:
            raise Refusal("invalid_main_acount_id", "Invalid main_account_id.")
        if not account and shop not in grant.shops:
            raise Refusal("invalid_shop_id", "Invalid shop_id.")
        del self.codes[code]
        return *self.issue(grant.shops, moment=moment, life=life), set(grant.shops)

    def issue(self, shops: Iterable[int], *, moment: float, life: float) -> tuple[str, str]:
        """Issue a pair; older pairs stay valid. The refresh token may be used once for each of the shops."""
        self._forget(moment)
        shops = set(shops)
        access, refresh = self._next("access"), self._next("refresh")
        self.access.update({(access, shop): moment + life for shop in shops})
        self.refreshes[refresh] = Grant(shops, moment + facts.REFRESH_LIFE)
        return access, refresh

    def refresh(self, token: str, shop: int, *, moment: float, life: float) -> tuple[str, str]:
        """Issue the next pair for one shop. The refresh token is used up for it; the shop's older access tokens fade."""
        grant = self.refreshes.get(token)
        if grant is None or shop not in grant.shops:
            raise Refusal("error_auth", "Invalid refresh_token.")
        if moment >= grant.until:
            raise Refusal("refresh_token_expired", "The refresh_token is expired.")
        if not self.linked(shop, moment):
            raise Refusal("shop_access_expired", "The authorization of the shop has expired.")
        grant.shops.discard(shop)
        last = moment + facts.OLD_ACCESS_LIFE
        self.access.update({key: min(until, last) for key, until in self.access.items() if key[1] == shop})
        return self.issue((shop,), moment=moment, life=life)

    def check(self, token: str, shop: int, moment: float) -> None:
        """Refuse a call whose token is not this shop's, or dead."""
        if self.access.get((token, shop), moment) <= moment:
            raise Refusal("invalid_acceess_token", "Invalid access_token, please have a check.")

    def _next(self, kind: str) -> str:
        self.count += 1
        return self.draw("token", kind, self.count)

    def _forget(self, moment: float) -> None:
        self.access = {key: until for key, until in self.access.items() if until > moment}
        self.refreshes = {token: grant for token, grant in self.refreshes.items() if grant.shops}
        self.codes = {code: grant for code, grant in self.codes.items() if grant.until > moment}
