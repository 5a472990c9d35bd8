from argparse import ArgumentParser, BooleanOptionalAction
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from integrations.contract.errors import ChannelError
from integrations.demo import DemoFailed, set_up


class Command(BaseCommand):
    help = "Connect every shop of the simulator (SIMULATOR_URL), read and map its catalogue. May be repeated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", default="admin", help="who may manage the shops (default: admin)")
        parser.add_argument(
            "--past", action=BooleanOptionalAction, default=True, help="a month of orders and settlements before today"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["user"]).first()
        try:
            set_up(user, self.stdout.write, past=options["past"])
        except (DemoFailed, ChannelError) as error:
            raise CommandError(str(error)) from error
