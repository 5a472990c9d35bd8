"""Command `manage.py api_key`: keys for partner systems, made, rotated and ended by those who run the hub."""

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.permissions import GROUPS, RANK, SCOPES
from erpsync.api.keys import services
from erpsync.models import ApiKey
from inventory.models import Shop


class Command(BaseCommand):
    help = "API keys for partner systems. A key is printed once, when it is made or rotated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a key")
        create.add_argument("--name", required=True, help="which system uses it")
        create.add_argument("--shops", required=True, help="ids or names, with commas; all")
        create.add_argument("--scopes", required=True, help=f"with commas, of: {', '.join([*GROUPS, *SCOPES])}")
        create.add_argument("--role", choices=tuple(RANK), help="default: the lowest that the scopes need")
        create.add_argument("--addresses", default="", help="only from these addresses or ranges, with commas")
        create.add_argument("--days", type=int, help="ends after so many days (default: never)")
        create.add_argument("--per-minute", type=int, default=600, help="requests per minute (default: 600)")
        create.add_argument("--test", action="store_true", help="a test key: at a sandbox only")
        rotate = actions.add_parser("rotate", help="make a new key in the place of one, which stays valid for a while")
        rotate.add_argument("key", type=int)
        rotate.add_argument("--grace-hours", type=float, default=services.GRACE / timedelta(hours=1))
        leaked = actions.add_parser("leaked", help="end a key that is in the wrong hands, at once")
        leaked.add_argument("key", type=int)
        actions.add_parser("list", help="show all keys")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, options["action"])(options)
        except ValidationError as wrong:
            raise CommandError(" ".join(wrong.messages)) from wrong
        except ApiKey.DoesNotExist:
            raise CommandError(f"There is no key {options['key']}: see `api_key list`.") from None

    def create(self, options: dict[str, Any]) -> None:
        """Print a new key."""
        if options["test"] and not settings.SANDBOX:
            raise CommandError(f"Test keys are those of a sandbox (SANDBOX=1). {settings.SANDBOX_URL}".strip())
        made = services.create(
            options["name"], _shops(options["shops"]), options["scopes"].split(","), role=options["role"],
            addresses=options["addresses"].split(","), expires_at=_end(options["days"]), per_minute=options["per_minute"],
        )  # fmt: skip
        self._show(made)

    def rotate(self, options: dict[str, Any]) -> None:
        """Print a new key in the place of one."""
        self._show(services.rotate(options["key"], grace=timedelta(hours=options["grace_hours"])))

    def leaked(self, options: dict[str, Any]) -> None:
        """End a key."""
        self.stdout.write("ended" if services.leaked(options["key"]) else "was not valid")

    def list(self, options: dict[str, Any]) -> None:
        """Show all keys by what may be seen of them."""
        for key in ApiKey.objects.prefetch_related("shops"):
            shops = ", ".join(shop.name for shop in key.shops.all())
            state = "leaked" if key.leaked_at else "active" if key.is_active else "off"
            self.stdout.write(
                f"{key.pk}\t{key.start}...\t{state}\t{key.role}\t{key.name}\t{shops}\t{' '.join(key.scopes)}"
            )

    def _show(self, made: services.NewKey) -> None:
        self.stdout.write(f"{made.text}\n")
        self.stderr.write(f"Key {made.key.pk} ({made.key.name}). Keep it: it is not shown again.")


def _shops(names: str) -> list[Shop]:
    if names == "all":
        return list(Shop.objects.all())
    found = []
    for name in (each.strip() for each in names.split(",")):
        by_id = {"pk": int(name)} if name.isdecimal() else {"name": name}
        shop = Shop.objects.filter(**by_id).first()
        if shop is None:
            known = ", ".join(f"{pk}: {title}" for pk, title in Shop.objects.values_list("pk", "name"))
            raise CommandError(f"There is no shop {name}. There are: {known}")
        found.append(shop)
    return found


def _end(days: int | None) -> datetime | None:
    return timezone.now() + timedelta(days=days) if days else None
