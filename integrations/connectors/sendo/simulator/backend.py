"""Backend of the simulated Sendo: tokens, page tokens and the lookups that every call works on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.connectors.sendo.simulator import facts
from integrations.connectors.sendo.simulator.book import Book, Pages
from integrations.connectors.sendo.simulator.wire import Refusal, clock, jwt, wrong
from integrations.simulator.order import Order
from integrations.simulator.shops import Shop
from integrations.simulator.simulated_platform import PlatformContext


@dataclass
class Backend:
    """One shop's book in the world, with its tokens and page tokens."""

    context: PlatformContext
    book: Book

    @property
    def shop(self) -> Shop:
        """The one shop."""
        return self.context.shops[str(self.book.store_id)]

    def draw(self, *parts: object) -> str:
        """32 hex digits, never the same for new parts."""
        return self.context.draws.token(self.context.channel, *parts)

    def next(self) -> int:
        """Return the next serial number."""
        self.book.count += 1
        return self.book.count

    # --- tokens ---

    def log_in(self) -> str:
        """Issue a token; the one before it is dead."""
        book, now = self.book, self.context.now()
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
        book.token_until = self.context.logical_time() + self.context.token_life(facts.TOKEN_LIFE)
        return book.token

    def log_in_again(self) -> dict[str, str]:
        """Answer a login call, at most five a second. [nv]: the form of `expires`."""
        book, now = self.book, self.context.now()
        if not book.logins.count("login", now, facts.LOGINS_PER_SECOND):
            raise Refusal("Too many requests", code=429, status=429)
        return {"token": self.log_in(), "expires": clock(now + facts.TOKEN_LIFE)}

    def is_live(self, token: str) -> bool:
        """Return whether a call may carry it."""
        return token == self.book.token != "" and self.context.logical_time() < self.book.token_until

    # --- pages ---

    def page(self, kind: str, token: str, start: Callable[[], tuple[Mapping[str, Any], int]]) -> Pages:
        """Return the continuation of a search: its token overrides every filter sent with it. Refused when it has expired."""
        if not token:
            filters, size = start()
            return Pages(kind, filters, size, 0, 0.0)
        found = self.book.pages.get(token)
        if found is None or found.kind != kind or found.until <= self.context.logical_time():
            raise wrong("token", "Token không hợp lệ hoặc đã hết hạn")
        return found

    def cut(self, pages: Pages, rows: Sequence[Any]) -> tuple[Sequence[Any], dict[str, Any]]:
        """The page's rows, and the tokens around it: null at either end ("" [nv]; a public client turns for ever on it)."""
        following, last = pages.offset + pages.size, pages.offset - pages.size
        tokens = {
            "next_token": self._token(pages, following) if following < len(rows) else None,
            "previous_token": self._token(pages, last) if last >= 0 else None,
        }
        return rows[pages.offset : following], tokens

    def _token(self, pages: Pages, offset: int) -> str:
        moment = self.context.logical_time()
        self.book.pages = {token: found for token, found in self.book.pages.items() if found.until > moment}
        token = self.draw("page", self.next())
        self.book.pages[token] = Pages(pages.kind, pages.filters, pages.size, offset, moment + facts.PAGE_LIFE)
        return token

    # --- orders ---

    def may_act(self, order: Order) -> bool:
        """`can_action`: not while Sendo checks the order, nor when it is over [nv]."""
        return self.context.logical_time() >= self.book.checked_until.get(order.id, 0.0) and order.is_open
