"""The documents that name tests name tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from erpsync.environment import BASE_DIR

PAGES = sorted(path for path in (BASE_DIR / "docs").rglob("*.md") if "tests/" in path.read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_test_that_a_page_names_is_there(page: Path) -> None:
    named = set(re.findall(r"`(tests/[\w/.-]+?)(?:::(\w+))?`", page.read_text()))
    assert named
    gone = {path for path, _ in named if not (BASE_DIR / path).exists()}
    assert not gone
    without = {(path, name) for path, name in named if name and f"def {name}(" not in (BASE_DIR / path).read_text()}
    assert not without
