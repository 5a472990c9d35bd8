"""Report of a verdict: JSON (the keys of design section 7) and text (the accounting)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from erpsync.rehearsal import bearing
from erpsync.rehearsal.shapes import EVENT_ENDS, Verdict


def as_object(verdict: Verdict) -> dict[str, Any]:
    """Return one JSON object, with every key of the design in any verdict."""
    return {"verdict": "ok" if verdict.ok else "breach", "breaches": list(verdict.breaches), **verdict.figures}


def as_text(verdict: Verdict) -> str:
    """Return the accounting, ready to print."""
    return "\n".join(_lines(verdict))


def _lines(verdict: Verdict) -> Iterator[str]:
    figures = verdict.figures
    orders, units, events, calls = (figures[name] for name in ("orders", "units", "events", "calls"))
    yield _row(
        "orders",
        f"{orders['truth']} placed, {orders['hub']} in the hub",
        f"{orders['missing']} missing, {orders['extra']} extra, {orders['wrong_status']} with a wrong status",
    )
    yield _row(
        "units",
        f"{units['sold']} sold",
        f"{units['oversold']} oversold, {units['oversold_unavoidable']} unavoidably (two buyers inside one push)",
    )
    yield _row("stock", f"{len(figures['rows']['stock'])} SKUs", f"{figures['stock']['drift']} levels drifted")
    yield _row("effects", f"{figures['effects']['duplicate']} happened twice")
    yield _row(
        "events",
        f"{events['received']} received",
        " + ".join(f"{events[end]} {end.replace('_', ' ')}" for end in EVENT_ENDS),
    )
    yield _row(
        "calls",
        f"{calls['made']} made, {calls['per_order']} an order",
        f"{calls['minimum']} at the least, ratio {calls['ratio']}",
        f"{calls['setup']} before the day",
    )
    if outbox := figures.get("outbox"):
        yield _row(
            "outbox",
            f"{outbox['written']} events written, {outbox['delivered']} at every receiver",
            f"{outbox['missing']} missing, {outbox['out_of_order']} out of order, {outbox['doubled']} doubled",
            *(f"{kind} p95 {_seconds(shares['p95'])}" for kind, shares in outbox["lag_ms"].items()),
        )
    if money := figures.get("money"):
        yield _row(
            "money",
            f"{money['planted']} errors planted, {money['found']} found",
            f"{money['missed']} missed, {money['false']} false",
            f"{money['matched']['by_count']:g} % of {money['matched']['checks']} fees matched without a person",
        )
    if oddities := figures["oddities"]:
        happened = ", ".join(f"{name} {count}" for name, count in oddities.items() if count)
        never = ", ".join(name for name, count in oddities.items() if not count)
        yield _row("oddities", happened or "none", *([f"never {never}"] if never else ()))
    for line in bearing.lines(figures.get("concurrency", {})):
        yield _row("calls at once", line)
    for name, shares in figures["latency_ms"].items():
        yield _row(name.replace("_", " "), *(f"{share} {_seconds(value)}" for share, value in shares.items()))
    yield ""
    yield from (f"BREACH  {breach}" for breach in verdict.breaches)
    yield f"verdict {'ok' if verdict.ok else 'breach'}"


def _row(title: str, *parts: str) -> str:
    return f"{title:<18} {'; '.join(parts)}"


def _seconds(milliseconds: Any) -> str:
    return "-" if milliseconds is None else f"{milliseconds / 1000:.2f} s"
