"""Every alert has a page in the run-book that says the same four things."""

from __future__ import annotations

import pytest

from erpsync.alerts.kinds import KINDS
from erpsync.environment import BASE_DIR

RUNBOOK = BASE_DIR / "docs" / "runbook"


@pytest.mark.parametrize("kind", KINDS)
def test_each_alert_has_its_page(kind: str) -> None:
    page = (RUNBOOK / f"{kind}.md").read_text()
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## What it means",
        "## First look",
        "## Fix",
        "## Roll back",
    ]


def test_no_page_is_left_of_an_alert_that_is_gone() -> None:
    linked = (RUNBOOK / "README.md").read_text()
    pages = {page.stem for page in RUNBOOK.glob("*.md")} - {"README"}
    assert [page for page in sorted(pages) if f"({page}.md)" not in linked] == []
