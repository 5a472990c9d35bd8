"""`python -m prove`: run the long proofs one after the other and write docs/proofs.md. Exit status 1 when one does not hold."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from prove.proofs import PROOFS, Proof
from prove.report import Outcome, save

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run the chosen proofs."""
    names = [proof.name for proof in PROOFS]
    parser = argparse.ArgumentParser(prog="prove", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument(
        "--out", type=Path, default=ROOT / "docs" / "proofs.md", metavar="FILE", help="the page to write"
    )
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="erpsync-prove-") as place:
        outcomes = [_proved(proof, Path(place) / f"{proof.name}.json") for proof in PROOFS if proof.name in chosen.only]
    save(chosen.out, outcomes)
    print(f"written: {chosen.out}")
    return 0 if all(outcome.holds for outcome in outcomes) else 1


def _proved(proof: Proof, report: Path) -> Outcome:
    print(f"{proof.name}: {proof.claim}", flush=True)
    done = subprocess.run(proof.command_for(report), cwd=ROOT, check=False)
    outcome = Outcome(proof, done.returncode == 0, proof.read(report))
    for name, value in outcome.figures.items():
        print(f"  {name}: {value}", flush=True)
    print("  holds" if outcome.holds else "  DOES NOT HOLD", flush=True)
    return outcome


sys.exit(main())
