"""The hub's books against the world's truth: every difference is counted, and every breach has a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from erpsync.rehearsal.shapes import EVENT_ENDS, Books, Order, OrderKey, Truth, Verdict

NAMED = 5  # so many examples stand in a sentence


def compare(truth: Truth, books: Books, *, latency_ms: Mapping[str, Mapping[str, float | None]]) -> Verdict:
    """Pure: the same pair always gives the same verdict. `latency_ms` is reported as it is and never a breach."""
    breaches: list[str] = []
    figures = {
        "orders": _orders(truth.orders, books.orders, breaches),
        "units": _units(truth, breaches),
        "stock": _stock(truth, books, breaches),
        "effects": _effects(truth, books, breaches),
        "events": _events(books.events, breaches),
        "calls": {"made": truth.calls, "minimum": truth.minimum_calls},
        "latency_ms": {name: dict(shares) for name, shares in latency_ms.items()},
        "rows": {"orders": _order_rows(truth.orders, books.orders), "stock": _stock_rows(truth, books)},
    }
    _listings(truth, books, breaches)
    breaches += [f"left undone: {count} {what}" for what, count in sorted(books.waiting.items()) if count]
    return Verdict(tuple(breaches), figures)


def _orders(truth: Mapping[OrderKey, Order], hub: Mapping[OrderKey, Order], breaches: list[str]) -> dict[str, int]:
    both = sorted(truth.keys() & hub.keys())
    missing, extra = sorted(truth.keys() - hub.keys()), sorted(hub.keys() - truth.keys())
    wrong = [key for key in both if truth[key].status != hub[key].status]
    other = [key for key in both if hub[key].lines is not None and truth[key].lines != hub[key].lines]
    _tell(breaches, "orders missing in the hub", [_name(key) for key in missing])
    _tell(breaches, "orders in the hub that nobody placed", [_name(key) for key in extra])
    _tell(
        breaches,
        "orders with a wrong status",
        [f"{_name(key)} is {truth[key].status}, the hub says {hub[key].status or 'nothing'}" for key in wrong],
    )
    _tell(breaches, "orders with wrong lines", [_name(key) for key in other])
    return {
        "truth": len(truth),
        "hub": len(hub),
        "missing": len(missing),
        "extra": len(extra),
        "wrong_status": len(wrong),
    }


def _units(truth: Truth, breaches: list[str]) -> dict[str, int]:
    """Rule 4: a unit that the hub could have kept from being sold."""
    avoidable = [sale for sale in truth.oversales if not sale.unavoidable]
    _tell(
        breaches,
        "sales of units that the hub could have prevented",
        [f"{sale.units} x {sale.sku} in {_name(sale.order)}" for sale in avoidable],
    )
    return {
        "sold": truth.sold,
        "oversold": sum(sale.units for sale in avoidable),
        "oversold_unavoidable": sum(sale.units for sale in truth.oversales if sale.unavoidable),
    }


def _stock(truth: Truth, books: Books, breaches: list[str]) -> dict[str, int]:
    places = sorted(truth.stock.keys() | books.stock.keys())
    drift = [place for place in places if truth.stock.get(place) != books.stock.get(place)]
    _tell(
        breaches,
        "stock levels that drifted",
        [
            f"{sku} at {warehouse} is {_number(truth.stock.get((sku, warehouse)))},"
            f" the hub says {_number(books.stock.get((sku, warehouse)))}"
            for sku, warehouse in drift
        ],
    )
    return {"drift": len(drift)}


def _listings(truth: Truth, books: Books, breaches: list[str]) -> None:
    """At rest, a channel shows what the hub believes it to show."""
    wrong = sorted(key for key, units in books.shown.items() if key in truth.shown and truth.shown[key] != units)
    _tell(
        breaches,
        "listings that show another number than the hub believes",
        [f"{' '.join(key)} shows {truth.shown[key]}, the hub says {books.shown[key]}" for key in wrong],
    )


def _effects(truth: Truth, books: Books, breaches: list[str]) -> dict[str, int]:
    doubled = [*truth.doubled, *books.doubled]
    _tell(breaches, "effects that happened twice", doubled)
    _tell(breaches, "books that do not add up", books.unsound)
    _tell(breaches, "orders that a customer book shows otherwise", truth.untold)
    return {"duplicate": len(doubled)}


def _events(events: Mapping[str, int], breaches: list[str]) -> dict[str, int]:
    """Rule 7. Pending events and dead letters at the end of a day are breaches as well: something was given up."""
    figures = {"received": events["received"], **{end: events[end] for end in EVENT_ENDS}}
    ended = sum(events[end] for end in EVENT_ENDS)
    if events["received"] != ended:
        breaches.append(f"events out of balance: {events['received']} received, {ended} accounted for")
    for end, words in (("pending", "events still pending"), ("dead_letter", "dead letters")):
        if events[end]:
            breaches.append(f"{events[end]} {words}")
    return figures


def _order_rows(truth: Mapping[OrderKey, Order], hub: Mapping[OrderKey, Order]) -> list[dict[str, Any]]:
    return [
        {
            "channel": channel,
            "shop": shop,
            "id": number,
            "truth": _status(truth.get((channel, shop, number))),
            "hub": _status(hub.get((channel, shop, number))),
        }
        for channel, shop, number in sorted(truth.keys() | hub.keys())
    ]


def _stock_rows(truth: Truth, books: Books) -> list[dict[str, Any]]:
    """Units of each SKU over all warehouses; drift between warehouses is told in the breaches."""
    known: Counter[str] = Counter()
    believed: dict[str, Decimal] = {}
    for (sku, _), units in truth.stock.items():
        known[sku] += int(units)
    for (sku, _), units in books.stock.items():
        believed[sku] = believed.get(sku, Decimal(0)) + units
    return [
        {"sku": sku, "truth": known.get(sku), "hub": _number(believed.get(sku))}
        for sku in sorted(known.keys() | believed.keys())
    ]


def _tell(breaches: list[str], what: str, examples: Sequence[str] | Iterable[str]) -> None:
    found = list(examples)
    if found:
        more = f"; and {len(found) - NAMED} more" if len(found) > NAMED else ""
        breaches.append(f"{len(found)} {what}: {'; '.join(found[:NAMED])}{more}")


def _name(key: OrderKey) -> str:
    return " ".join(key)


def _status(order: Order | None) -> str | None:
    return None if order is None else order.status


def _number(units: Decimal | None) -> int | float | None:
    """JSON has no decimals: whole units as integers."""
    if units is None:
        return None
    return int(units) if units == units.to_integral_value() else float(units)
