"""What Sendo keeps of one shop: its keys, the one live token, open page tokens, and which orders it still looks at."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.connectors.sendo.simulator import facts
from integrations.connectors.sendo.simulator.wire import Refusal, clock, jwt, wrong
from integrations.simulator.order import Order
from integrations.simulator.shops import Shop
from integrations.simulator.side import Ground


@dataclass
class Pages:
    """The rest of a list behind a page token: the filter is the token's, the page begins at `offset`."""

    kind: str
    filters: Mapping[str, Any]
    size: int
    offset: int
    until: float


@dataclass
class Book:
    """One shop. All times but `logins` are logical seconds."""

    store_id: int
    shop_key: str
    secret_key: str
    callback_url: str = ""
    token: str = ""
    token_until: float = 0.0
    count: int = 0
    # the last second's logins, on the machine's clock
    logins: deque[float] = field(default_factory=deque)
    pages: dict[str, Pages] = field(default_factory=dict)
    # order -> until when Sendo checks it
    checked_until: dict[str, float] = field(default_factory=dict)
    # order -> the code its seller gave for cancelling
    cancel_codes: dict[str, str] = field(default_factory=dict)


@dataclass
class Platform:
    """The book on the world's ground."""

    ground: Ground
    book: Book

    @property
    def shop(self) -> Shop:
        """The one shop."""
        return self.ground.shops[str(self.book.store_id)]

    def draw(self, *parts: object) -> str:
        """32 hex digits, never the same for new parts."""
        return self.ground.draws.token(self.ground.channel, *parts)

    def next(self) -> int:
        """Counts what is issued."""
        self.book.count += 1
        return self.book.count

    # --- tokens ---

    def log_in(self) -> str:
        """A new token; the one before it is dead."""
        book, now = self.book, self.ground.now()
        claims = {
            "StoreId": str(book.store_id),
            "UserName": "chushop@nhaminh.example",
            "StoreStatus": "1",
            "ShopType": "0",
            "StoreLevel": "2",
            "jti": self.draw("jti", self.next()),
            "exp": int(now + facts.TOKEN_LIFE),
            "iss": str(book.store_id),
            "aud": str(book.store_id),
        }
        book.token = jwt(claims, self.draw("jwt"))
        book.token_until = self.ground.moment() + self.ground.token_life(facts.TOKEN_LIFE)
        return book.token

    def log_in_again(self) -> dict[str, str]:
        """A login over the wire, at most five a second. [nv]: the form of `expires`."""
        book, now = self.book, self.ground.now()
        while book.logins and book.logins[0] <= now - 1:
            book.logins.popleft()
        if len(book.logins) >= facts.LOGINS_PER_SECOND:
            raise Refusal("Too many requests", code=429, status=429)
        book.logins.append(now)
        return {"token": self.log_in(), "expires": clock(now + facts.TOKEN_LIFE)}

    def is_live(self, token: str) -> bool:
        """Whether a call may carry it."""
        return token == self.book.token != "" and self.ground.moment() < self.book.token_until

    # --- pages ---

    def page(self, kind: str, token: str, start: Callable[[], tuple[Mapping[str, Any], int]]) -> Pages:
        """Where a search goes on: its token overrides every filter that is sent with it. Refused when it has expired."""
        if not token:
            filters, size = start()
            return Pages(kind, filters, size, 0, 0.0)
        found = self.book.pages.get(token)
        if found is None or found.kind != kind or found.until <= self.ground.moment():
            raise wrong("token", "Token không hợp lệ hoặc đã hết hạn")
        return found

    def cut(self, pages: Pages, rows: Sequence[Any], *, end: str | None) -> tuple[Sequence[Any], dict[str, Any]]:
        """The page's rows, and the tokens around it. `end`: how the last page says so ("" or null [nv])."""
        following, last = pages.offset + pages.size, pages.offset - pages.size
        tokens = {
            "next_token": self._token(pages, following) if following < len(rows) else end,
            "previous_token": self._token(pages, last) if last >= 0 else end,
        }
        return rows[pages.offset : following], tokens

    def _token(self, pages: Pages, offset: int) -> str:
        moment = self.ground.moment()
        self.book.pages = {token: found for token, found in self.book.pages.items() if found.until > moment}
        token = self.draw("page", self.next())
        self.book.pages[token] = Pages(pages.kind, pages.filters, pages.size, offset, moment + facts.PAGE_LIFE)
        return token

    # --- orders ---

    def may_act(self, order: Order) -> bool:
        """`can_action`: not while Sendo checks the order, nor when it is over [nv]."""
        return self.ground.moment() >= self.book.checked_until.get(order.id, 0.0) and order.is_open
