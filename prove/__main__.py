"""`python -m prove`: run the long proofs one after the other. Exit status 1 when one does not hold.

Each writes its outcome to docs/proofs.md and docs/proofs.json as soon as it has ended; outcomes of the others stay.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from prove.proofs import PROOFS, Proof
from prove.report import Outcome, save, this_run

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
    all_hold = True
    for proof in PROOFS:
        if proof.name in chosen.only:
            outcome = _proved(proof)
            save(chosen.out, proof, outcome)
            all_hold &= outcome.holds
    print(f"written: {chosen.out}")
    return 0 if all_hold else 1


def _proved(proof: Proof) -> Outcome:
    print(f"{proof.name}: {proof.claim}", flush=True)
    run = this_run()
    with tempfile.TemporaryDirectory(prefix="erpsync-prove-") as place:
        report = Path(place) / "report.json"
        done = subprocess.run(proof.command_for(report), cwd=ROOT, check=False)
        outcome = Outcome(done.returncode == 0, proof.read(report), run)
    for name, value in outcome.figures.items():
        print(f"  {name}: {value}", flush=True)
    print("  holds" if outcome.holds else "  DOES NOT HOLD", flush=True)
    return outcome


sys.exit(main())
