"""Run one backfill in a process of its own and print its peak memory."""

from __future__ import annotations

import json
import resource
import sys
import time

import django

if __name__ == "__main__":
    django.setup()
    from integrations.ingest.backfill import running
    from integrations.ingest.backfill.progress import progress

    number = int(sys.argv[1])
    while not progress(number).is_over:
        running.work(number, budget_seconds=30.0)
        time.sleep(0.05)
    print(json.dumps({"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
