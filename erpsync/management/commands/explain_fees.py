"""Command `manage.py explain_fees`. Touches neither database nor Redis: manage.py gives it stand-in settings."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from commissions.rules import problems
from commissions.rules.conflicts import ties
from commissions.rules.explain import explain
from commissions.rules.problems import Malformed, Problem
from commissions.rules.reading import read_orders, read_rules
from erpsync.environment import BASE_DIR
from erpsync.management.commands.compile_catalogues import compile_catalogue
from integrations.connectors import channels, connector_of

DIFFERS, REFUSED = 1, 2


class Command(BaseCommand):
    help = (
        "Compute the fees of orders by rules, without a database, and print each order's entries with their working as JSON. "
        "Exit status 1: an example in RULES.json comes to another amount, 2: a file is not as "
        "docs/commission-rules.schema.json and docs/commission-orders.schema.json say."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rules", type=Path, required=True, metavar="RULES.json")
        parser.add_argument("--orders", type=Path, required=True, metavar="ORDERS.json")
        parser.add_argument("--language", choices=("en", "vi"), default="en", help="of the words in the answer")

    def handle(self, *args: Any, **options: Any) -> None:
        language = options["language"]
        if language != "en":
            compile_catalogue(BASE_DIR / "locale" / language / "LC_MESSAGES" / "django.po")
        with translation.override(language):
            found = _explained(options["rules"], options["orders"])
        self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1))
        if not all(example["holds"] for example in found["examples"]):
            sys.exit(DIFFERS)


def _explained(rules_path: Path, orders_path: Path) -> dict[str, Any]:
    path = rules_path
    try:
        rules = read_rules(_text(path))
        if tied := list(ties(rules)):
            raise CommandError(
                "\n".join(_tie(path, tie.first.name, tie.second.name, tie.example) for tie in tied), returncode=REFUSED
            )
        path = orders_path
        orders = read_orders(_text(path))
    except Malformed as error:
        raise CommandError("\n".join(f"{path}: {problem}" for problem in error.problems), returncode=REFUSED) from error
    return explain(rules, orders, {channel: connector_of(channel).title for channel in channels()})


def _tie(path: Path, first: str, second: str, example: Any) -> str:
    reason = problems.AMBIGUOUS(first=first, second=second)
    return f"{path}: {Problem('rules', reason)}\n{json.dumps({'orders': [example]}, ensure_ascii=False)}"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Malformed([Problem("", problems.NOT_READ(why=error))]) from error
