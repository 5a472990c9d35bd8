"""`manage.py data_subject`: find, hand out and erase what the hub holds about one person, and keep the list of erased people."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from erpsync.backup import erased_list
from erpsync.models import DataRequest
from erpsync.subjects import requests
from erpsync.subjects.erase import preview
from erpsync.subjects.export import archive, rows_by_table
from erpsync.subjects.find import Terms, find
from erpsync.subjects.restored import erase_listed


class Command(BaseCommand):
    help = (
        "Find, export or erase a person by telephone, mail or a channel's buyer id. `list` writes the hashes of erased people to"
        " a file that is kept beside backups; `restored` takes it after a restore, and erases again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=("find", "export", "erase", "list", "restored"))
        parser.add_argument("--phone", default="", help="in any form")
        parser.add_argument("--email", default="")
        parser.add_argument("--buyer", default="", help="id or code at a channel, the POS or the CRM")
        parser.add_argument("--reason", default="", help="who asked, and how; without name or number")
        parser.add_argument("--file", type=Path, help="the ZIP to write, or the list")
        parser.add_argument("--yes", action="store_true", help="erase without asking")

    def handle(self, *args: Any, **options: Any) -> None:
        {
            "find": self._find, "export": self._export, "erase": self._erase, "list": self._list,
            "restored": self._restored,
        }[options["verb"]](options)  # fmt: skip

    def _terms(self, options: dict[str, Any]) -> Terms:
        terms = Terms(options["phone"], options["email"], options["buyer"])
        if not terms.is_sound:
            raise CommandError("give --phone, --email or --buyer, whole and not masked")
        return terms

    def _find(self, options: dict[str, Any]) -> None:
        counts = preview(find(self._terms(options)))
        for table, number in counts.items():
            self.stdout.write(f"{number:8} {table}")
        if not counts:
            self.stdout.write("nobody was found")

    def _export(self, options: dict[str, Any]) -> None:
        terms, path = self._terms(options), _file(options)
        rows = rows_by_table(find(terms))
        path.write_bytes(archive(rows))
        counts = {table: len(found) for table, found in rows.items()}
        requests.note_export(counts, reason=_reason(options), user_id=None, shops=None)
        self.stdout.write(f"{path}: {sum(counts.values())} rows")

    def _erase(self, options: dict[str, Any]) -> None:
        terms, reason = self._terms(options), _reason(options)
        if not options["yes"]:
            self._find(options)
            if input("Erase this person for good? Type yes: ") != "yes":
                raise CommandError("nothing was erased")
        done = requests.run(requests.ask_erasure(terms, reason=reason, user_id=None).pk)
        if done.state != DataRequest.State.DONE:
            raise CommandError(
                f"request {done.pk} is not done: {done.problem or 'the hub is busy, it will be tried again'}"
            )
        for title, counts in (("erased", done.counts), ("kept", done.kept), ("to be erased there", done.elsewhere)):
            for name, number in counts.items():
                self.stdout.write(f"{title}: {number} {name}")

    def _list(self, options: dict[str, Any]) -> None:
        rows = erased_list.exported()
        _file(options).write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.stdout.write(f"{len(rows)} hashes")

    def _restored(self, options: dict[str, Any]) -> None:
        lines = _file(options).read_text().splitlines()
        self.stdout.write(f"{erased_list.imported(map(json.loads, lines))} hashes were new")
        self.stdout.write(f"{erase_listed()} rows were erased again")


def _file(options: dict[str, Any]) -> Path:
    if options["file"] is None:
        raise CommandError("give --file")
    path: Path = options["file"]
    return path


def _reason(options: dict[str, Any]) -> str:
    if not options["reason"]:
        raise CommandError("give --reason: who asked, and how")
    return str(options["reason"])
