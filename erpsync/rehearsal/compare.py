"""Comparison of the hub's books with the world's state: every difference is counted, every breach has a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from erpsync.rehearsal.drift import DriftFigures
from erpsync.rehearsal.shapes import EVENT_ENDS, Books, Order, OrderKey, Verdict, WorldState

NAMED = 5  # examples in one sentence
# on their way or there: before, parcels may still be packed anew; after, nobody looks for them
_PARCELS_COUNT = frozenset({"shipped", "delivered", "completed"})


def compare(state: WorldState, books: Books, *, latency_ms: Mapping[str, Mapping[str, float | None]]) -> Verdict:
    """Compare, without side effects. `latency_ms` is reported as it is and never a breach."""
    breaches: list[str] = []
    figures = {
        "orders": _orders(state.orders, books.orders, breaches),
        "units": _units(state, breaches),
        "stock": _stock(state, books, breaches),
        "effects": _effects(state, books, breaches),
        "events": _events(books.events, breaches),
        "oddities": dict(state.oddities),
        "calls": _calls(state),
        "latency_ms": {name: dict(shares) for name, shares in latency_ms.items()},
        "rows": {"orders": _order_rows(state.orders, books.orders), "stock": _stock_rows(state, books)},
    }
    _listings(state, books, breaches)
    breaches += [f"left undone: {count} {what}" for what, count in sorted(books.waiting.items()) if count]
    return Verdict(tuple(breaches), figures)


def with_drift(verdict: Verdict, drift: DriftFigures) -> Verdict:
    """Return the verdict with what became of the numbers that were changed by hand: one that was not found is a breach."""
    missed = drift.injected - drift.found
    breaches = [f"{missed} numbers changed by hand at a channel that the hub did not find"] if missed else []
    figures = {**verdict.figures, "drift": {"injected": drift.injected, "found": drift.found}}
    return Verdict((*verdict.breaches, *breaches), figures)


def _orders(placed: Mapping[OrderKey, Order], hub: Mapping[OrderKey, Order], breaches: list[str]) -> dict[str, int]:
    both = sorted(placed.keys() & hub.keys())
    missing, extra = sorted(placed.keys() - hub.keys()), sorted(hub.keys() - placed.keys())
    wrong = [key for key in both if placed[key].status != hub[key].status]
    other = [key for key in both if _differ(placed[key], hub[key])]
    _add_breach(breaches, "orders missing in the hub", [_name(key) for key in missing])
    _add_breach(breaches, "orders in the hub that nobody placed", [_name(key) for key in extra])
    _add_breach(
        breaches,
        "orders with a wrong status",
        [f"{_name(key)} is {placed[key].status}, the hub says {hub[key].status or 'nothing'}" for key in wrong],
    )
    _add_breach(breaches, "orders with wrong lines", [_name(key) for key in other])
    packed = [key for key in both if placed[key].status in _PARCELS_COUNT and placed[key].parcels]
    repacked = [key for key in packed if placed[key].parcels != hub[key].parcels]
    _add_breach(breaches, "orders with other parcels", [_name(key) for key in repacked])
    return {
        "truth": len(placed),
        "hub": len(hub),
        "missing": len(missing),
        "extra": len(extra),
        "wrong_status": len(wrong),
    }


def _differ(placed: Order, hub: Order) -> bool:
    """Return whether the hub has other units than were ordered. Of a cancelled order it may have more: a channel does not tell
    which of its lines had been taken out before all were."""
    ours, theirs = hub.lines, placed.lines or {}
    if ours is None:
        return False
    if placed.status == "cancelled":
        return any(ours.get(sku, 0) < units for sku, units in theirs.items())
    return ours != theirs


def _units(state: WorldState, breaches: list[str]) -> dict[str, int]:
    """Count oversold units; those that the hub could have prevented breach rule 4."""
    avoidable = [sale for sale in state.oversales if not sale.unavoidable]
    _add_breach(
        breaches,
        "sales of units that the hub could have prevented",
        [f"{sale.units} x {sale.sku} in {_name(sale.order)}" for sale in avoidable],
    )
    return {
        "sold": state.sold,
        "oversold": sum(sale.units for sale in avoidable),
        "oversold_unavoidable": sum(sale.units for sale in state.oversales if sale.unavoidable),
    }


def _calls(state: WorldState) -> dict[str, Any]:
    """Return the calls of the day against the least that a live hub needs (`least_calls`), and those an order."""
    return {
        "made": state.calls,
        "minimum": state.minimum_calls,
        "ratio": round(state.calls / state.minimum_calls, 2) if state.minimum_calls else None,
        "per_order": round(state.calls / len(state.orders), 2) if state.orders else None,
        "setup": state.setup_calls,
        "by_route": dict(state.calls_by_route),
    }


def _stock(state: WorldState, books: Books, breaches: list[str]) -> dict[str, int]:
    places = sorted(state.stock.keys() | books.stock.keys())
    drift = [place for place in places if state.stock.get(place) != books.stock.get(place)]
    _add_breach(
        breaches,
        "stock levels that drifted",
        [
            f"{sku} at {warehouse} is {_number(state.stock.get((sku, warehouse)))},"
            f" the hub says {_number(books.stock.get((sku, warehouse)))}"
            for sku, warehouse in drift
        ],
    )
    return {"drift": len(drift)}


def _listings(state: WorldState, books: Books, breaches: list[str]) -> None:
    """Check that, at rest, each listing shows the number that the hub believes it to show."""
    wrong = sorted(key for key, units in books.shown.items() if key in state.shown and state.shown[key] != units)
    _add_breach(
        breaches,
        "listings that show another number than the hub believes",
        [f"{' '.join(key)} shows {state.shown[key]}, the hub says {books.shown[key]}" for key in wrong],
    )
    gone = sorted(books.shown.keys() - state.shown.keys())
    _add_breach(breaches, "listings that the hub believes on sale and that are gone", [" ".join(key) for key in gone])


def _effects(state: WorldState, books: Books, breaches: list[str]) -> dict[str, int]:
    doubled = [*state.doubled, *books.doubled]
    _add_breach(breaches, "effects that happened twice", doubled)
    _add_breach(breaches, "books that do not add up", books.unsound)
    _add_breach(breaches, "orders that a customer book shows otherwise", state.misrecorded)
    return {"duplicate": len(doubled)}


def _events(events: Mapping[str, int], breaches: list[str]) -> dict[str, int]:
    """Check the event accounting (rule 7). Pending events and dead letters at the end of a day are breaches as well."""
    figures = {"received": events["received"], **{end: events[end] for end in EVENT_ENDS}}
    ended = sum(events[end] for end in EVENT_ENDS)
    if events["received"] != ended:
        breaches.append(f"events out of balance: {events['received']} received, {ended} accounted for")
    for end, words in (("pending", "events still pending"), ("dead_letter", "dead letters")):
        if events[end]:
            breaches.append(f"{events[end]} {words}")
    return figures


def _order_rows(placed: Mapping[OrderKey, Order], hub: Mapping[OrderKey, Order]) -> list[dict[str, Any]]:
    return [
        {
            "channel": channel,
            "shop": shop,
            "id": number,
            "truth": _status(placed.get((channel, shop, number))),
            "hub": _status(hub.get((channel, shop, number))),
        }
        for channel, shop, number in sorted(placed.keys() | hub.keys())
    ]


def _stock_rows(state: WorldState, books: Books) -> list[dict[str, Any]]:
    """Return the units of each SKU over all warehouses; drift between warehouses is among the breaches."""
    known: Counter[str] = Counter()
    believed: dict[str, Decimal] = {}
    for (sku, _), units in state.stock.items():
        known[sku] += int(units)
    for (sku, _), units in books.stock.items():
        believed[sku] = believed.get(sku, Decimal(0)) + units
    return [
        {"sku": sku, "truth": known.get(sku), "hub": _number(believed.get(sku))}
        for sku in sorted(known.keys() | believed.keys())
    ]


def _add_breach(breaches: list[str], what: str, examples: Sequence[str] | Iterable[str]) -> None:
    found = list(examples)
    if found:
        more = f"; and {len(found) - NAMED} more" if len(found) > NAMED else ""
        breaches.append(f"{len(found)} {what}: {'; '.join(found[:NAMED])}{more}")


def _name(key: OrderKey) -> str:
    return " ".join(key)


def _status(order: Order | None) -> str | None:
    return None if order is None else order.status


def _number(units: Decimal | None) -> int | float | None:
    """Convert units for JSON, which has no decimals: whole units to integers."""
    if units is None:
        return None
    return int(units) if units == units.to_integral_value() else float(units)
