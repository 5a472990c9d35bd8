"""`manage.py simulate`. manage.py starts it before Django reads settings; this entry serves `manage.py help`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.simulator import main


class Command(BaseCommand):
    help = "Simulated platforms, shops and buyers to run the hub against. Needs no database and no settings."
    requires_system_checks = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Return the simulator's own parser."""
        return main.parser(f"{prog_name} {subcommand}")

    def run_from_argv(self, argv: list[str]) -> None:
        """Run as `python -m integrations.simulator` does."""
        raise SystemExit(main.main(argv[2:], f"{argv[0]} {argv[1]}"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse to run inside another process: the simulator owns its process, signals and ports."""
        raise CommandError("Run it in a process of its own: python manage.py simulate")
