import signal
from threading import Event
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from integrations.events.running import Relay


class Command(BaseCommand):
    help = "Number the business events and send them to their sinks, until told to stop. Any number of these may run."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()

        def stopped(_number: int, _frame: FrameType | None) -> None:
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stopped)
        Relay(stop).run()
