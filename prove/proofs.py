"""The proofs: a command that leaves a JSON report, the figures of it that count, and the test that is its short form."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANAGE = (sys.executable, "manage.py")
SEEDS = ("1", "2", "3", "4", "5")
ORDERS = 1_000
OUTBOX_ORDERS = 10_000
HOURS = 6
HISTORY = 10_000
# from one buyer to the next, in milliseconds: what two cores carry that the simulated platforms share with the hub
PACE = 200

# what a proof's report says, in a few words each
Figures = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof. The command writes its report to the file that is put in place of `{report}`, and ends with 0 when it holds.

    `short`: the test of `make test` that shows the same in little.
    """

    name: str
    claim: str
    command: tuple[str, ...]
    figures: Callable[[Any], Figures]
    short: str

    def command_for(self, report: Path) -> list[str]:
        """Return the command that writes this report."""
        return [word.replace("{report}", str(report)) for word in self.command]

    def read(self, report: Path) -> Figures:
        """Return the figures of a report; none where there is no report."""
        return self.figures(json.loads(report.read_text())) if report.exists() else {}


def _days(reports: Any) -> Figures:
    """Sum the reports of rehearsed days, one or several."""
    days: Sequence[Mapping[str, Any]] = reports if isinstance(reports, list) else [reports]
    worst = {
        name: max(day["latency_ms"][name]["p95"] or 0 for day in days) / 1000
        for name in ("webhook_to_order", "sale_to_stock")
    }
    return {
        "verdicts": ", ".join(f"seed {day['seed']}: {day['verdict']}" for day in days),
        "orders": str(sum(day["orders"]["truth"] for day in days)),
        "oversold": f"{sum(day['units']['oversold'] for day in days)} units",
        "calls an order": f"{max(day['calls']['per_order'] or 0 for day in days):.1f} at most",
        "calls to the least": f"{max(day['calls']['ratio'] or 0 for day in days):.2f} at most",
        "webhook to order, p95": f"{worst['webhook_to_order']:.1f} s at most",
        "sale to stock, p95": f"{worst['sale_to_stock']:.1f} s at most",
        "seconds": f"{sum(day['seconds'] for day in days):.0f}",
    }


def _money(reports: Any) -> Figures:
    """Sum the money checks of several seeds."""
    checks: Sequence[Mapping[str, Any]] = [day["money"] for day in reports]
    classes = checks[0]["classes"]
    return {
        "seeds": ", ".join(f"{day['seed']}: {day['verdict']}" for day in reports),
        "planted, found, missed, false": ", ".join(
            str(sum(check[name] for check in checks)) for name in ("planted", "found", "missed", "false")
        ),
        **{
            name.replace("_", " "): f"{sum(check['classes'][name]['found'] for check in checks)} of"
            f" {sum(check['classes'][name]['planted'] for check in checks)}, {min(check['classes'][name]['planted'] for check in checks)}"
            " a seed at least"
            for name in classes
        },
        "matched without a person": f"{min(check['matched']['by_count'] for check in checks):.2f} % by count,"
        f" {min(check['matched']['by_value'] for check in checks):.2f} % by value, at least",
        "unexplained": f"{max(check['matched']['unexplained'] for check in checks):.0f} dong in a million at most",
    }


def _life(report: Any) -> Figures:
    busiest: Mapping[str, int] = report["busiest_hour"]
    return {
        "simulated hours": f"{report['hours']:g}",
        "orders": str(report["orders"]),
        "red": ", ".join(report["red"]) or "never",
        "calls in the busiest hour": ", ".join(f"{channel} {calls}" for channel, calls in sorted(busiest.items())),
    }


def _feed(report: Any) -> Figures:
    return {
        "events": str(report["committed"]),
        "skipped, doubled, out of order": f"{report['skipped']}, {report['doubled']}, {report['out_of_order']}",
        "commit to feed": f"p50 {report['lag_p50'] * 1000:.0f} ms, p99 {report['lag_p99'] * 1000:.0f} ms",
    }


def _loss(report: Any) -> Figures:
    return {"events": str(report["written"]), "relays killed": str(report["killed"]), **_sinks(report["sinks"])}


def _outbox(report: Any) -> Figures:
    outbox = report["outbox"]
    return {
        "orders": str(report["orders"]["truth"]),
        "events": str(outbox["written"]),
        "relays killed": str(outbox["relays_killed"]),
        **_sinks(outbox["sinks"]),
        "breaches": "; ".join(report["breaches"]) or "none",
    }


def _sinks(sinks: Mapping[str, Mapping[str, int]]) -> Figures:
    return {
        f"{name}: missing, doubled, out of order": f"{sink['missing']}, {sink['doubled']}, {sink['out_of_order']}"
        for name, sink in sinks.items()
    }


def _rehearsal(chaos: str, *more: str) -> tuple[str, ...]:
    options = (
        f"--seed={','.join(SEEDS)}",
        f"--orders={ORDERS}",
        f"--chaos={chaos}",
        f"--interval-ms={PACE}",
        *more,
        "--json={report}",
    )
    return (*MANAGE, "rehearse", *options)


_DRILLED = "tests/erpsync/rehearsal/test_rehearse.py::test_a_short_day_with_every_blow_of_the_drill_holds"

PROOFS = (
    Proof(
        "rough",
        f"Five days of {ORDERS} orders, {1000 // PACE} a second, hold at rough",
        _rehearsal("rough"),
        _days,
        _DRILLED,
    ),
    Proof(
        "hostile",
        f"Five days of {ORDERS} orders, {1000 // PACE} a second, hold at hostile",
        _rehearsal("hostile"),
        _days,
        _DRILLED,
    ),
    Proof(
        "drill",
        "Killed processes, an emptied Redis and a stopped PostgreSQL lose nothing",
        (*MANAGE, "rehearse", f"--orders={ORDERS}", "--chaos=rough", "--drill", "--json={report}"),
        _days,
        _DRILLED,
    ),
    Proof(
        "restore",
        "A hub that goes back to a backup of 60 s before, in mid day, ends with the books of the world",
        (*MANAGE, "rehearse", "--orders=240", "--interval-ms=1000", "--restore=60", "--history=0", "--json={report}"),
        _days,
        "tests/integrations/documents/commands/test_restored.py::test_nothing_leaves_before_the_sweeps_and_the_look_ups",
    ),
    Proof(
        "money",
        f"Every planted error in the money of {HISTORY} orders is found, and nothing else",
        (*MANAGE, "rehearse", f"--seed={','.join(SEEDS)}", "--orders=10", f"--history={HISTORY}", "--json={report}"),
        _money,
        "tests/erpsync/rehearsal/money/test_check.py::test_every_planted_error_is_found_and_nothing_else",
    ),
    Proof(
        "outbox",
        f"{OUTBOX_ORDERS} orders at hostile: every event at every sink, relays killed, sinks refused, no Redis, no PostgreSQL",
        (*MANAGE, "rehearse", f"--orders={OUTBOX_ORDERS}", "--chaos=hostile", "--drill", "--json={report}"),
        _outbox,
        "tests/integrations/events/test_loss.py::test_killed_relays_refusing_sinks_and_an_emptied_redis_lose_nothing",
    ),
    Proof(
        "demo",
        f"{HOURS} simulated hours of the demo stay green",
        (sys.executable, "-m", "prove.demo", f"--hours={HOURS}", "--json", "{report}"),
        _life,
        "tests/prove/test_demo.py::test_minutes_of_the_demo_stay_green",
    ),
    Proof(
        "feed",
        "The feed skips and doubles nothing with 200 writers, roll-backs and sessions left idle",
        (sys.executable, "-m", "prove.feed", "--writers=200", "--seconds=60", "--json", "{report}"),
        _feed,
        "tests/core/test_feed.py::test_writers_that_roll_back_and_sessions_left_idle_skip_and_double_nothing",
    ),
    Proof(
        "loss",
        "Every event reaches every sink in order while relays are killed, each sink refuses and Redis is emptied",
        (sys.executable, "-m", "prove.loss", "--seconds=240", "--json", "{report}"),
        _loss,
        "tests/integrations/events/test_loss.py::test_killed_relays_refusing_sinks_and_an_emptied_redis_lose_nothing",
    ),
)
