"""The demo's life in its short form: minutes instead of hours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from erpsync.environment import BASE_DIR


@pytest.mark.slow
@pytest.mark.xdist_group("whole hub")
def test_minutes_of_the_demo_stay_green(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    life = ["--hours=0.1", "--speed=12", "--channels=kiotviet,shopee,tiki", "--json", str(report)]
    done = subprocess.run(
        [sys.executable, "-m", "prove.demo", *life],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    told = json.loads(report.read_text())
    assert (told["hours"], told["red"]) == (0.1, [])
    # an hour's share of what KiotViet allows
    assert told["orders"] >= 60
    assert told["busiest_hour"]["kiotviet"] < 5000 * 0.1
