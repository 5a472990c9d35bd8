"""Story of a unit that was sold without being there: who sold it, what each shop showed, and when the hub knew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from erpsync.rehearsal.judge import HubKnowledge
from erpsync.rehearsal.shapes import OrderKey, Oversale, Verdict

# how long before it the story begins
SECONDS = 120.0
_OFF = ("cancelled", "part_cancelled")


def with_stories(
    verdict: Verdict,
    oversales: Sequence[Oversale],
    report: Mapping[str, Any],
    log: Sequence[Mapping[str, Any]],
    known: HubKnowledge,
) -> Verdict:
    """Return the verdict with a story of each oversale that breaches rule 4, from the simulator's `GET /truth` and `/log`."""
    told = [
        {"order": " ".join(sale.order), "sku": sale.sku, "warehouse": sale.warehouse, "story": _story(sale, report, log, known)}
        for sale in oversales
        if not sale.unavoidable
    ]  # fmt: skip
    return replace(verdict, figures={**verdict.figures, "rows": {**verdict.figures["rows"], "oversold": told}})


def _story(
    sale: Oversale, report: Mapping[str, Any], log: Sequence[Mapping[str, Any]], known: HubKnowledge
) -> list[dict[str, Any]]:
    """Return what happened to the SKU, in order; `at`: seconds from the oversale, below zero before it."""
    end = sale.sold_at.timestamp()
    rows = [*_sold(sale, report, known), *_shown(sale, report, log), *_off(sale, report, log, known)]
    near = (row | {"at": round(row["at"] - end, 1)} for row in rows if -SECONDS <= row["at"] - end <= 0)
    return sorted(near, key=lambda row: row["at"])


def _sold(sale: Oversale, report: Mapping[str, Any], known: HubKnowledge) -> Iterator[dict[str, Any]]:
    for row in report["sales"]:
        if (row["sku"], row["warehouse"]) == (sale.sku, sale.warehouse):
            key = (row["channel"], row["shop"], row["order"])
            yield {
                "at": row["sold_at"], "what": "sold", "order": " ".join(key), "units": row["units"],
                "available": row["available"], "known_after": _after(known.sold.get(key), row["sold_at"]),
            }  # fmt: skip


def _shown(sale: Oversale, report: Mapping[str, Any], log: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    shops = {(row["channel"], row["item"], row["variation"]): row["shop"] for row in report["listings"]}
    for row in log:
        if row["kind"] == "stock" and row["sku"] == sale.sku:
            shop = shops.get((row["channel"], row["item"], row["id"]), "")
            yield {"at": row["wire"], "what": "shown", "shop": f"{row['channel']} {shop}", "number": row["stock"]}


def _off(
    sale: Oversale, report: Mapping[str, Any], log: Sequence[Mapping[str, Any]], known: HubKnowledge
) -> Iterator[dict[str, Any]]:
    mine: set[OrderKey] = {
        (row["channel"], row["shop"], row["order"])
        for row in report["sales"]
        if (row["sku"], row["warehouse"]) == (sale.sku, sale.warehouse)
    }
    for row in log:
        if row["kind"] == "order" and row["step"] in _OFF and (key := (row["channel"], row["shop"], row["id"])) in mine:
            yield {
                "at": row["wire"], "what": row["step"], "order": " ".join(key),
                "known_after": _after(known.off.get(key), row["wire"]),
            }  # fmt: skip


def _after(when: datetime | None, since: float) -> float | None:
    """Return after how many seconds the hub knew; None for never."""
    return round(when.timestamp() - since, 1) if when else None
