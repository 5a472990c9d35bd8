"""Command `manage.py replay`. manage.py itself calls `surroundings.enter` before Django reads its settings."""

import json
import logging
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections as databases

from erpsync.rehearsal.processes import hub_processes
from erpsync.rehearsal.surroundings import entered
from erpsync.replay.case import MalformedCase, read_case
from erpsync.replay.replay import Result, replay
from erpsync.servers import ServerFailed

DIFFERS, NOT_REPLAYED = 1, 2


class Command(BaseCommand):
    help = (
        "Replay cases (files of what channels answered) on a hub of its own, and print its books. "
        "Exit status 0: all is as wanted, 1: something differs, 2: a file is no case, or the hub did not start."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("cases", nargs="+", type=Path, metavar="CASE.json", help="the format: CONTRIBUTING.md")
        parser.add_argument(
            "--json", type=Path, metavar="FILE", help="the books as JSON, a list of one object per case"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # the log of each call and of each odd answer would be noise between the lines of a result
        logging.disable(logging.CRITICAL)
        place = entered()
        try:
            cases = [read_case(path) for path in options["cases"]]
            with hub_processes(place, lambda line: None) as processes:
                processes.open()
                results = []
                for case in cases:
                    call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)
                    results.append(replay(case))
                    self._print(results[-1])
                databases.close_all()
        except (MalformedCase, ServerFailed) as error:
            raise CommandError(str(error), returncode=NOT_REPLAYED) from error
        finally:
            place.remove()
        if options["json"]:
            options["json"].write_text(
                json.dumps([_as_object(found) for found in results], ensure_ascii=False, indent=1)
            )
        if not all(found.held for found in results):
            sys.exit(DIFFERS)

    def _print(self, found: Result) -> None:
        self.stdout.write(f"{found.case.name}")
        for key, value in found.books.items():
            self.stdout.write(f"  {key:<20} {json.dumps(value, ensure_ascii=False)}")
        for note in found.notes:
            self.stdout.write(f"  note: {note}")
        for line in found.differences:
            self.stdout.write(f"  DIFFERS  {line}")
        if found.differences and found.case.expected:
            self.stdout.write(f"  expected: {found.case.expected}")
        self.stdout.write(f"  {'as wanted' if found.held else 'not as wanted'}\n")


def _as_object(found: Result) -> dict[str, Any]:
    return {
        "case": found.case.name, "held": found.held, "differences": list(found.differences),
        "notes": list(found.notes), "books": dict(found.books),
    }  # fmt: skip
