"""Sales: a day of so many orders, or an endless trickle, on the marketplaces and at the till."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from integrations.simulator.book import Book
from integrations.simulator.buyers import basket
from integrations.simulator.life import Life, Pick
from integrations.simulator.order import Order
from integrations.simulator.shops import Shop, skus_of
from integrations.simulator.simulated_platform import InvalidState, PointOfSale, SimulatedPlatform
from integrations.simulator.timeline import DAY

TILL_SHARE = 0.2
_TRIES = 8
# in an endless trickle a supplier refills an empty shelf after every so many sales
_RESTOCK_EVERY, _RESTOCK = 5, (10, 60)


class NotFound(LookupError):
    """Error for a shop, SKU or warehouse that is not in this world."""


@dataclass
class Plan:
    """Plan and progress of a sale day."""

    wanted: int = 0
    placed: int = 0
    seconds: float = 0.0  # logical, between two sales
    till_share: float = TILL_SHARE
    endless: bool = False
    running: bool = False


class Day:
    """Generator of sales. The world's lock is held around every call."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.plan = Plan()

    @property
    def book(self) -> Book:
        """State of the world."""
        return self.life.book

    @property
    def platforms(self) -> Mapping[str, SimulatedPlatform]:
        """All platforms by channel."""
        return self.life.platforms

    def start(self, orders: int, seconds: float, till_share: float = TILL_SHARE) -> None:
        """Start a day of `orders` marketplace orders, one every `seconds` (logical), `till_share` till sales to each; the first at once."""
        self._begin(Plan(wanted=orders, seconds=seconds, till_share=till_share, running=orders > 0))

    def trickle(self, seconds: float, till_share: float = TILL_SHARE) -> None:
        """Start an endless trickle: a sale every `seconds` or so; suppliers refill empty shelves."""
        self._begin(Plan(seconds=seconds, till_share=till_share, endless=True, running=True))

    def end(self) -> None:
        """Stop selling and bring every pending step and webhook forward."""
        self.book.timeline.drop(DAY)
        self.plan.running = False
        self.book.timeline.settling = True

    def order(self, channel: str, shop_id: str, lines: Sequence[tuple[str, int]]) -> Order:
        """Place a buyer's order for these (sku, quantity). Raises NotFound, InvalidState."""
        shop = self.book.shops.get(channel, {}).get(shop_id)
        if shop is None:
            raise NotFound(f"no shop {shop_id!r} on {channel!r}")
        picks: list[Pick] = []
        for sku, quantity in lines:
            variation = shop.by_sku(sku)
            if variation is None:
                raise NotFound(f"{shop.name} does not sell {sku!r}")
            picks.append((variation, quantity))
        return self.life.place(shop, picks)

    def sell(self, lines: Mapping[str, int], *, channel: str = "", warehouse: str = "") -> str:
        """Sell quantities by SKU at a till and return the document's id. Raises NotFound, InvalidState when the shelf lacks them."""
        channel = channel or next(iter(self.points_of_sale()), "")
        platform = self.points_of_sale().get(channel)
        if platform is None:
            raise NotFound(f"no point of sale {channel!r}")
        warehouse = warehouse or self.book.warehouses[0]
        if warehouse not in self.book.warehouses or not lines or not lines.keys() <= self.book.goods.keys():
            raise NotFound("no such warehouse, or no such SKU")
        needs = skus_of(lines.items(), self.book.goods)
        if any(self.book.stock.available((sku, warehouse)) < units for sku, units in needs.items()):
            raise InvalidState("not that many are on the shelf")
        document = platform.sell(warehouse, lines)
        platform.context.sold_at_till(document, warehouse, needs)
        return document

    def take_back(self, document: str, lines: Mapping[str, int], *, channel: str = "") -> str:
        """Take goods of a sale at a till back and return the return's id. Raises NotFound, InvalidState for more than was sold."""
        channel = channel or next(iter(self.points_of_sale()), "")
        platform = self.points_of_sale().get(channel)
        if platform is None or not lines.keys() <= self.book.goods.keys():
            raise NotFound(f"no point of sale {channel!r}, or no such SKU")
        try:
            made, warehouse = platform.take_back(document, lines)
        except ValueError as error:
            raise InvalidState(str(error)) from error
        for sku, units in skus_of(lines.items(), self.book.goods).items():
            self.book.stock.put((sku, warehouse), units)
        return made

    def points_of_sale(self) -> dict[str, PointOfSale]:
        """The platforms that have a till, by channel."""
        return {channel: platform for channel, platform in self.platforms.items() if isinstance(platform, PointOfSale)}

    def _begin(self, plan: Plan) -> None:
        self.book.timeline.drop(DAY)
        self.book.timeline.settling = False
        self.plan = plan
        if plan.running:
            self.book.timeline.schedule(0.0 if not plan.endless else self._pause(), self._tick, DAY)

    def _tick(self) -> None:
        plan, book = self.plan, self.book
        book.last_sale += 1
        number = book.last_sale
        if plan.endless and book.draws.chance(plan.till_share, "till instead", number):
            self._sell_at_till(number)
        else:
            plan.placed += self._place_order(number)
            if not plan.endless and book.draws.chance(plan.till_share, "till", number):
                book.timeline.schedule(plan.seconds / 2, partial(self._sell_at_till, number), DAY)
        if plan.endless and number % _RESTOCK_EVERY == 0:
            self._restock(number)
        sold_out = not any(variation.stock > 0 for shop in self._shops() for variation in shop.variations())
        plan.running = plan.endless or (plan.placed < plan.wanted and not sold_out)
        if plan.running:
            book.timeline.schedule(self._pause(), self._tick, DAY)

    def _pause(self) -> float:
        spread = (0.4, 1.6) if self.plan.endless else (1.0, 1.0)
        return self.plan.seconds * self.book.draws.between(*spread, "pause", self.book.last_sale)

    def _shops(self) -> list[Shop]:
        return [shop for shops in self.book.shops.values() for shop in shops.values()]

    def _place_order(self, number: int) -> bool:
        shops = self._shops()
        for attempt in range(_TRIES if shops else 0):
            shop = self.book.draws.pick(shops, "shop", number, attempt)
            picks = basket(self.book.draws, shop, self.book.last_number + 1)
            if picks:
                self.life.place(shop, picks)
                return True
        return False

    def _sell_at_till(self, number: int) -> None:
        """Sell one or two pieces of an unpromised SKU at a till."""
        draws, book = self.book.draws, self.book
        if not self.points_of_sale():
            return
        warehouse = draws.pick(book.warehouses, "branch", number)
        on_shelf = [
            sku for (sku, place) in book.stock.units if place == warehouse and book.stock.available((sku, place)) > 0
        ]
        if on_shelf:
            sku = draws.pick(on_shelf, "sold", number)
            wanted = draws.pick((1, 1, 2), "pieces", number)
            self.sell({sku: min(wanted, book.stock.available((sku, warehouse)))}, warehouse=warehouse)

    def _restock(self, number: int) -> None:
        draws, book = self.book.draws, self.book
        empty = [place for place in book.stock.units if book.stock.available(place) <= 0]
        till = next(iter(self.points_of_sale().values()), None)
        if till is None or not empty:
            return
        sku, warehouse = draws.pick(empty, "empty", number)
        units = draws.whole(*_RESTOCK, "delivered", number)
        book.stock.put((sku, warehouse), units)
        till.receive(warehouse, {sku: units})
        book.note("delivery", sku=sku, warehouse=warehouse, units=units)
