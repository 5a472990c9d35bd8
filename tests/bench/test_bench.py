"""The benchmarks run, and lose nothing; their figures are not judged here."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from erpsync.environment import BASE_DIR


@pytest.mark.slow
@pytest.mark.xdist_group("whole hub")
def test_a_short_run_measures_and_loses_nothing() -> None:
    clean = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--webhooks", "200", "--events", "300", "--orders", "400"],
        cwd=BASE_DIR, env=clean, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    figure = r": [\d,]+/s; .+: [\d,]+/s; ratio \d+\.\d+; lost 0 of "
    webhooks, drain, backfill = done.stdout.splitlines()
    assert re.match(rf"webhooks accepted by the plain view{figure}200;", webhooks)
    assert re.match(rf"pending events drained{figure}300;", drain)
    assert re.match(rf"orders backfilled{figure}400;", backfill)
