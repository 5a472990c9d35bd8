"""`python -m bench`: starts throw-away servers of its own on this machine, prints the figures, leaves nothing behind."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.ground import Result, ground

NAMES = ("webhooks", "drain", "backfill", "search", "api", "lists", "relay", "sinks", "fees_percent", "fees_tiered")


def main() -> int:
    """Exit status 1 when something was lost."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file as well")
    parser.add_argument("--webhooks", type=int, default=5_000, help="deliveries to send")
    parser.add_argument("--events", type=int, default=10_000, help="pending events to drain")
    parser.add_argument("--orders", type=int, default=100_000, help="orders to backfill")
    parser.add_argument(
        "--found",
        type=int,
        default=1_000_000,
        help="orders to search among, and to page through in lists and by the API",
    )
    parser.add_argument("--relayed", type=int, default=20_000, help="events to relay")
    parser.add_argument("--lines", type=int, default=1_000_000, help="order lines to compute fees of")
    wanted = parser.parse_args()
    # TERM, too, shall end the servers and remove their directory
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with ground() as machine:
        # Django is set up by now, and not before: these import models
        from bench import api_orders, backfill, drain, fees, lists, relay, search, sinks, webhooks  # noqa: PLC0415

        measures: dict[str, Callable[[], Result | list[Result]]] = {
            "webhooks": lambda: webhooks.measure(machine, wanted.webhooks),
            "drain": lambda: drain.measure(wanted.events),
            "backfill": lambda: backfill.measure(machine, wanted.orders),
            "search": lambda: search.measure(wanted.found),
            "api": lambda: api_orders.measure(wanted.found),
            "lists": lambda: lists.measure(wanted.found),
            "fees_percent": lambda: fees.measure("percent", wanted.lines),
            "fees_tiered": lambda: fees.measure("tiered", wanted.lines),
            "relay": lambda: relay.measure(machine, wanted.relayed),
            "sinks": lambda: sinks.measure(machine, wanted.relayed),
        }
        results = []
        for name in NAMES:
            if name in wanted.only:
                measured = measures[name]()
                for result in measured if isinstance(measured, list) else [measured]:
                    results.append(result)
                    print(result, flush=True)
    if wanted.json:
        wanted.json.write_text(json.dumps(_figures(results), indent=2) + "\n")
    return 0 if all(result.is_whole for result in results) else 1


def _figures(results: Sequence[Result]) -> list[dict[str, object]]:
    return [
        {
            "name": result.name, "rate": round(result.rate, 1), "peer": result.peer, "peer_rate": round(result.peer_rate, 1),
            "ratio": round(result.ratio, 4), "lost": result.lost, "note": result.note,
        }
        for result in results
    ]  # fmt: skip


sys.exit(main())
