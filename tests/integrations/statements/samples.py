"""The sample files and what each of them is expected to say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from erpsync.environment import BASE_DIR
from integrations.contract.statement_files import Contents
from integrations.statements.recognising import Recognised, read, recognise
from integrations.wire.workbooks import open_workbook

FOLDER = BASE_DIR / "tests/samples/statements"
EXPECTED: Mapping[str, Mapping[str, Any]] = json.loads((FOLDER / "expected.json").read_text())
CHANNELS = {"tiktok": "tiktok_shop", "sapo": ""}
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def content(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def recognised(name: str) -> Recognised:
    return recognise(open_workbook(content(name)))


@cache
def read_sample(name: str, currency: str = "VND") -> Contents:
    return read(recognised(name), asked_at=NOW, currency=currency, time_zone="Asia/Ho_Chi_Minh")
