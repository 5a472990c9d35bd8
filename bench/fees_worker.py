"""Charge the lines of `bench_lines` and print how much time of a core that took, their sum and the process' peak memory."""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter

import django

if __name__ == "__main__":
    django.setup()
    from django.db import connection, transaction

    from bench.fees import rules
    from commissions.rules.charging import charge
    from commissions.rules.index import RuleIndex
    from commissions.rules.order import Line, Order
    from commissions.rules.rounding import ZERO

    index, created = RuleIndex(rules(sys.argv[1])), datetime(2026, 11, 11, tzinfo=UTC)
    lines, total = 0, ZERO
    started = time.process_time()
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.itersize = 5_000
        cursor.execute(
            "SELECT order_id, line::text, quantity, price, sku, category, discount FROM bench_lines ORDER BY order_id, line"
        )
        for number, rows in groupby(cursor, itemgetter(0)):
            sold = tuple(
                Line(key, quantity, price, sku, category, seller_discount=discount)
                for _order, key, quantity, price, sku, category, discount in rows
            )
            for entry in charge(index, Order(str(number), "bench", "1", created, sold)).entries:
                total += entry.amount
                lines += 1
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"lines": lines, "seconds": seconds, "sum": str(total), "peak_mb": peak}))
