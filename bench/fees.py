"""Fees computed per second over order lines read from the database: conditional percent rules, and tiers.

The peer is a bare SQL aggregate over the same rows. Both must come to the same sum, to the dong.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django.db import connection as database

from bench.ground import Result
from commissions.rules.formula import Base, Formula, Percent, Tier, Tiered
from commissions.rules.rule import Conditions, Rounding, Rule, Source
from commissions.rules.rule_set import RuleSet
from commissions.rules.words import PERCENT, TIERED
from erpsync.environment import BASE_DIR

LINES = 2  # of an order
CATEGORIES, PER_RULE, SKUS = 200, 10, 500
FIRST_DAY = "2026-01-01"
BASE = Base(kind="after_seller_discount")
# category cN pays the rate of its rule; SKU SN of the first fifty, in category cN, pays SKU_RATE
SKU_RATE, SKU_RULES = Decimal(7), 50
TIERS = ((0, 5), (500_000, 4), (2_000_000, 3))

_TABLE = """
CREATE TABLE bench_lines (order_id int, line int, quantity int, price numeric, discount numeric, sku text, category text);
"""
_NET = "greatest(price * quantity - discount, 0)"
_PERCENT = f"""
SELECT sum(round({_NET} * CASE
    WHEN substr(sku, 2)::int < {SKU_RULES} AND substr(sku, 2) = substr(category, 2) THEN {SKU_RATE}
    ELSE 3 + substr(category, 2)::int / {PER_RULE} % 7 END / 100)) FROM bench_lines
"""
_TIERED = f"""
SELECT sum(round((least(net, 500000) * 5 + greatest(least(net, 2000000) - 500000, 0) * 4 + greatest(net - 2000000, 0) * 3) / 100))
FROM (SELECT sum({_NET}) AS net FROM bench_lines GROUP BY order_id) orders
"""
KINDS = {"percent": ("Conditional percent fees", _PERCENT), "tiered": ("Tiered fees", _TIERED)}


def rules(kind: str) -> RuleSet:
    """Return the rules of a benchmark."""
    if kind == "tiered":
        ends = [start for start, _rate in TIERS[1:]]
        tiers = tuple(
            Tier(at_least=Decimal(start), rate=Decimal(rate), below=Decimal(end) if end else None)
            for (start, rate), end in zip(TIERS, [*ends, None], strict=True)
        )
        return RuleSet((_rule("tiers", TIERED, Tiered(base=BASE, mode="marginal", tiers=tiers)),))
    found = []
    for n in range(CATEGORIES // PER_RULE):
        names = frozenset(f"c{category}" for category in range(PER_RULE * n, PER_RULE * (n + 1)))
        rate = Decimal(3 + n % 7)
        found.append(_rule(f"category-{n}", PERCENT, Percent(base=BASE, rate=rate), Conditions(category=names)))
    for n in range(SKU_RULES):
        both = Conditions(sku=frozenset({f"S{n}"}), category=frozenset({f"c{n}"}))
        found.append(_rule(f"sku-{n}", PERCENT, Percent(base=BASE, rate=SKU_RATE), both))
    return RuleSet(tuple(found))


def _rule(key: str, strategy: str, formula: Formula, conditions: Conditions | None = None) -> Rule:
    day = date.fromisoformat(FIRST_DAY)
    level = "order" if strategy == TIERED else "line"
    return Rule(
        key=key, version=1, channel="bench", fee_kind="commission", strategy=strategy, starts=day, formula=formula,
        conditions=conditions or Conditions(), rounding=Rounding(level=level), source=Source(name="bench", date=day, mark="own"),
    )  # fmt: skip


def measure(kind: str, count: int) -> Result:
    """Charge `count` lines in a process of its own, and sum them by SQL."""
    title, statement = KINDS[kind]
    _store(count)
    done = subprocess.run(
        [sys.executable, "-m", "bench.fees_worker", kind], cwd=BASE_DIR, capture_output=True, text=True, check=True
    )
    ours = json.loads(done.stdout)
    with database.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        started = time.perf_counter()
        cursor.execute(statement)
        [(whole,)] = cursor.fetchall()
        seconds = time.perf_counter() - started
        cursor.execute("DROP TABLE bench_lines")
    is_same = Decimal(ours["sum"]) == whole
    return Result(
        f"fees_{kind}", f"{title} of {count:,} lines", ours["lines"] / ours["seconds"], "bare SQL aggregate", count / seconds, count,
        0 if is_same else count, f"peak memory {ours['peak_mb']:.0f} MB, {'same sum' if is_same else 'ANOTHER SUM'}, per second of one core",
    )  # fmt: skip


def _store(count: int) -> None:
    draw = random.Random(7)
    with database.cursor() as cursor:
        cursor.execute(_TABLE)
        with cursor.copy("COPY bench_lines FROM STDIN") as copy:
            for row in _rows(count, draw):
                copy.write_row(row)
        cursor.execute("VACUUM ANALYZE bench_lines")


def _rows(count: int, draw: random.Random) -> Iterator[tuple[object, ...]]:
    for n in range(count):
        price = draw.randrange(20_000, 900_000)
        category, sku = f"c{draw.randrange(CATEGORIES)}", f"S{draw.randrange(SKUS)}"
        yield n // LINES, n % LINES, draw.randrange(1, 4), price, draw.randrange(5_000), sku, category
