"""Control API of the world: JSON in, JSON out. README.md lists the calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from integrations.simulator.body import Body, Malformed
from integrations.simulator.day import TILL_SHARE, NotFound
from integrations.simulator.history import ENDED_DAYS, generate_history
from integrations.simulator.least_calls import least_calls
from integrations.simulator.simulated_platform import InvalidState, Response
from integrations.simulator.world import World
from integrations.simulator.world_state import world_state

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_STATUS = {Malformed: HTTPStatus.BAD_REQUEST, NotFound: HTTPStatus.NOT_FOUND, InvalidState: HTTPStatus.CONFLICT}


class Control:
    """Request handler of the control port."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._calls: Mapping[tuple[str, str], Callable[[Body], Any]] = {
            ("GET", "/accounts"): self._accounts,
            ("GET", "/truth"): self._world_state,
            ("GET", "/log"): self._log,
            ("GET", "/progress"): self._progress,
            ("GET", "/calls"): self._called,
            ("GET", "/fees"): self._fees,
            ("GET", "/money_errors"): self._money_errors,
            ("POST", "/orders"): self._order,
            ("POST", "/sales"): self._sale,
            ("POST", "/returns"): self._return,
            ("POST", "/by_hand"): self._by_hand,
            ("POST", "/advance"): self._advance,
            ("POST", "/faults"): self._faults,
            ("POST", "/webhooks"): self._webhooks,
            ("POST", "/imports"): self._imports,
            ("POST", "/history"): self._history,
            ("POST", "/start"): self._start,
            ("POST", "/settle"): self._settle,
        }

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer a call: 200 with the result, or 400, 404 or 409 with `{"error": why}` and no effect."""
        parts = urlsplit(target)
        call = self._calls.get((method, parts.path))
        if call is None:
            return _answer(HTTPStatus.NOT_FOUND, {"error": f"no such call; there are {self._names()}"})
        try:
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            asked = Body.read(body) if method == "POST" else Body(query)
            with self.world.lock:
                found = call(asked)
        except (Malformed, NotFound, InvalidState) as error:
            return _answer(_STATUS[type(error)], {"error": str(error)})
        return _answer(HTTPStatus.OK, found)

    def _names(self) -> str:
        return ", ".join(" ".join(name) for name in self._calls)

    def _accounts(self, asked: Body) -> dict[str, Any]:
        found = {}
        for channel, platform in self.world.platforms.items():
            account = platform.accounts()
            shops = self.world.book.shops.get(channel, {})
            for row in account["shops"]:
                if (shop := shops.get(str(row.get("shop_id", "")))) is not None:
                    row["ships_from"] = shop.ships_from
            found[channel] = {"base_url": self.world.urls[channel], **account}
        return found

    def _world_state(self, asked: Body) -> dict[str, Any]:
        return world_state(self.world)

    def _log(self, asked: Body) -> dict[str, Any]:
        return {"events": self.world.book.journal.after(asked.whole("after", 0))}

    def _progress(self, asked: Body) -> dict[str, Any]:
        book, plan = self.world.book, self.world.day.plan
        traffic, pending = book.traffic, book.timeline.pending()
        webhooks: dict[str, dict[str, int]] = {}
        for (channel, outcome), count in traffic.webhooks.items():
            webhooks.setdefault(channel, {})[outcome] = count
        quiet = not (plan.running or pending["life"] or pending["wire"] or self.world.sender.on_the_way)
        return {
            "orders_placed": plan.placed,
            "orders_wanted": plan.wanted,
            "orders": book.last_number,
            "running": plan.running,
            "settled": book.timeline.settling and quiet,
            "pending": {**pending, "on_the_way": self.world.sender.on_the_way},
            "webhooks": webhooks,
            "seconds": round(book.timeline.now(), 3),
        }

    def _called(self, _asked: Body) -> dict[str, Any]:
        # apart from what is asked several times a second: the minimum is found by going through all orders, with the world locked
        traffic = self.world.book.traffic
        by_channel = {channel: traffic.calls[channel] for channel in self.world.platforms}
        return {
            "made": sum(by_channel.values()),
            "by_channel": by_channel,
            "by_route": {f"{channel} {path}": count for (channel, path), count in traffic.routes.most_common()},
            "minimum": least_calls(self.world),
        }

    def _order(self, asked: Body) -> dict[str, Any]:
        channel, shop = asked.text("channel"), asked.text("shop")
        order = self.world.day.order(channel, shop, list(asked.lines().items()))
        return {"id": order.id}

    def _sale(self, asked: Body) -> dict[str, Any]:
        document = self.world.day.sell(
            asked.lines(), channel=asked.text("channel", ""), warehouse=asked.text("warehouse", "")
        )
        return {"id": document}

    def _return(self, asked: Body) -> dict[str, Any]:
        document = asked.text("document")
        return {"id": self.world.day.take_back(document, asked.lines(), channel=asked.text("channel", ""))}

    def _by_hand(self, asked: Body) -> dict[str, Any]:
        """Set the number of a listing as somebody does in the seller centre: no notice is sent."""
        channel, shop = asked.text("channel"), asked.text("shop")
        found = self.world.book.shops.get(channel, {}).get(shop)
        variation = found.variation(asked.text("item"), asked.text("variation")) if found else None
        if variation is None:
            raise NotFound("no such listing")
        before, variation.stock = variation.stock, asked.whole("stock", 0)
        self.world.book.note("by_hand", channel=channel, shop=shop, item=variation.item_id, id=variation.id)
        return {"before": before, "stock": variation.stock}

    def _advance(self, asked: Body) -> dict[str, Any]:
        self.world.book.timeline.advance(asked.number("seconds"))
        return self._progress(asked)

    def _faults(self, asked: Body) -> dict[str, Any]:
        faults = self.world.book.faults
        try:
            if "chaos" in asked.values:
                faults.level(asked.text("chaos"))
            faults.set({name: rate for name, rate in asked.values.items() if name != "chaos"})
        except ValueError as error:
            raise Malformed(str(error)) from error
        return faults.rates

    def _webhooks(self, asked: Body) -> dict[str, Any]:
        channel = asked.text("channel")
        platform = self.world.platforms.get(channel)
        if platform is None:
            raise NotFound(f"no channel {channel!r}")
        try:
            platform.set_webhook_url(asked.text("url"), asked.text("shop", "") or None)
        except ValueError as error:
            raise Malformed(str(error)) from error
        return {}

    def _imports(self, asked: Body) -> dict[str, Any]:
        channel, shop = asked.text("channel"), asked.text("shop")
        if shop not in self.world.book.shops.get(channel, {}):
            raise NotFound(f"no shop {shop!r} on {channel!r}")
        for platform in self.world.day.points_of_sale().values():
            try:
                platform.imports(channel, shop)
            except ValueError as error:
                raise Malformed(str(error)) from error
        return {}

    def _history(self, asked: Body) -> dict[str, Any]:
        made = generate_history(
            self.world,
            asked.text("channel"),
            asked.text("shop"),
            orders=asked.whole("orders", 100),
            days=asked.number("days", 30.0),
            ended=asked.number("ended", ENDED_DAYS),
            cancelled=asked.number("cancelled", 0.0),
            errors=asked.counts("errors"),
        )
        return {"ids": made}

    def _fees(self, asked: Body) -> dict[str, Any]:
        platforms = self.world.platforms.items()
        return {channel: platform.fees.document for channel, platform in platforms if platform.fees is not None}

    def _money_errors(self, asked: Body) -> dict[str, Any]:
        platforms = self.world.platforms.items()
        book = self.world.book
        return {
            "classes": {
                channel: {"orders": sorted(platform.money_errors), "statements": sorted(platform.statement_errors)}
                for channel, platform in platforms
                if platform.money_errors or platform.statement_errors
            },
            "errors": [asdict(error) for error in (*book.money_errors.values(), *book.statement_errors.values())],
        }

    def _start(self, asked: Body) -> dict[str, Any]:
        interval = asked.number("interval_ms", 1000.0) / 1000
        orders, till_share = asked.whole("orders", 100), asked.number("pos_share", TILL_SHARE)
        # buyers come at the pace of the real clock, whatever the speed of the platforms
        self.world.day.start(orders, interval * self.world.book.timeline.speed, till_share)
        return self._progress(asked)

    def _settle(self, asked: Body) -> dict[str, Any]:
        self.world.day.end()
        return self._progress(asked)


def _answer(status: int, found: Any) -> Response:
    return int(status), _JSON, msgspec.json.encode(found)
