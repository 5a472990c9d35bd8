"""`manage.py rehearse`: the exit status follows the verdict, and a short drilled day holds from end to end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from erpsync.environment import BASE_DIR
from erpsync.rehearsal import surroundings
from erpsync.rehearsal.compare import compare
from erpsync.rehearsal.day import Plan
from erpsync.rehearsal.drill import crash_faults
from erpsync.rehearsal.processes import NotReady
from erpsync.rehearsal.receivers.each import KINDS
from erpsync.rehearsal.shapes import Books, Order, Verdict, WorldState
from erpsync.rehearsal.surroundings import Surroundings, entered
from integrations.events.sinks import sink_kinds
from tests.erpsync.test_run import descendants

COMMAND = "erpsync.management.commands.rehearse"
EVENTS = dict.fromkeys(("received", "processed", "duplicate", "ignored", "pending", "dead_letter"), 0)
Held = Callable[[Surroundings, Plan, Callable[[str], None]], Verdict]


def verdict(*, ok: bool) -> Verdict:
    orders = {} if ok else {("shopee", "900", "A1"): Order("to_ship", {})}
    return compare(WorldState(orders, {}), Books({}, {}, EVENTS), latency_ms={})


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    surroundings.enter()
    return entered()


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch, place: Surroundings) -> Callable[[Held], list[Plan]]:
    """Replace the whole day by a function; return the plans it gets."""

    def put(held: Held) -> list[Plan]:
        plans: list[Plan] = []

        def day(place: Surroundings, plan: Plan, say: Callable[[str], None]) -> Verdict:
            plans.append(plan)
            place.directory.mkdir()
            return held(place, plan, say)

        monkeypatch.setattr(f"{COMMAND}.rehearse", day)
        return plans

    return put


Hold = Callable[[Held], list[Plan]]


def test_a_good_day_ends_well_and_leaves_nothing(hold: Hold, place: Surroundings, tmp_path: Path) -> None:
    plans = hold(lambda *_: verdict(ok=True))
    call_command("rehearse", "--seed=3,4", "--orders=7", "--chaos=rough", "--drill", f"--report={tmp_path / 'r'}")
    assert plans == [Plan(7, seed, "rough", drilled=True, sinks=KINDS) for seed in ("3", "4")]
    assert (plans[0].answer_ms, plans[0].workers) == (0, 2)
    told = json.loads((tmp_path / "r").read_text())
    assert [(row["seed"], row["chaos"], row["drill"], row["verdict"]) for row in told] == [
        ("3", "rough", True, "ok"),
        ("4", "rough", True, "ok"),
    ]
    assert list(place.directory.parent.glob(f"{place.directory.name}*")) == []


def test_a_breach_of_one_seed_is_the_exit_status_of_all_and_its_logs_are_kept(
    hold: Hold, place: Surroundings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hold(lambda _place, plan, _say: verdict(ok=plan.seed != "1"))
    with pytest.raises(SystemExit) as ended:
        call_command("rehearse", "--seed=1,2", f"--report={tmp_path / 'r'}")
    assert ended.value.code == 1
    assert [row["verdict"] for row in json.loads((tmp_path / "r").read_text())] == ["breach", "ok"]
    [kept] = place.directory.parent.glob(f"{place.directory.name}*")
    assert f"data and logs: {kept}" in capsys.readouterr().out
    kept.rmdir()


def test_a_day_that_could_not_be_held_is_no_verdict(hold: Hold, place: Surroundings) -> None:
    def fall(*_: object) -> Verdict:
        raise NotReady("web: not ready after 60 s")

    hold(fall)
    with pytest.raises(CommandError, match=r"^web: not ready after 60 s$") as refused:
        call_command("rehearse")
    assert refused.value.returncode == 2
    [kept] = place.directory.parent.glob(f"{place.directory.name}*")
    kept.rmdir()


@pytest.mark.slow
@pytest.mark.xdist_group("whole hub")
def test_a_short_day_with_every_blow_of_the_drill_holds(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    day = [
        "--orders=30",
        "--interval-ms=250",
        "--seed=11",
        "--drill",
        "--away=3",
        "--refuse=2",
        "--channels=kiotviet,shopee",
    ]
    day += ["--answer-ms=20", "--workers=3", "--history=40"]
    done = subprocess.run(
        [sys.executable, "manage.py", "rehearse", *day, f"--report={report}"],
        # the leases of the killed worker run out before the others have nothing else to do
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "INBOX_LEASE_SECONDS": "15"},
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    told = json.loads(report.read_text())
    assert (told["verdict"], told["breaches"]) == ("ok", [])
    assert told["orders"]["truth"] == told["orders"]["hub"] >= 30
    assert told["units"]["oversold"] == told["stock"]["drift"] == told["effects"]["duplicate"] == 0
    assert told["events"]["processed"] > 60
    outbox = told["outbox"]
    assert (outbox["delivered"], outbox["missing"], outbox["out_of_order"]) == (outbox["written"], 0, 0)
    assert set(outbox["sinks"]) == set(sink_kinds())
    assert outbox["relays_killed"] >= 2
    assert outbox["written"] > 60
    money = told["money"]
    assert (money["missed"], money["false"]) == (0, 0)
    assert money["found"] == money["planted"] >= 6
    assert (told["seed"], told["drill"]) == ("11", True)
    for fault in crash_faults(3):
        assert f"drill: {fault.title}\n" in done.stdout
    assert [str(left) for left in tmp_path.iterdir()] == [str(report)]
    assert list(descendants(tmp_path)) == []
