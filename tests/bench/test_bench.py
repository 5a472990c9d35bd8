"""The benchmarks run, and lose nothing; their figures are not judged here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from erpsync.environment import BASE_DIR


@pytest.mark.slow
@pytest.mark.xdist_group("whole hub")
def test_a_short_run_measures_and_loses_nothing(tmp_path: Path) -> None:
    clean = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--webhooks", "200", "--events", "300", "--orders", "400", "--found", "500", "--relayed", "300",
         "--lines", "2000",
         "--json", str(figures)],
        cwd=BASE_DIR, env=clean, capture_output=True, text=True, timeout=480, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    figure = r": [\d,]+/s; .+: [\d,]+/s; ratio \d+\.\d+; lost 0 of "
    webhooks, drain, backfill, search, api, *lists, relay, webhook, kafka, pubsub, percent, tiered = (
        done.stdout.splitlines()
    )
    assert re.match(rf"webhooks accepted by the receiver{figure}200;", webhooks)
    assert re.match(rf"pending events drained{figure}300;", drain)
    assert re.match(rf"orders backfilled{figure}400;", backfill)
    assert re.match(
        r"Searches among 500 orders: [\d,]+/s; ILIKE scan: [\d,]+/s; ratio \d+\.\d+; lost 0 of 206;", search
    )
    assert re.match(rf"Pages of 50 of 500 orders by the API{figure}\d+; p95 [\d.]+ ms, of the SQL [\d.]+ ms", api)
    p50 = r"p50 [\d.]+ ms, p95 [\d.]+ ms, of the SQL [\d.]+ and [\d.]+ ms"
    titles = ("Order list of the admin", "Page 5 of it", "Dashboard", "Order list of the API")
    for line, title in zip(lists, titles, strict=True):
        assert re.match(rf"{title} of 500 orders{figure}40; {p50}", line)
    assert re.match(rf"events relayed to Redis Streams{figure}300; commit to reader at ", relay)
    for line, kind in ((webhook, "webhook"), (kafka, "kafka"), (pubsub, "pubsub")):
        assert re.match(rf"events relayed to {kind}{figure}300; 0 doubled, 0 out of order", line)
    memory = r"peak memory \d+ MB, same sum, per second of one core"
    assert re.match(rf"Conditional percent fees of 2,000 lines{figure}2,000; {memory}", percent)
    assert re.match(rf"Tiered fees of 2,000 lines{figure}2,000; {memory}", tiered)
    written = json.loads(figures.read_text())
    assert [(row["name"], row["lost"]) for row in written] == [
        ("webhooks", 0),
        ("drain", 0),
        ("backfill", 0),
        ("search", 0),
        ("api", 0),
        ("lists_list", 0),
        ("lists_far", 0),
        ("lists_dashboard", 0),
        ("lists_api_list", 0),
        ("relay", 0),
        ("sink_webhook", 0),
        ("sink_kafka", 0),
        ("sink_pubsub", 0),
        ("fees_percent", 0),
        ("fees_tiered", 0),
    ]
    assert all(set(row) == {"name", "rate", "peer", "peer_rate", "ratio", "lost", "note"} for row in written)


@pytest.mark.slow
def test_a_name_that_is_no_benchmark_is_refused_before_anything_starts() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--only", "weather"],
        cwd=BASE_DIR, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "webhooks" in done.stderr
