"""Simulated MISA AMIS CRM: one tenant with customers, goods and the records that a hub writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from integrations.connectors.misa_crm.simulator import facts, records, stocks
from integrations.connectors.misa_crm.simulator.book import KINDS, Book
from integrations.connectors.misa_crm.simulator.initial_state import open_book
from integrations.connectors.misa_crm.simulator.tokens import Tokens, granted
from integrations.connectors.misa_crm.simulator.wire import JSON, Refusal, Row, encode, stamp
from integrations.simulator.order import Order
from integrations.simulator.simulated_platform import Failure, Response, SimulatedPlatform

_READS = {"": records.list_rows, "id": records.by_id, "code": records.by_code}
_WRITES = {"POST": records.create, "PUT": records.update, "DELETE": records.delete}
_BROKEN = Refusal(500, "Internal Server Error", "Hệ thống đang bận, vui lòng thử lại sau")
_TOO_MANY = Refusal(429, "Too Many Requests")


@dataclass
class SavedState:
    """State that a restart keeps."""

    book: Book
    tokens: Tokens


class MisaPlatform(SimulatedPlatform):
    """Open API v2 without sales of its own and without webhooks: too little is known of those to simulate them."""

    offset = 7
    read_batch = facts.PAGE_MAX
    state: SavedState

    def open(self) -> None:
        """Create a tenant with existing records."""
        context, token = self.context, self.context.draws.token
        book = open_book(context.draws, context.goods.values(), context.warehouses, context.now())
        tokens = Tokens("NhaMinhSync", token(context.channel, "client secret", size=32))
        self.state = SavedState(book, tokens)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer a call."""
        try:
            return 200, JSON, encode(self._served(method, target, headers, body))
        except Refusal as refusal:
            return refusal.status, JSON, encode(refusal.body)

    def refuse(self, failure: Failure, method: str, target: str) -> Response:
        """Return a refusal for an outage or too many calls; the real responses are not verified."""
        refusal = _TOO_MANY if failure == "rate_limited" else _BROKEN
        return refusal.status, JSON, encode(refusal.body)

    def accounts(self) -> dict[str, Any]:
        """Return the application, and the tenant with a token and the words it uses."""
        tokens = self.state.tokens
        token = self._issue()
        return {
            "app": {"client_id": tokens.client_id, "client_secret": tokens.client_secret},
            "shops": [
                {
                    "shop_id": self.state.book.company,
                    "name": "Sổ khách hàng Nhà Mình",
                    "access_token": token,
                    "form_layout": facts.LAYOUT,
                    "states": "\n".join(f"{label} = {word}" for label, word in facts.STATES.items()),
                }
            ],
        }

    def recorded_orders(self, orders: Iterable[Order]) -> dict[str, dict[str, Any]]:
        """Find the sale orders by their foreign order number, whatever stands before its last colon."""
        found: dict[str, list[Row]] = {order.id: [] for order in orders}
        for row in self.state.book.tables["SaleOrders"].values():
            number = str(row["other_sys_order_code"]).rpartition(":")[2]
            if number in found and not row["is_deleted"]:
                found[number].append(row)
        return {number: _recorded(rows) for number, rows in found.items()}

    def save(self) -> SavedState:
        """Return book and tokens."""
        return self.state

    def restore(self, saved: Any) -> None:
        """Continue with saved book and tokens."""
        self.state = saved

    def _issue(self) -> str:
        context = self.context
        life = context.token_life(facts.TOKEN_LIFE)
        return self.state.tokens.issue(moment=context.logical_time(), now=context.now(), life=life)

    def _served(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Row:
        parts, book = urlsplit(target), self.state.book
        if parts.path == facts.ACCOUNT and method == "POST":
            self.state.tokens.account(_read(body), book.switches.account_refusal)
            return granted(self._issue())
        self.state.tokens.check(headers, moment=self.context.logical_time())
        resource, _, rest = parts.path.removeprefix(f"{facts.PREFIX}/").partition("/")
        query = parse_qs(parts.query, keep_blank_values=True)
        if method == "GET":
            return self._read(resource, rest, query)
        if resource not in KINDS or rest or method not in _WRITES:
            raise Refusal(404 if resource not in KINDS else 405, f"no {method} {parts.path}")
        rows = _read(body)
        if not isinstance(rows, list) or len(rows) > facts.ROWS_MAX:
            raise Refusal(400, "the body must be an array of 1 to 50 records")
        return _WRITES[method](book, KINDS[resource], rows, stamp(self.context.now()))

    def _read(self, resource: str, rest: str, query: records.Query) -> Row:
        book = self.state.book
        if resource in KINDS and rest in _READS:
            return _READS[rest](book, KINDS[resource], query)
        units = self.context.units
        reads = {
            "Stocks/": partial(stocks.all_stocks, book),
            "Stocks/asyncid": partial(stocks.by_async_id, book, query),
            "Stocks/code": partial(stocks.by_stock_code, book, query),
            "Stocks/product_ledger": partial(stocks.ledger, book, query, units),
        }
        read = reads.get(f"{resource}/{rest}")
        if read is None:
            raise Refusal(404, f"no GET {resource}/{rest}")
        return read()


def _recorded(rows: Sequence[Row]) -> dict[str, Any]:
    """Report the records of one order; there should be one."""
    units = sum(line["amount"] for row in rows[:1] for line in row[records.LINES])
    return {"copies": len(rows), "state": facts.STATES[rows[0]["status"]] if rows else "", "units": units}


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "the body is no JSON") from None


PLATFORM = MisaPlatform
