"""docs/proofs.md and docs/proofs.json: the last run of each proof, whether it held, on which machine, with which versions and figures."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from prove.proofs import PROOFS, Figures, Proof

VERSIONS = ("Django", "psycopg", "rq", "redis", "granian")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of a proof. `run`: date, commit, machine and versions in one line."""

    holds: bool
    figures: Figures
    run: str


def save(page: Path, proof: Proof, outcome: Outcome) -> None:
    """Put an outcome in the place of the proof's last one: in the page, and in the JSON file beside it."""
    kept = page.with_suffix(".json")
    stored: dict[str, dict[str, object]] = json.loads(kept.read_text()) if kept.exists() else {}
    stored[proof.name] = asdict(outcome)
    kept.write_text(json.dumps(stored, indent=2, ensure_ascii=False) + "\n")
    page.write_text(written({name: Outcome(**row) for name, row in stored.items()}))  # type: ignore[arg-type]


def written(outcomes: Mapping[str, Outcome]) -> str:
    """Return the page of outcomes by the names of their proofs."""
    return "\n".join(_lines(outcomes)) + "\n"


def _lines(outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    yield "# Proofs"
    yield ""
    yield "Written by `make prove`: the last run of each. Each has a short form in `make test`."
    for proof in PROOFS:
        if outcome := outcomes.get(proof.name):
            yield from _section(proof, outcome)
    if never := [proof.name for proof in PROOFS if proof.name not in outcomes]:
        yield ""
        yield f"Not run yet: {', '.join(never)}."


def _section(proof: Proof, outcome: Outcome) -> Iterator[str]:
    yield ""
    yield f"## {proof.claim}: {'holds' if outcome.holds else 'DOES NOT HOLD'}"
    yield ""
    yield f"`{' '.join(_shown(word) for word in proof.command)}`"
    yield ""
    yield outcome.run
    yield ""
    yield "| figure | |"
    yield "|---|---|"
    yield from (f"| {name} | {value} |" for name, value in outcome.figures.items())
    yield ""
    yield f"Short form: `{proof.short}`"


def _shown(word: str) -> str:
    return "python" if os.path.isabs(word) else word


def this_run() -> str:
    """Return date, commit, machine and versions in one line."""
    versions = ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in VERSIONS)])
    return f"{datetime.now(UTC):%Y-%m-%d}, commit {_commit()}; {_machine()}; {versions}."


def _commit() -> str:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}"
