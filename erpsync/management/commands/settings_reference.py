"""`manage.py settings_reference`: every tunable with its default, its value here and its effect."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core.tunables import TUNABLES, Tunable
from erpsync.environment import BASE_DIR

PAGE = BASE_DIR / "docs" / "settings.md"
_HEAD = """# Tunables

Each is an environment variable of every process, read when the process starts. `.env.example` has what must be set at all: keys,
addresses, doors. Written by `manage.py settings_reference --write`; without it the command prints what holds here.
"""


def page(tunables: list[Tunable]) -> str:
    """Return the reference as Markdown: a table for each group, with the defaults."""
    parts = [_HEAD]
    for group, rows in groupby(tunables, key=lambda one: one.group):
        parts.append(f"\n## {group}\n\n| Variable | Default | Least | Effect |\n|---|---|---|---|\n")
        parts += [
            f"| `{one.name}` | {one.default:,.10g} {one.unit} | {one.least:,.10g} | {one.effect[0].upper()}{one.effect[1:]}. |\n"
            for one in rows
        ]
    return "".join(parts)


class Command(BaseCommand):
    help = "List every tunable: variable, value, default, effect."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="write docs/settings.md instead")

    def handle(self, *args: Any, write: bool, **options: Any) -> None:
        if write:
            Path(PAGE).write_text(page(TUNABLES))
            return
        for group, rows in groupby(TUNABLES, key=lambda one: one.group):
            self.stdout.write(f"\n{group}")
            for one in rows:
                changed = "" if one.value == one.default else f" (default {one.default:,.10g})"
                self.stdout.write(f"  {one.name} = {one.value:,.10g} {one.unit}{changed}\n      {one.effect}")
