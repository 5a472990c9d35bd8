"""A simulated KiotViet shop for tests: two branches, four goods (one of them a combo), and a still world."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from integrations.connectors.kiotviet.simulator.backend import Attempt, Backend
from integrations.connectors.kiotviet.simulator.initial_state import Good, open_book, open_tokens

START = datetime(2026, 11, 21, 3, 0, 0, 123_000, tzinfo=UTC)
CENTRE, NORTH = 200_001, 200_002
SHIRT, TEA, SET, LAMP = 51_500_001, 51_500_002, 51_500_003, 51_500_004
RETAILER = 500_000_001
GOODS = (
    Good(
        "AO-01", "Áo sơ mi trắng", Decimal(150000), Decimal(90000), stock={"centre": 12, "north": 3}, barcode="893001"
    ),
    Good("TRA-01", "Trà sen 50g", Decimal(80000), Decimal(32000), stock={"centre": 18}),
    Good("SET-01", "Bộ quà", Decimal(300000), Decimal(0), components={"AO-01": 1, "TRA-01": 2}),
    Good("DEN-01", "Đèn bàn", Decimal(250000), Decimal(120000), stock={"north": 5}),
)


@dataclass
class Sent:
    """One attempt of a webhook."""

    url: str
    headers: Mapping[str, str]
    raw: bytes
    delivery_id: str

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass
class StillWorld:
    """Environment whose time stands still until it is passed; `replies` are the hub's answers, 200 when they run out."""

    seconds: float = 0.0
    skew: timedelta = timedelta()
    due: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    replies: list[int | None] = field(default_factory=list)
    life: float | None = None

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds) + self.skew

    def logical_time(self) -> float:
        return self.seconds

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        self.due.append((self.seconds + seconds, action))

    def post(self, attempt: Attempt, done: Callable[[int | None], None]) -> None:
        assert attempt.timeout == 5.0
        self.sent.append(Sent(attempt.url, attempt.headers, attempt.body, attempt.delivery_id))
        done(self.replies.pop(0) if self.replies else 200)

    quota_factor = 1

    def token_life(self, usual: float) -> float:
        return usual if self.life is None else self.life

    def pass_time(self, seconds: float) -> None:
        """Let time pass, doing what falls due on the way, in its order."""
        until = self.seconds + seconds
        while True:
            ready = sorted((entry for entry in self.due if entry[0] <= until), key=lambda entry: entry[0])
            if not ready:
                break
            self.due.remove(ready[0])
            self.seconds = max(self.seconds, ready[0][0])
            ready[0][1]()
        self.seconds = until


@dataclass
class Shop:
    """A shop and a client with a living token."""

    backend: Backend
    world: StillWorld
    token: str = ""

    def ask_token(self, **changes: str) -> tuple[int, Any]:
        """(status, body) of the token endpoint, right unless changed."""
        tokens = self.backend.tokens
        form = {
            "scopes": "PublicApi.Access",
            "grant_type": "client_credentials",
            "client_id": tokens.client_id,
            "client_secret": tokens.client_secret,
        } | changes
        headers = {"content-type": "application/x-www-form-urlencoded"}
        status, raw = self.backend.answer("POST", "/connect/token", headers, urlencode(form).encode())
        return status, json.loads(raw)

    def raw(self, method: str, target: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        """(status, bytes) of any call, the right headers unless given."""
        known = {"authorization": f"Bearer {self.token}", "retailer": "tiemnha", "content-type": "application/json"}
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.backend.answer(method, target, known | headers, sent)

    def call(self, method: str, target: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """(status, parsed body)."""
        status, raw = self.raw(method, target, body, **headers)
        return status, json.loads(raw)

    def get(self, target: str) -> Any:
        """The body of a GET that succeeds."""
        status, body = self.call("GET", target)
        assert status == 200, body
        return body

    def post(self, target: str, body: Any) -> Any:
        """The body of a POST that succeeds."""
        status, answer = self.call("POST", target, body)
        assert status == 200, answer
        return answer

    def refused(self, method: str, target: str, body: Any = None) -> tuple[int, str, str]:
        """(status, errorCode, message) of a call that does not succeed."""
        status, answer = self.call(method, target, body)
        found = answer["responseStatus"]
        assert answer == {
            "responseStatus": {"errorCode": found["errorCode"], "message": found["message"], "errors": []}
        }
        return status, found["errorCode"], found["message"]

    def stock(self, product: int, branch: int = CENTRE) -> tuple[Decimal, Decimal]:
        """(onHand, reserved) as GET /products/{id} tells them."""
        inventories = self.get(f"/products/{product}")["inventories"]
        return next((row["onHand"], row["reserved"]) for row in inventories if row["branchId"] == branch)

    def hook(self, kind: str, url: str = "https://hub.example/hooks", **changes: Any) -> Any:
        """Register a hook."""
        described = {"Type": kind, "Url": url, "IsActive": True, "Description": "", "Secret": "s3cret"} | changes
        return self.post("/webhooks", {"Webhook": described})


def opened() -> Shop:
    """A freshly opened shop."""
    world = StillWorld()
    book = open_book("tiemnha", RETAILER, {"centre": "Chi nhánh trung tâm", "north": "Chi nhánh Bắc"}, GOODS, START)
    shop = Shop(Backend(book, open_tokens(book, "seed"), world), world)
    shop.token = shop.ask_token()[1]["access_token"]
    return shop


def order_of(product: int = SHIRT, quantity: float = 2, **changes: Any) -> dict[str, Any]:
    """The body of a POST /orders."""
    return {
        "branchId": CENTRE,
        "purchaseDate": "2026-11-21T10:00:00",
        "orderDetails": [{"productId": product, "quantity": quantity, "price": 150000}],
    } | changes


def invoice_of(product: int = SHIRT, quantity: float = 2, **changes: Any) -> dict[str, Any]:
    """The body of a POST /invoices."""
    return {
        "branchId": CENTRE,
        "purchaseDate": "2026-11-21T10:00:00",
        "invoiceDetails": [{"productId": product, "quantity": quantity, "price": 150000}],
    } | changes
