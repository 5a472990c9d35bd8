"""Command `manage.py rehearse`. manage.py itself calls `surroundings.enter` before Django reads its settings."""

import json
import logging
import signal
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from erpsync.rehearsal.day import USUAL_SINKS, Plan, rehearse
from erpsync.rehearsal.money.history import HistoryNotRead
from erpsync.rehearsal.processes import NotReady
from erpsync.rehearsal.receivers.each import KINDS
from erpsync.rehearsal.report import as_object, as_text
from erpsync.rehearsal.setup import SetupFailed
from erpsync.rehearsal.shapes import Verdict
from erpsync.rehearsal.surroundings import entered
from erpsync.servers import ServerFailed
from integrations.contract.errors import ChannelError
from integrations.demo import DemoFailed
from integrations.simulator.faults import LEVELS

BREACH, NOT_HELD = 1, 2


class Command(BaseCommand):
    help = (
        "Hold a sale day on the simulator with a hub of its own (database, Redis, ports), and compare its books with the world. "
        "Exit status 0: everything held, 1: a breach, 2: the day could not be held."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--orders", type=int, default=500, help="how many marketplace orders (default: 500)")
        parser.add_argument("--seed", default="1", help="one, or several with commas; the same seed is the same day")
        parser.add_argument("--chaos", choices=tuple(LEVELS), default="calm", help="what goes wrong, and how often")
        parser.add_argument("--interval-ms", type=int, default=100, help="from one buyer to the next (default: 100)")
        parser.add_argument(
            "--answer-ms", type=int, default=0, help="how long each call to a channel takes at least (default: 0)"
        )
        parser.add_argument("--workers", type=int, default=2, help="how many workers the hub has (default: 2)")
        parser.add_argument(
            "--history", type=int, default=240,
            help="orders of the past whose money is checked after the day, with planted errors; 0 for none (default: 240)",
        )  # fmt: skip
        parser.add_argument(
            "--all-sinks", action="store_true",
            help="a sink of each kind for the events, as with --drill; else one in the hub's own Redis",
        )  # fmt: skip
        parser.add_argument("--channels", default="", help="only these, with commas (default: all there are)")
        parser.add_argument(
            "--drill",
            action="store_true",
            help="kill each process, the relay again and again, empty Redis, stop PostgreSQL, let each event sink refuse",
        )
        parser.add_argument(
            "--restore", type=float, default=0.0, metavar="SECONDS",
            help="let the database go back, in mid day, to a backup taken so many seconds before",
        )  # fmt: skip
        parser.add_argument("--away", type=float, default=10.0, help="how long the drill stops PostgreSQL, in seconds")
        parser.add_argument("--refuse", type=float, default=30.0, help="how long each event sink refuses, in seconds")
        parser.add_argument(
            "--report", "--json", type=Path, metavar="FILE", help="the report as JSON; of several seeds a list"
        )
        parser.add_argument("--keep", action="store_true", help="keep data and logs even when all is well")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _interrupt)
        # the log of each call would be noise between the lines of a report
        logging.getLogger("integrations").setLevel(logging.WARNING)
        reports = [self._held(_plan(seed, options), keep=options["keep"]) for seed in options["seed"].split(",")]
        if options["report"]:
            report = reports if len(reports) > 1 else reports[0]
            options["report"].write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n")
        if any(report["verdict"] != "ok" for report in reports):
            sys.exit(BREACH)

    def _held(self, plan: Plan, *, keep: bool) -> dict[str, Any]:
        place, began = entered(), time.monotonic()
        self.stdout.write(f"seed {plan.seed}, {plan.chaos}, {plan.orders} orders{', drilled' * plan.drilled}")
        verdict: Verdict | None = None
        try:
            verdict = rehearse(place, plan, self._say)
        except (NotReady, SetupFailed, ServerFailed, DemoFailed, ChannelError, HistoryNotRead) as error:
            raise CommandError(str(error), returncode=NOT_HELD) from error
        finally:
            if keep or verdict is None or not verdict.ok:
                self._say(f"data and logs: {place.set_aside()}")
            else:
                place.remove()
        self._say(f"\n{as_text(verdict)}\n")
        seconds = round(time.monotonic() - began, 1)
        return {"seed": plan.seed, "chaos": plan.chaos, "drill": plan.drilled, "seconds": seconds, **as_object(verdict)}

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _plan(seed: str, options: dict[str, Any]) -> Plan:
    return Plan(
        orders=options["orders"],
        seed=seed.strip(),
        chaos=options["chaos"],
        interval_ms=options["interval_ms"],
        workers=options["workers"],
        answer_ms=options["answer_ms"],
        sinks=KINDS if options["all_sinks"] or options["drill"] else USUAL_SINKS,
        history=options["history"],
        channels=tuple(filter(None, options["channels"].split(","))),
        drilled=options["drill"],
        restored_after=options["restore"],
        database_away_seconds=options["away"],
        refused_seconds=options["refuse"],
    )


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
