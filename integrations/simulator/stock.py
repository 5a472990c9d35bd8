"""Physical and promised units per shelf, and oversales."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

# how many real seconds the hub has to push a fallen stock number before an oversale counts as avoidable
PUSH_LATENCY = 5.0

Place = tuple[str, str]  # sku, warehouse


@dataclass(frozen=True)
class Oversale:
    """Units of one SKU that were sold without being on the shelf."""

    channel: str
    shop: str
    order: str
    sku: str
    warehouse: str
    units: int
    available: int
    available_before: int  # PUSH_LATENCY seconds earlier
    wire: float
    unavoidable: bool


class Stock:
    """Physical units per (sku, warehouse), and those of them promised to open orders."""

    def __init__(self) -> None:
        self.units: dict[Place, int] = {}
        self.promised: dict[Place, int] = {}
        self.oversales: list[Oversale] = []
        self._past: dict[Place, deque[tuple[float, int]]] = {}

    def available(self, place: Place) -> int:
        """Return the unpromised units on the shelf; negative after an oversale."""
        return self.units.get(place, 0) - self.promised.get(place, 0)

    def available_before(self, place: Place, seconds: float = PUSH_LATENCY) -> int:
        """Return the units available so many real seconds ago."""
        limit = time.monotonic() - seconds
        until = (available for moment, available in self._past.get(place, ()) if moment > limit)
        return next(until, self.available(place))

    def put(self, place: Place, units: int) -> None:
        """Put units on the shelf, or take them off (a negative number)."""
        self._remember(place)
        self.units[place] = self.units.get(place, 0) + units

    def promise(self, place: Place, units: int, *, channel: str, shop: str, order: str) -> Oversale | None:
        """Promise units to an order, available or not; return the oversale when they are not."""
        found = None
        available, before = self.available(place), self.available_before(place)
        if units > max(0, available):
            found = Oversale(
                channel, shop, order, *place, units - max(0, available), available, before, time.time(), before >= units
            )
            self.oversales.append(found)
        self._remember(place)
        self.promised[place] = self.promised.get(place, 0) + units
        return found

    def release(self, place: Place, units: int) -> None:
        """Release the units of a cancelled order."""
        self._remember(place)
        self.promised[place] -= units

    def ship(self, place: Place, units: int) -> None:
        """Take promised units off the shelf: the courier has them."""
        self.promised[place] -= units
        self.units[place] -= units

    def table(self) -> dict[str, dict[str, int]]:
        """Return the physical units as {sku: {warehouse: units}}."""
        found: dict[str, dict[str, int]] = {}
        for (sku, warehouse), units in self.units.items():
            found.setdefault(sku, {})[warehouse] = units
        return found

    def oversales_as_json(self) -> list[dict[str, Any]]:
        """Return the oversales for `GET /truth`."""
        return [asdict(oversale) for oversale in self.oversales]

    def _remember(self, place: Place) -> None:
        """Record the units available until now, for twice PUSH_LATENCY."""
        now = time.monotonic()
        past = self._past.setdefault(place, deque())
        while past and past[0][0] <= now - 2 * PUSH_LATENCY:
            past.popleft()
        past.append((now, self.available(place)))

    def __getstate__(self) -> dict[str, Any]:
        # the monotonic clock means nothing to another process
        return self.__dict__ | {"_past": {}}
