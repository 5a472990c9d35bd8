from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from erpsync.worker import MAX_JOBS, work


class Command(BaseCommand):
    help = "Work on the queues, in the order given, until told to stop or after --max-jobs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("queues", nargs="+", choices=settings.QUEUES)
        parser.add_argument("--burst", action="store_true", help="end when the queues are empty")
        parser.add_argument(
            "--max-jobs", type=int, default=MAX_JOBS, help="end after so many jobs, to give memory back"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        work(options["queues"], burst=options["burst"], max_jobs=options["max_jobs"])
