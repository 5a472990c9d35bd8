"""`python -m bench`: starts throw-away servers of its own on this machine, prints the figures, leaves nothing behind."""

from __future__ import annotations

import argparse
import signal
import sys

from bench.ground import ground


def main() -> int:
    """Exit status 1 when something was lost."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--webhooks", type=int, default=5_000, help="deliveries to send")
    parser.add_argument("--events", type=int, default=10_000, help="pending events to drain")
    parser.add_argument("--orders", type=int, default=100_000, help="orders to backfill")
    wanted = parser.parse_args()
    # TERM, too, shall end the servers and remove their directory
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with ground() as machine:
        # Django is set up by now, and not before: these import models
        from bench import backfill, drain, webhooks  # noqa: PLC0415

        results = []
        for measured in (
            lambda: webhooks.measure(machine, wanted.webhooks),
            lambda: drain.measure(wanted.events),
            lambda: backfill.measure(machine, wanted.orders),
        ):
            results.append(measured())
            print(results[-1], flush=True)
    return 0 if all(result.is_whole for result in results) else 1


sys.exit(main())
