"""`manage.py checkvectors`: compare the signatures of vector files with those that the connectors compute."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.connectors import channels, connector_of
from integrations.contract.errors import ChannelError
from integrations.wire import lossless


class Command(BaseCommand):
    """Signature check without a database. The files hold signing keys, so its output is as secret as they are."""

    help = (
        "Check signatures: each FILE is named after its channel and is a JSON list of calls and webhooks with "
        "`kind` (request or webhook), `method`, `path`, `query`, `body`, `secrets`, `timestamp` and `expected_sign`."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        wrong = sum(self._check(path) for path in files)
        if wrong:
            raise CommandError(f"{wrong} not ok.")

    def _check(self, path: Path) -> int:
        channel = path.stem
        if channel not in channels():
            raise CommandError(
                f"{path}: no channel is called {channel!r}; the file's name must be one of {channels()}."
            )
        wrong = 0
        for number, entry in enumerate(_entries(path), start=1):
            problem = _problem(channel, entry)
            wrong += bool(problem)
            words = [entry.get("kind"), entry.get("method"), entry.get("path") or entry.get("url"), entry.get("name")]
            about = " ".join(str(word) for word in words if word)
            self.stdout.write(f"{'NOT OK' if problem else 'ok'}  {channel} {number}: {about}{problem}")
        return wrong


def _entries(path: Path) -> list[Mapping[str, Any]]:
    try:
        found = lossless.parse(path.read_bytes())
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise CommandError(f"{path} is no JSON: {error}") from None
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise CommandError(f"{path}: a list of entries is needed, each an object.")
    return found


def _problem(channel: str, entry: Mapping[str, Any]) -> str:
    if (sign_entry := connector_of(channel).sign) is None:
        return "\n    the channel signs nothing"
    try:
        sign, expected = sign_entry(entry), entry["expected_sign"]
    except KeyError as error:
        return f"\n    the entry lacks {error}"
    except (AttributeError, TypeError, ValueError) as error:
        return f"\n    the entry cannot be read: {error}"
    except ChannelError as error:
        return f"\n    {error.reason}"
    return "" if sign == expected else f"\n    expected {expected}\n    computed {sign}"
