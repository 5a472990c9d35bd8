from typing import Any

from django.core.management.base import BaseCommand

from integrations.events.published import write


class Command(BaseCommand):
    help = "Write the JSON Schemas of all events into docs/events/."

    def handle(self, *args: Any, **options: Any) -> None:
        write()
