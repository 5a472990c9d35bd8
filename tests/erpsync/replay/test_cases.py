"""Every case of tests/cases, played in this process. A case is a file: a new one needs no test of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from erpsync.environment import BASE_DIR
from erpsync.replay.case import read_case
from erpsync.replay.replay import replay

CASES = sorted((BASE_DIR / "tests" / "cases").glob("*.json"))


def test_there_are_cases() -> None:
    assert len(CASES) >= 24


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    result = replay(read_case(path))
    assert result.differences == [], json.dumps(result.books, ensure_ascii=False)
