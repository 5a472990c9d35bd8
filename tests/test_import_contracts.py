"""Import contracts: kept by the code as it is, and each one broken by a planted import."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from erpsync.environment import BASE_DIR

ROOMS = ("core", "inventory", "orders", "commissions", "integrations", "erpsync")
LINT = Path(sys.executable).with_name("lint-imports")

PLANTED = [
    ("orders/statuses.py", "from commissions import models", "Imports run one way"),
    ("core/db.py", "from inventory import models", "Imports run one way"),
    (
        "integrations/contract/declarations.py",
        "from integrations.wire import answers",
        "The rooms of integrations are stacked",
    ),
    ("integrations/inbox/due.py", "from integrations.ingest import sweep", "The rooms of integrations are stacked"),
    (
        "integrations/connectors/sendo/client.py",
        "from integrations.models import Connection",
        "A connector imports contract, wire and snapshots only",
    ),
    (
        "integrations/connectors/sendo/client.py",
        "from integrations.connectors.tiki import client",
        "No connector imports another",
    ),
    ("erpsync/api/resources/changes.py", "from erpsync.admin import worklists", "The API does not know the admin"),
    (
        "integrations/connectors/sendo/simulator/facts.py",
        "from integrations.contract import facts",
        "The simulated platforms know neither Django nor the hub",
    ),
]


def lint(folder: Path) -> tuple[int, str]:
    ran = subprocess.run([LINT, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code and its contracts."""
    folder = tmp_path_factory.mktemp("tree")
    for room in ROOMS:
        shutil.copytree(BASE_DIR / room, folder / room, ignore=shutil.ignore_patterns("__pycache__", "migrations"))
    shutil.copy(BASE_DIR / "pyproject.toml", folder)
    return folder


@pytest.mark.slow
def test_every_contract_is_kept(tree: Path) -> None:
    status, said = lint(tree)
    assert status == 0, said
    assert {contract for *_, contract in PLANTED} == {
        line.removesuffix(" KEPT") for line in said.splitlines() if line.endswith(" KEPT")
    }


@pytest.mark.slow
@pytest.mark.parametrize(("file", "line", "contract"), PLANTED)
def test_a_planted_import_breaks_its_contract(tree: Path, file: str, line: str, contract: str) -> None:
    place = tree / file
    before = place.read_text()
    place.write_text(f"{before}\n{line}\n")
    try:
        status, said = lint(tree)
    finally:
        place.write_text(before)
    assert status == 1
    assert f"{contract} BROKEN" in said.splitlines()
