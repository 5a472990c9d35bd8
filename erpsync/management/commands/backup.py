"""`manage.py backup`: take one encrypted backup of the database now, and delete those that are too many."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.places import NoPlace, backup_place
from erpsync.backup.take import BackupFailed, delete_old_backups, take_backup


class Command(BaseCommand):
    help = "Take an encrypted backup of the database into BACKUP_URL, with a manifest beside it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--to", default="", help="a directory or bucket in place of BACKUP_URL; nothing is deleted there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            place = backup_place(options["to"])
            taken = take_backup(place)
        except (NoPlace, BackupFailed) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{place.url}/{taken.name}: {taken.size:,} bytes in {taken.seconds:.1f} s")
        if not options["to"]:
            try:
                delete_old_backups(place, keep=settings.BACKUP_KEEP)
            except OSError as error:
                raise CommandError(f"older backups were not deleted: {error}") from error
