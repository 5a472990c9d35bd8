"""Plans of PostgreSQL, as tests judge them: by the rows that they handle and the indexes that they use, never by time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from core.db import fetch


def plan_of(statement: str) -> dict[str, Any]:
    """Return the plan of a statement, which is run."""
    # the statement is whole: its percent signs are its own
    [(text,)] = fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.replace('%', '%%')}")
    plan: dict[str, Any] = (json.loads(text) if isinstance(text, str) else text)[0]["Plan"]
    return plan


def rows_handled(plan: dict[str, Any]) -> int:
    """Return the rows that the nodes of a plan gave or threw away, over all loops."""
    given = ("Actual Rows", "Rows Removed by Join Filter", "Rows Removed by Filter")
    return sum(int(sum(node.get(key, 0) for key in given) * node["Actual Loops"]) for node in _nodes(plan))


def indexes_in(plan: dict[str, Any]) -> set[str]:
    """Return the names of the indexes that a plan uses."""
    return {node["Index Name"] for node in _nodes(plan) if "Index Name" in node}


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
