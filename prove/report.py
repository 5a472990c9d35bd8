"""docs/proofs.md: which proofs held, on which machine, with which versions and figures."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path

from prove.proofs import PROOFS, Figures, Proof

VERSIONS = ("Django", "psycopg", "rq", "redis", "granian")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a proof ended."""

    proof: Proof
    holds: bool
    figures: Figures


def written(outcomes: Sequence[Outcome], *, today: date) -> str:
    """Return the page."""
    return "\n".join(_lines(outcomes, today)) + "\n"


def _lines(outcomes: Sequence[Outcome], today: date) -> Iterator[str]:
    yield "# Proofs"
    yield ""
    yield "Written by `make prove`. Each proof has a short form in `make test`."
    yield ""
    yield f"{today.isoformat()}, commit {_commit()}; {_machine()}; {_versions()}."
    for outcome in outcomes:
        yield ""
        yield f"## {outcome.proof.claim}: {'holds' if outcome.holds else 'DOES NOT HOLD'}"
        yield ""
        yield f"    {' '.join(_shown(word) for word in outcome.proof.command)}"
        yield ""
        yield "| figure | |"
        yield "|---|---|"
        yield from (f"| {name} | {value} |" for name, value in outcome.figures.items())
        yield ""
        yield f"Short form: `{outcome.proof.short}`"
    run = {outcome.proof for outcome in outcomes}
    if left_out := [proof.name for proof in PROOFS if proof not in run]:
        yield ""
        yield f"Not run this time: {', '.join(left_out)}."


def _shown(word: str) -> str:
    return "python" if os.path.isabs(word) else word


def _commit() -> str:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}"


def _versions() -> str:
    return ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in VERSIONS)])


def save(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write the page."""
    path.write_text(written(outcomes, today=datetime.now(UTC).date()))
