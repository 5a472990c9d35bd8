import signal
import sys
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from erpsync.schedule import TICK, Leadership, LeadershipLost, cron, lead


class Command(BaseCommand):
    help = "Run the schedule while this process is the leader; wait for the lead otherwise."

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        try:
            lead(Leadership(), cron(), import_string(TICK))
        except LeadershipLost as error:
            raise CommandError(f"lost the lead: {error}") from error


def _stop(number: int, frame: FrameType | None) -> None:
    sys.exit(0)
