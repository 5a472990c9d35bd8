"""Life cycle of a marketplace order, from checkout to completion, and its effect on stock."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from integrations.simulator.book import Book, Sale
from integrations.simulator.buyers import buyer_of
from integrations.simulator.order import Initiator, Line, Order, Status, Step
from integrations.simulator.replaced_variations import REPLACING, replace_variation
from integrations.simulator.shops import Shop, Variation, skus_of
from integrations.simulator.simulated_platform import InvalidState, SimulatedPlatform
from integrations.simulator.timeline import LIFE

# logical seconds from one step to the next; real shops take hours, a watcher has minutes
PAYING = (1.0, 12.0)
GIVING_UP = (60.0, 120.0)  # an order that is never paid
CHANGING_MIND = (4.0, 40.0)
CLERK = (30.0, 90.0)  # until the staff arranges shipment or answers, when no hub does
COURIER = (15.0, 60.0)
ON_THE_ROAD = (40.0, 120.0)
KEEPING = (60.0, 180.0)  # until a delivered order is over
# shares of orders
PAID_ON_DELIVERY, NEVER_PAID = 0.55, 0.04
CANCELS, ASKS_TO_CANCEL, AGREED = 0.04, 0.04, 0.7
PICKUP_FAILS, SENDS_BACK = 0.03, 0.02

Pick = tuple[Variation, int]


class Life:
    """State machine of orders. Every step notifies all platforms; every delay and branch is drawn from the order's number."""

    def __init__(self, book: Book) -> None:
        self.book = book
        # filled by the world; a saved life cycle is restored into another one
        self.platforms: dict[str, SimulatedPlatform] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {"book": self.book, "platforms": {}}

    def place(self, shop: Shop, picks: Sequence[Pick]) -> Order:
        """Place an order. Raises InvalidState where the platform shows fewer pieces than that, or none are picked."""
        if not picks or any(quantity < 1 or variation.stock < quantity for variation, quantity in picks):
            raise InvalidState("not that many are for sale")
        book, number = self.book, self.book.last_number + 1
        book.last_number = number
        names = {variation.item_id: shop.items[variation.item_id].name for variation, _ in picks}
        cod = book.draws.chance(PAID_ON_DELIVERY, "cod", number)
        now = time.time()
        by_platform = self._is_odd(shop.channel, "fulfilled", number)
        order = Order(
            number=number,
            channel=shop.channel,
            shop=shop.id,
            id=self.platforms[shop.channel].order_id(shop, number),
            lines=[line_of(variation, quantity, names[variation.item_id]) for variation, quantity in picks],
            buyer=buyer_of(book.draws, number),
            cod=cod,
            ships_from=shop.ships_from,
            needs={}
            if by_platform
            else skus_of(((variation.sku, quantity) for variation, quantity in picks), book.goods),
            fulfilled_by="platform" if by_platform else "seller",
            status="to_ship" if cod else "unpaid",
            placed_at=now,
            updated_at=now,
        )
        book.orders.setdefault(shop.channel, {})[order.id] = order
        if by_platform:
            book.plant("fulfilled", shop.channel, order.id)
        self._promise(order)
        for variation, quantity in self._variations(order):
            variation.stock -= quantity
            variation.open += quantity
        self._record("placed", order)
        self._plan(order)
        if self._is_odd(shop.channel, "replaced", number):
            self._later(order, REPLACING, partial(replace_variation, book))
        return order

    def arrange_shipment(self, order: Order) -> None:
        """Arrange shipment: `to_ship` -> `packed`. Raises InvalidState."""
        self._need(order, "to_ship")
        self._step(order, "arranged", "packed")
        self._plan(order)

    def cancel(self, order: Order, by: Initiator, reason: str) -> None:
        """Cancel an order before pick-up. Raises InvalidState."""
        self._need(order, "unpaid", "to_ship", "packed", "cancelling")
        order.cancelled_by, order.reason = by, reason
        for sku, units in order.needs.items():
            self.book.stock.release((sku, order.ships_from), units)
        for variation, quantity in self._variations(order):
            variation.stock += quantity
            variation.open -= quantity
        self._step(order, "cancelled", "cancelled")

    def answer_cancellation(self, order: Order, *, accept: bool) -> None:
        """Accept or decline a buyer's cancellation request. Raises InvalidState."""
        self._need(order, "cancelling")
        if accept:
            self.cancel(order, "buyer", "changed_mind")
            return
        self._step(order, "cancel_declined", order.resumes)
        self._plan(order)

    def continue_later(self, order: Order, seconds: float) -> None:
        """Schedule the next step of an order in so many seconds of the real clock; a step that came first makes it void."""
        _, step = _NEXT[order.status]
        self.book.timeline.schedule(seconds * self.book.timeline.speed, partial(step, self, order), LIFE)

    def _plan(self, order: Order) -> None:
        """Schedule the next step of an order in this state; a step that came first makes it void."""
        draws, number = self.book.draws, order.number
        if order.status == "unpaid" and draws.chance(NEVER_PAID, "never paid", number):
            self._later(order, GIVING_UP, self._give_up)
            return
        if order.status == "to_ship" and "asked_cancel" not in order.moments:
            fate = draws.share("change of mind", number)
            if fate < CANCELS:
                self._later(order, CHANGING_MIND, self._change_mind)
            elif fate < CANCELS + ASKS_TO_CANCEL:
                self._later(order, CHANGING_MIND, self._ask)
        is_first = order.status == "to_ship" and "part_cancelled" not in order.moments
        if is_first and self._is_odd(order.channel, "partial", number):
            self._later(order, CHANGING_MIND, self._cancel_one)
        if order.status in _NEXT:
            span, step = _NEXT[order.status]
            self._later(order, span, partial(step, self))

    def _later(self, order: Order, span: tuple[float, float], action: Callable[[Order], None]) -> None:
        seconds = self.book.draws.between(*span, "delay", order.number, order.status, len(order.moments))
        self.book.timeline.schedule(seconds, partial(action, order), LIFE)

    def _pay(self, order: Order) -> None:
        if order.status == "unpaid":
            self._step(order, "paid", "to_ship")
            self._plan(order)

    def _give_up(self, order: Order) -> None:
        if order.status == "unpaid":
            self.cancel(order, "system", "not_paid")

    def _change_mind(self, order: Order) -> None:
        if order.status == "to_ship":
            self.cancel(order, "buyer", "changed_mind")

    def _ask(self, order: Order) -> None:
        if order.status in {"to_ship", "packed"} and "asked_cancel" in self.platforms[order.channel].steps:
            order.resumes = order.status
            self._step(order, "asked_cancel", "cancelling")
            self._plan(order)

    def _answer(self, order: Order) -> None:
        if order.status == "cancelling":
            self.answer_cancellation(order, accept=self.book.draws.chance(AGREED, "agreed", order.number))

    def _pack(self, order: Order) -> None:
        if order.status == "to_ship":
            if self._is_there(order):
                self.arrange_shipment(order)
            else:
                self.cancel(order, "seller", "out_of_stock")

    def _pick_up(self, order: Order) -> None:
        if order.status != "packed":
            return
        if not self._is_there(order):
            self.cancel(order, "seller", "out_of_stock")
            return
        fails = self.book.draws.chance(PICKUP_FAILS, "pickup", order.number, order.failed_pickups)
        if fails and "pickup_failed" in self.platforms[order.channel].steps:
            order.failed_pickups += 1
            self._step(order, "pickup_failed", "packed")
        else:
            for sku, units in order.needs.items():
                self.book.stock.ship((sku, order.ships_from), units)
            for variation, quantity in self._variations(order):
                variation.open -= quantity
            self._step(order, "shipped", "shipped")
        self._plan(order)

    def _deliver(self, order: Order) -> None:
        if order.status == "shipped":
            self._step(order, "delivered", "delivered")
            self._plan(order)

    def _end(self, order: Order) -> None:
        if order.status != "delivered":
            return
        back = self.book.draws.chance(SENDS_BACK, "back", order.number)
        if back and "returning" in self.platforms[order.channel].steps:
            self._step(order, "returning", "returning")
        else:
            self._step(order, "completed", "completed")

    def _cancel_one(self, order: Order) -> None:
        """Cancel one unit of an order that has several, by whatever documents it stands elsewhere."""
        line = max(order.lines, key=lambda found: found.quantity)
        single = sum(found.quantity for found in order.lines) < 2  # the whole order: that is a cancellation
        if order.status not in {"to_ship", "packed"} or single or order.fulfilled_by == "platform":
            return
        place = order.lines.index(line)
        order.lines[place : place + 1] = [replace(line, quantity=line.quantity - 1)] if line.quantity > 1 else []
        for sku, units in skus_of([(line.sku, 1)], self.book.goods).items():
            self.book.stock.release((sku, order.ships_from), units)
            order.needs[sku] -= units
            self.book.note(
                "put_back", channel=order.channel, shop=order.shop, id=order.id, sku=sku, warehouse=order.ships_from,
                units=units, wire=time.time(),
            )  # fmt: skip
        variation = self.book.shops[order.channel][order.shop].variation(line.item_id, line.variation_id)
        if variation is not None:
            variation.stock += 1
            variation.open -= 1
        self.book.plant("partial", order.channel, order.id)
        self._step(order, "part_cancelled", order.status)

    def _is_odd(self, channel: str, name: str, number: int) -> bool:
        knows = name in self.platforms[channel].oddities
        return knows and self.book.faults.is_odd(channel, name, number)

    def _need(self, order: Order, *statuses: Status) -> None:
        if order.status not in statuses:
            raise InvalidState(f"the order is {order.status}")

    def _is_there(self, order: Order) -> bool:
        """Return whether the shelf really holds the units: of oversold units, the last order to be packed goes without."""
        return all(self.book.stock.units[sku, order.ships_from] >= units for sku, units in order.needs.items())

    def _promise(self, order: Order) -> None:
        stock, book = self.book.stock, self.book
        for sku, units in order.needs.items():
            place = (sku, order.ships_from)
            before = stock.available(place)
            book.sales.append(
                Sale(order.channel, order.shop, order.id, sku, order.ships_from, units, before, order.placed_at)
            )
            found = stock.promise(place, units, channel=order.channel, shop=order.shop, order=order.id)
            if found is not None:
                book.note("oversold", number=order.number, sku=sku, warehouse=order.ships_from, units=found.units)

    def _variations(self, order: Order) -> list[Pick]:
        """Return the variations whose numbers for sale the order moves; one that was replaced since has none any more."""
        if order.fulfilled_by == "platform":
            return []
        shop = self.book.shops[order.channel][order.shop]
        found = ((shop.variation(line.item_id, line.variation_id), line.quantity) for line in order.lines)
        return [(variation, quantity) for variation, quantity in found if variation is not None]

    def _step(self, order: Order, step: Step, status: Status) -> None:
        order.status, order.updated_at = status, time.time()
        self._record(step, order)

    def _record(self, step: Step, order: Order) -> None:
        order.moments[step] = order.updated_at
        self.book.note(
            "order", step=step, status=order.status, channel=order.channel, shop=order.shop, number=order.number,
            id=order.id, wire=order.updated_at,
        )  # fmt: skip
        for channel, platform in self.platforms.items():
            (platform.order_changed if channel == order.channel else platform.order_changed_elsewhere)(order, step)


def line_of(variation: Variation, quantity: int, name: str) -> Line:
    """Return an order line with the variation's current name, option and price."""
    return Line(
        variation.item_id, variation.id, variation.sku, variation.seller_sku, name, variation.option, quantity,
        variation.price,
    )  # fmt: skip


_NEXT: Mapping[Status, tuple[tuple[float, float], Callable[[Life, Order], None]]] = {
    "unpaid": (PAYING, Life._pay),
    "to_ship": (CLERK, Life._pack),
    "packed": (COURIER, Life._pick_up),
    "cancelling": (CLERK, Life._answer),
    "shipped": (ON_THE_ROAD, Life._deliver),
    "delivered": (KEEPING, Life._end),
}
