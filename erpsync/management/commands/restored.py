"""`manage.py restored`: say that this hub's database is of an earlier moment, after a recovery by other means than `restore`."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.places import NoPlace, backup_place
from erpsync.backup.restore import make_sure


class Command(BaseCommand):
    help = (
        "After a point-in-time recovery, before the hub starts: hold everything back until it has made sure of the world, and"
        " apply the journal of tokens and the list of erased people."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--as-of", required=True, metavar="TIME", help="moment of the database, as 2026-11-30T18:00:00+07:00"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            as_of = datetime.fromisoformat(options["as_of"])
            place = backup_place()
        except (ValueError, NoPlace) as error:
            raise CommandError(str(error)) from error
        if as_of.tzinfo is None:
            raise CommandError("--as-of needs its offset from UTC, for example +07:00")
        tokens, erased_again = make_sure(place, as_of=as_of)
        self.stdout.write(f"{tokens} tokens of the journal, {erased_again} rows erased again; nothing leaves for now")
