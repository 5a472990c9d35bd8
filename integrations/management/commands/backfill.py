"""`manage.py backfill`: read a shop's history and watch it."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date

from integrations.accounts.connections import NotPossible
from integrations.ingest.backfill import planning, running
from integrations.ingest.backfill.progress import Progress, progress
from integrations.models import BackfillRun, Connection


class Command(BaseCommand):
    help = "Read a shop's history, chunk by chunk. Ctrl-C pauses it; the same command goes on where it was."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--connection", type=int, required=True, metavar="X", help="the connection's id")
        parser.add_argument("--kind", default="order", help="what to read (default: order)")
        parser.add_argument("--from", dest="since", type=_day, metavar="D", help="first day; left out: the beginning")
        parser.add_argument("--to", dest="until", type=_day, metavar="D", help="day after the last; left out: now")
        parser.add_argument("--oldest-first", action="store_true", help="begin with the oldest day")

    def handle(self, *args: Any, **options: Any) -> None:
        connection = Connection.objects.select_related("shop").filter(pk=options["connection"]).first()
        if connection is None:
            known = ", ".join(f"{c.pk} ({c})" for c in Connection.objects.select_related("shop"))
            raise CommandError(f"there is no connection {options['connection']}; there are: {known or 'none'}")
        run = BackfillRun.objects.filter(connection=connection, kind=options["kind"], state__in=planning.OPEN).first()
        try:
            run = run or planning.start(
                connection, options["kind"], since=options["since"], until=options["until"],
                newest_first=not options["oldest_first"],
            )  # fmt: skip
        except NotPossible as error:
            raise CommandError(str(error)) from error
        planning.resume(run.pk)
        try:
            self._follow(run.pk)
        except KeyboardInterrupt:
            planning.pause(run.pk)
            self.stdout.write("\npaused; the same command goes on")

    def _follow(self, run_id: int) -> None:
        began = time.monotonic()
        while True:
            running.work(run_id)
            now = progress(run_id)
            self.stdout.write(_line(now, time.monotonic() - began))
            if now.is_over:
                break
            time.sleep(0.2)
        for thing, reason in now.problems.items():
            self.stdout.write(f"  {thing}: {reason}")
        if now.state == BackfillRun.State.FAILED:
            raise CommandError("some parts failed: the same command tries them again")


def _day(text: str) -> datetime:
    day = parse_date(text)
    if day is None:
        raise ValueError(text)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _line(now: Progress, seconds: float) -> str:
    left = f", about {now.seconds_left:.0f} s left" if now.seconds_left is not None and not now.is_over else ""
    return (
        f"{now.percent:3d} %  {now.done}/{now.chunks} parts, {now.stored} of {now.seen} stored,"
        f" {now.stored / max(seconds, 0.001):.0f}/s{left}{f', {now.reason}' if now.reason else ''}"
    )
