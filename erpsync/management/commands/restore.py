"""`manage.py restore`: put a backup into a database, after everything about it was checked."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.places import NoPlace, Place
from erpsync.backup.restore import RestoreFailed, RestoreRefused, restore


class Command(BaseCommand):
    help = "Restore a backup into a database. The hub is stopped first; started again, it lets nothing leave until it is sure."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a backup, for example /srv/backups/erpsync-20261130T181500-000000.dump")
        parser.add_argument("--into", required=True, metavar="URL", help="database address, as in DATABASE_URL")
        parser.add_argument("--replace", action="store_true", help="delete what the database holds")

    def handle(self, *args: Any, **options: Any) -> None:
        directory, _, name = str(options["file"]).rpartition("/")
        try:
            done = restore(Place(directory or "."), name, into=options["into"], replace=options["replace"])
        except (NoPlace, RestoreRefused, RestoreFailed) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"restored {done.tables} tables as of {done.manifest.taken_at:%Y-%m-%d %H:%M:%S %Z}")
        self.stdout.write(f"{done.tokens} tokens of the journal, {done.erased_again} rows erased again")
        self.stdout.write("start the hub now: it lets nothing leave until it has read what it missed")
