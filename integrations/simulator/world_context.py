"""Implementation of `PlatformContext`: the world as one channel sees it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from integrations.simulator.book import Book, Sale
from integrations.simulator.categories import category_ids
from integrations.simulator.draws import Draws
from integrations.simulator.goods import Good
from integrations.simulator.life import Life
from integrations.simulator.money_errors import NO_ERROR, MoneyError
from integrations.simulator.order import Initiator, Order
from integrations.simulator.sender import Sender
from integrations.simulator.shops import Item, Shop, Variation, stock_shop
from integrations.simulator.simulated_platform import Delivery
from integrations.simulator.timeline import WIRE

# how long a passing oddity lasts, real seconds: a hub that asks again soon sees it more than once
MOMENT_SECONDS = 1.5


class WorldContext:
    """`PlatformContext` of one channel in a world."""

    def __init__(self, channel: str, base_url: str, book: Book, life: Life, sender: Sender) -> None:
        self._channel, self._base_url = channel, base_url
        self._book, self._life, self._sender = book, life, sender
        # when each passing oddity was asked for first; a restart of the simulator begins it anew
        self._since: dict[tuple[object, ...], float] = {}

    @property
    def channel(self) -> str:
        return self._channel

    @property
    def base_url(self) -> str:
        return self._base_url

    @property
    def draws(self) -> Draws:
        return self._book.draws

    @property
    def goods(self) -> Mapping[str, Good]:
        return self._book.goods

    @property
    def warehouses(self) -> Sequence[str]:
        return self._book.warehouses

    @property
    def shops(self) -> Mapping[str, Shop]:
        return self._book.shops.setdefault(self._channel, {})

    @property
    def orders(self) -> Mapping[str, Order]:
        return self._book.orders.setdefault(self._channel, {})

    def units(self, sku: str, warehouse: str) -> int:
        return self._book.stock.units.get((sku, warehouse), 0)

    def ships_from(self, channel: str, shop_id: str) -> str:
        return self._book.shops[channel][shop_id].ships_from

    def now(self) -> float:
        return self.platform_time(time.time() - self._book.ago)

    def platform_time(self, moment: float) -> float:
        return moment + self._book.faults.skew(self._channel)

    def logical_time(self) -> float:
        return self._book.timeline.now()

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        if self._book.ago:
            action()
            return
        self._book.timeline.schedule(seconds, action, WIRE)

    def send(self, delivery: Delivery, done: Callable[[int | None], None] | None = None) -> None:
        if not self._book.ago:
            self._sender.send(self._channel, delivery, done)

    @property
    def quota_factor(self) -> int:
        return self._book.quota_factor

    def token_life(self, usual: float) -> float:
        real = self._book.faults.rate(self._channel, "token_life_seconds")
        return min(usual, real * self._book.timeline.speed) if real else usual

    def hits(self, fault: str) -> bool:
        return self._book.faults.hits(self._channel, fault)

    def is_odd(self, name: str, *parts: object) -> bool:
        return self._book.faults.is_odd(self._channel, name, *parts)

    def plant(self, oddity: str, *thing: object) -> None:
        self._book.plant(oddity, self._channel, *thing)

    def categories(self, shop_id: str, item_id: str) -> tuple[str, ...]:
        shop = self._book.shops.get(self._channel, {}).get(shop_id)
        return category_ids(shop.items.get(item_id) if shop else None)

    def money_error(self, order_id: str) -> MoneyError:
        return self._book.money_errors.get((self._channel, order_id), NO_ERROR)

    def statement_error(self, shop_id: str, statement: str) -> MoneyError:
        return self._book.statement_errors.get((self._channel, shop_id, statement), NO_ERROR)

    def is_odd_for_a_moment(self, name: str, *parts: object) -> bool:
        if not self.is_odd(name, *parts):
            return False
        now = time.monotonic()
        return now - self._since.setdefault((name, *parts), now) < MOMENT_SECONDS

    def open_shop(
        self,
        shop_id: str,
        name: str,
        ids: Callable[[str, bool], tuple[str, str]],
        *,
        ships_from: int = 0,
        listed: Callable[[Good], bool] = lambda good: True,
        apart: bool = False,
    ) -> Shop:
        book = self._book
        shop = Shop(self._channel, shop_id, name, book.warehouses[ships_from])
        goods = [good for good in book.goods.values() if listed(good)]
        stock_shop(
            shop,
            goods,
            book.draws,
            shown=lambda good: self._shown(good, shop),
            ids=ids,
            listed_at=time.time(),
            apart=apart,
        )
        book.shops.setdefault(self._channel, {})[shop_id] = shop
        return shop

    def _shown(self, good: Good, shop: Shop) -> int:
        available = self._book.stock.available
        parts = good.components or {good.sku: 1}
        return min(max(0, available((sku, shop.ships_from))) // units for sku, units in parts.items())

    def set_stock(self, variation: Variation, stock: int) -> None:
        variation.stock, variation.updated_at = stock, time.time()
        self._note_number("stock", variation, stock=stock)

    def set_price(self, variation: Variation, price: int) -> None:
        variation.price, variation.updated_at = price, time.time()
        self._note_number("price", variation, price=price)

    def _note_number(self, kind: str, variation: Variation, **number: int) -> None:
        self._book.note(
            kind, channel=self._channel, item=variation.item_id, sku=variation.sku, id=variation.id,
            wire=variation.updated_at, **number,
        )  # fmt: skip

    def set_listed(self, item: Item, status: str) -> None:
        item.status, item.updated_at = status, time.time()
        self._book.note("item", channel=self._channel, name=item.name, id=item.id, status=status,
                        wire=item.updated_at)  # fmt: skip

    def arrange_shipment(self, order: Order) -> None:
        self._life.arrange_shipment(order)

    def cancel(self, order: Order, by: Initiator, reason: str) -> None:
        self._life.cancel(order, by, reason)

    def answer_cancellation(self, order: Order, *, accept: bool) -> None:
        self._life.answer_cancellation(order, accept=accept)

    def mark_known_to_hub(self, orders: Iterable[Order]) -> None:
        now = time.time()
        for order in orders:
            self._book.known_to_hub.setdefault((order.channel, order.id), now)

    def sold_at_till(self, document: str, warehouse: str, lines: Mapping[str, int]) -> None:
        book, now = self._book, time.time()
        for sku, units in lines.items():
            place = (sku, warehouse)
            book.sales.append(
                Sale(self._channel, "", document, sku, warehouse, units, book.stock.available(place), now)
            )
            book.stock.put(place, -units)
        book.note("till", channel=self._channel, warehouse=warehouse, lines=dict(lines), id=document, wire=now)
