"""Shared code knows no channel: a new one is a folder, and nothing else has to learn of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from erpsync.environment import BASE_DIR
from integrations.connectors import channels

SHARED = ("inventory", "orders", "commissions", "integrations", "erpsync", "templates")
FOLDER = re.compile(r"integrations/connectors/\w+/")
READ = {".py", ".html"}


def shared_files() -> Iterator[Path]:
    for room in SHARED:
        for file in sorted((BASE_DIR / room).rglob("*")):
            name = file.relative_to(BASE_DIR).as_posix()
            if file.suffix in READ and not FOLDER.match(name) and "/migrations/" not in name:
                yield file


def test_shared_code_names_no_channel() -> None:
    words = {part for channel in channels() for part in (channel, channel.partition("_")[0])}
    named = re.compile(rf"\b({'|'.join(sorted(words))})", re.IGNORECASE)
    found = [
        f"{file.relative_to(BASE_DIR)}:{number}: {line.strip()}"
        for file in shared_files()
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if named.search(line)
    ]
    assert found == []
