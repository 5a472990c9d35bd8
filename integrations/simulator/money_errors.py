"""Errors of platforms with a seller's money, planted in an order history, and the ledger that only a report reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from integrations.simulator.draws import Draws
from integrations.simulator.order import Order

_DAY, _HALF_DAY, _VIETNAM = 86_400.0, 43_200.0, 25_200.0
_MONTH = 30 * _DAY
_HOUR, _RECENT = 3_600.0, 3 * _DAY
# every platform has settled a completed order by then
SETTLED_AFTER = 4.1 * _DAY
# of a double charge so many orders are forgotten when the platform gives the fee back
FORGOTTEN = 3


@dataclass(frozen=True)
class MoneyError:
    """One order, or one `statement` as a whole, that a platform settled or paid out wrongly: the other of the two is "".

    `fee`: the kind of fee; `item`: the listing whose rate or category is wrong. `statement`: as the platform's settlements name it.
    `returned_at`: when the platform put it right (machine's clock); None: never.
    """

    name: str
    channel: str
    shop: str
    order: str
    fee: str
    item: str = ""
    returned_at: float | None = None
    statement: str = ""

    def rate(self, item: str, fee: str, published: Decimal) -> Decimal:
        """Return the rate, in percent, that is charged for a listing."""
        is_wrong = self.name in _RATES and (self.item, self.fee) == (item, fee)
        return _RATES[self.name](published) if is_wrong else published

    def is_misfiled(self, item: str, fee: str) -> bool:
        """Return whether a listing is charged as one of another category."""
        return self.name == WRONG_CATEGORY and (self.item, self.fee) == (item, fee)

    def times(self, fee: str) -> int:
        """Return how often a fee is charged."""
        return 2 if self.name == DOUBLE and self.fee == fee else 1

    def charges_cancelled(self, fee: str) -> bool:
        """Return whether a fee is charged although the order was cancelled."""
        return self.name == CANCELLED_FEE and self.fee == fee


@dataclass(frozen=True)
class ErrorClass:
    """A class of errors. `since`, `lasts`: its span, as a share of the history and in seconds (None: to the end).

    `concerned`(draws, orders of the span, how many are wanted) picks the orders, with the listing it is about.
    """

    fee: str
    since: float
    lasts: float | None
    concerned: Callable[[Draws, Sequence[Order], int], Iterator[tuple[Order, str]]]
    is_put_right: bool = False


def plan_errors(draws: Draws, orders: Sequence[Order], wanted: Mapping[str, int], now: float) -> list[MoneyError]:
    """Plan about so many errors of each class over a shop's history, oldest order first; an order has one at most."""
    if not wanted or not orders:
        return []
    found: list[MoneyError] = []
    first, last = orders[0].placed_at, orders[-1].placed_at
    free = {order.id: order for order in orders}
    for name, kind in CLASSES.items():
        if not wanted.get(name):
            continue
        since = _midnight(first + kind.since * (last - first))
        until = last + 1 if kind.lasts is None else since + kind.lasts
        inside = [order for order in free.values() if since <= order.placed_at < until]
        picked = list(kind.concerned(draws, inside, wanted[name]))
        returned = _returned(draws, [order for order, _ in picked], now) if kind.is_put_right else {}
        for order, item in picked:
            del free[order.id]
            found.append(
                MoneyError(name, order.channel, order.shop, order.id, kind.fee, item, returned.get(order.id))
            )  # fmt: skip
    return found


def _returned(draws: Draws, orders: Sequence[Order], now: float) -> Mapping[str, float]:
    """Return when each order's money came back, within 30 days and after it was settled; some are forgotten.

    Where there is room it is before the last days, of which a hub that lives already has read all there was.
    """
    in_turn = sorted(orders, key=lambda order: draws.number("forgotten", order.id))
    found = {}
    for order in in_turn[FORGOTTEN:]:
        wanted = order.placed_at + draws.between(6, 29, "given back", order.id) * _DAY
        settled = order.placed_at + SETTLED_AFTER
        found[order.id] = min(max(min(wanted, now - _RECENT), settled), now - _HOUR)
    return found


def _of_one_listing(draws: Draws, orders: Sequence[Order], wanted: int) -> Iterator[tuple[Order, str]]:
    """Pick the orders of one listing: of that with the fewest of those that have enough."""
    sold = [order for order in orders if order.status != "cancelled"]
    counts = Counter(item for order in sold for item in {line.item_id for line in order.lines})
    if not counts:
        return

    def distance(item: str) -> tuple[bool, int, int]:
        missing = counts[item] < wanted
        return missing, -counts[item] if missing else counts[item], draws.number("listing", orders[0].shop, item)

    chosen = min(counts, key=distance)
    for order in sold:
        if any(line.item_id == chosen for line in order.lines):
            yield order, chosen


def _of_one_morning(draws: Draws, orders: Sequence[Order], wanted: int) -> Iterator[tuple[Order, str]]:
    """Pick the orders from 00:00 to 12:00 of one day, the earliest with enough of them."""
    mornings: dict[float, list[Order]] = {}
    for order in orders:
        day = _midnight(order.placed_at)
        if order.status != "cancelled" and order.placed_at - day < _HALF_DAY:
            mornings.setdefault(day, []).append(order)
    if not mornings:
        return
    enough = [day for day, found in mornings.items() if len(found) > max(wanted, FORGOTTEN)]
    for order in mornings[min(enough) if enough else max(mornings, key=lambda day: len(mornings[day]))]:
        yield order, ""


def _some(draws: Draws, orders: Sequence[Order], wanted: int, *, cancelled: bool) -> Iterator[tuple[Order, str]]:
    able = [order for order in orders if (order.status == "cancelled") == cancelled]
    for order in sorted(able, key=lambda order: draws.number("unlucky", order.id))[:wanted]:
        yield order, ""


def _some_sold(draws: Draws, orders: Sequence[Order], wanted: int) -> Iterator[tuple[Order, str]]:
    return _some(draws, orders, wanted, cancelled=False)


def _some_cancelled(draws: Draws, orders: Sequence[Order], wanted: int) -> Iterator[tuple[Order, str]]:
    return _some(draws, orders, wanted, cancelled=True)


def _midnight(moment: float) -> float:
    """Return the start of the day in Vietnam."""
    return moment - (moment + _VIETNAM) % _DAY


WRONG_RATE, HALF_PERCENT, DOUBLE = "wrong_rate", "rate_off_by_half_percent", "double_charge"
WRONG_CATEGORY = "wrong_category"
CANCELLED_FEE, MISSING_PAYOUT, SHORT_PAYOUT = "fee_on_cancelled_order", "missing_payout", "short_payout"
CLASSES: Mapping[str, ErrorClass] = {
    DOUBLE: ErrorClass("payment_fee", 0.0, None, _of_one_morning, is_put_right=True),
    WRONG_RATE: ErrorClass("commission", 5 / 6, None, _of_one_listing),
    HALF_PERCENT: ErrorClass("commission", 1 / 6, _MONTH, _of_one_listing),
    WRONG_CATEGORY: ErrorClass("commission", 1 / 2, None, _of_one_listing),
    CANCELLED_FEE: ErrorClass("commission", 0.0, None, _some_cancelled),
    MISSING_PAYOUT: ErrorClass("", 0.0, None, _some_sold),
    SHORT_PAYOUT: ErrorClass("", 0.0, None, _some_sold),
}
# of an order that is settled rightly
NO_ERROR = MoneyError("", "", "", "", "")
# of a short payout so much does not arrive
SHORT_SHARE = Decimal("0.1")
_RATES: Mapping[str, Callable[[Decimal], Decimal]] = {
    WRONG_RATE: lambda published: published + 1,
    HALF_PERCENT: lambda published: published * Decimal("1.005"),
}
