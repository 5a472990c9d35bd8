"""Percentiles of the latencies of a day."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from math import ceil
from typing import Any

SHARES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


def percentiles(seconds: Sequence[float]) -> dict[str, float | None]:
    """Return {p50, p95, p99} in whole milliseconds by nearest rank; None without a measurement."""
    ordered = sorted(seconds)
    return {
        name: round(ordered[max(0, ceil(share * len(ordered)) - 1)] * 1000) if ordered else None
        for name, share in SHARES.items()
    }


def sale_to_stock(report: Mapping[str, Any], log: Sequence[Mapping[str, Any]]) -> list[float]:
    """Apply `first_after` to the simulator's `GET /truth` and `/log`, which have sales of bundles by their components."""
    shops = {(row["channel"], row["item"], row["variation"]): row["shop"] for row in report["listings"]}
    # a variation that was made anew took numbers until then
    shops |= {(row["channel"], row["item"], row["old"]): row["shop"] for row in log if row["kind"] == "replaced"}
    shown: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for row in log:
        if row["kind"] == "stock":
            shop = shops[row["channel"], row["item"], row["id"]]
            shown[row["sku"]].append((shop, datetime.fromtimestamp(row["wire"], UTC)))
    sales = [(row["sku"], row["shop"], datetime.fromtimestamp(row["sold_at"], UTC)) for row in report["sales"]]
    return first_after(sales, shown)


def first_after(
    sales: Iterable[tuple[str, str, datetime]], shown: Mapping[str, Sequence[tuple[str, datetime]]]
) -> list[float]:
    """Return, per sale (sku, shop, when), the seconds until each other shop that takes numbers for that SKU took one.

    `shown`: by SKU, (shop, when it accepted a number), in any order. A shop that took none after
    a sale is not counted: its number did not change.
    """
    times: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for sku, accepted in shown.items():
        for shop, when in accepted:
            times[sku, shop].append(when)
    for found in times.values():
        found.sort()
    shops = {sku: {shop for shop, _ in accepted} for sku, accepted in shown.items()}
    waited = []
    for sku, seller, when in sales:
        for shop in shops.get(sku, set()) - {seller}:
            place = bisect_left(times[sku, shop], when)
            if place < len(times[sku, shop]):
                waited.append((times[sku, shop][place] - when).total_seconds())
    return waited
