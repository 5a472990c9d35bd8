"""Command `manage.py database_roles`: roles with the least rights for web, workers and readers."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from erpsync.database_roles import statements


class Command(BaseCommand):
    help = (
        "Database roles with the least rights: web, worker, reader. Run it after each release, as a superuser or an owner who may"
        " make roles."
        " Without --apply the SQL is printed for your database's administrators."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--prefix", default="erpsync", help="of the roles' names (default: erpsync)")
        parser.add_argument("--apply", action="store_true", help="run the statements, all or none")

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(statements(options["prefix"]))
        if not options["apply"]:
            self.stdout.write("\n".join(f"{statement};" for statement in found))
            return
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in found:
                cursor.execute(statement)
        self.stdout.write(f"{len(found)} statements done; give each role a password with \\password in psql")
