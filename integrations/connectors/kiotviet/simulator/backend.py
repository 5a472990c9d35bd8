"""Backend of the simulated KiotViet: one shop's API as a function from a call to an answer, and its webhook deliveries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import RLock
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import Book
from integrations.connectors.kiotviet.simulator.hooks import Delivery, Hooks
from integrations.connectors.kiotviet.simulator.request import Call, Refusal, read_body, read_query
from integrations.connectors.kiotviet.simulator.routes import find
from integrations.connectors.kiotviet.simulator.tokens import Tokens
from integrations.connectors.kiotviet.simulator.wire import encode
from integrations.simulator.calls import SlidingWindow

_HOUR = 3600.0
# changes of so many seconds go out together
_GATHER = 0.2
_TOKEN_PATH = "/connect/token"


@dataclass(frozen=True)
class Attempt:
    """One attempt of a webhook, `number` counting from 1. `timeout`: real seconds until no answer is one."""

    delivery_id: str
    number: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout: float = facts.WEBHOOK_TIMEOUT


class Environment(Protocol):
    """Clock, timeline and webhook transport around the platform."""

    def now(self) -> datetime:
        """The platform's clock, UTC: the machine's, plus the skew of the hour."""

    def logical_time(self) -> float:
        """Return logical seconds: for token life and hourly quotas."""

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Run an action after so many logical seconds."""

    def post(self, attempt: Attempt, done: Callable[[int | None], None]) -> None:
        """Send a webhook, without waiting. `done`: the status of the answer, None without one in time."""

    def token_life(self, usual: float) -> float:
        """Return how long a token really works, in logical seconds."""


@dataclass
class Backend:
    """One KiotViet shop. Calls may come from several threads; one lock holds each of them whole."""

    book: Book
    tokens: Tokens
    world: Environment
    hooks: Hooks = field(init=False)
    lock: RLock = field(default_factory=RLock)
    reads: SlidingWindow = field(default_factory=lambda: SlidingWindow(_HOUR))

    def __post_init__(self) -> None:
        self.hooks = Hooks(self.book)
        self.book.announce = self._announce

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Return (status, JSON body) for a call; header names in lower case."""
        with self.lock:
            try:
                status, found = self._answer(method.upper(), target, headers, body)
            except Refusal as refusal:
                status, found = refusal.status, refusal.body()
            return status, encode(found)

    def _answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        parts, content_type = urlsplit(target), headers.get("content-type", "").lower()
        moment, now = self.world.logical_time(), self.world.now()
        if method == "POST" and parts.path.lower() == _TOKEN_PATH:
            life = self.world.token_life(facts.TOKEN_LIFE)
            return self.tokens.answer(body, content_type, moment=moment, platform_time=now.timestamp(), life=life)
        self.tokens.check(headers.get("authorization", ""), headers.get("retailer", ""), moment=moment)
        if method == "GET" and not self.reads.count("read", moment, facts.GET_PER_HOUR):
            raise Refusal(facts.GENERAL_ERROR, facts.TOO_MANY, status=429)
        query, arrays = read_query(parts.query)
        call = Call(method, unquote(parts.path), now, query, arrays, read_body(body, content_type))
        return 200, find(self.book, self.hooks, call)()

    def resume(self) -> None:
        """Reschedule the deliveries of waiting rows after a restart."""
        for hook in self.hooks.registered.values():
            if hook.waiting:
                self.world.later(_GATHER, partial(self._flush, hook.id))

    def _announce(self, kind: str, row: Any) -> None:
        hook = self.hooks.collect(kind, row)
        if hook is not None:
            self.world.later(_GATHER, partial(self._flush, hook.id))

    def _flush(self, hook_id: int) -> None:
        with self.lock:
            delivery = self.hooks.next_delivery(hook_id)
        if delivery is not None:
            self._attempt(delivery, 1)

    def _attempt(self, delivery: Delivery, number: int) -> None:
        with self.lock:
            hook = self.hooks.registered.get(delivery.hook_id)
            if hook is None or not hook.is_active:
                return
            url, body = hook.url, delivery.body(self.book, number)
            headers = self.hooks.headers(hook, body)
        self.world.post(Attempt(delivery.id, number, url, headers, body), partial(self._answered, delivery, number))

    def _answered(self, delivery: Delivery, number: int, status: int | None) -> None:
        with self.lock:
            again = self.hooks.answered(delivery.hook_id, status, self.world.now())
        if again and number <= len(facts.WEBHOOK_RETRIES):
            self.world.later(facts.WEBHOOK_RETRIES[number - 1], partial(self._attempt, delivery, number + 1))
