"""`deploy/kubernetes/*.sh` against a `kubectl` that writes down what it is asked: no cluster runs here."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from erpsync.environment import BASE_DIR

ROOT = BASE_DIR / "deploy" / "kubernetes"

# Answers `kustomize` with one manifest, `get` with names, and fails at the first call that contains $FAIL_AT.
KUBECTL = """#!/bin/sh
echo "$*" >> "$ASKED"
case "$*" in
  kustomize*) echo "image: erpsync:release" ;;
  *apply*) cat >> "$APPLIED" ;;
  *"get deployment -l"*) echo "deployment/web deployment/relay" ;;
  *"get deployment web"*) echo "registry.example/erpsync:2" ;;
esac
if [ -n "$FAIL_AT" ]; then case "$*" in *"$FAIL_AT"*) exit 1 ;; esac; fi
"""


class Cluster:
    def __init__(self, place: Path) -> None:
        self.place = place
        (place / "kubectl").write_text(KUBECTL)
        (place / "kubectl").chmod(0o755)

    def run(self, script: str, *arguments: str, fail_at: str = "") -> int:
        environment = {
            "PATH": f"{self.place}:{os.environ['PATH']}", "ASKED": str(self.place / "asked"), "APPLIED": str(self.place / "applied"),
            "FAIL_AT": fail_at,
        }  # fmt: skip
        done = subprocess.run(
            [ROOT / script, *arguments], env=environment, capture_output=True, check=False, timeout=30
        )
        return done.returncode

    def asked(self) -> list[str]:
        """Return the calls that change something or wait, each without the namespace."""
        lines = (self.place / "asked").read_text().replace("-n erpsync ", "").splitlines()
        return [line for line in lines if not line.startswith(("kustomize", "get"))]


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def test_the_tables_come_before_the_processes(cluster: Cluster) -> None:
    assert cluster.run("release.sh", "registry.example/erpsync:2") == 0
    assert cluster.asked() == [
        "delete job migrate --ignore-not-found",
        "apply -f -",
        "wait --for=condition=complete --timeout=30m job/migrate",
        "apply -f -",
        "rollout status --timeout=10m deployment -l app.kubernetes.io/name=erpsync,erpsync/track!=canary",
    ]
    assert (cluster.place / "applied").read_text() == "image: registry.example/erpsync:2\n" * 2


def test_no_process_is_released_on_tables_that_were_not_made(cluster: Cluster) -> None:
    assert cluster.run("release.sh", "erpsync:2", fail_at="wait --for") == 1
    assert cluster.asked()[-1].startswith("wait")


def test_a_release_that_does_not_become_ready_is_rolled_back(cluster: Cluster) -> None:
    assert cluster.run("release.sh", "erpsync:2", fail_at="rollout status --timeout=10m deployment -l") == 1
    assert cluster.asked()[-4:] == [
        "rollout undo deployment/web",
        "rollout undo deployment/relay",
        "rollout status --timeout=10m deployment/web",
        "rollout status --timeout=10m deployment/relay",
    ]


def test_a_canary_leaves_all_others_as_they_are_and_goes_when_it_fails(cluster: Cluster) -> None:
    assert cluster.run("release.sh", "erpsync:2", "canary", fail_at="rollout status") == 1
    assert cluster.asked()[3:] == [
        "apply -f - -l erpsync/track=canary",
        "rollout status --timeout=10m deployment -l app.kubernetes.io/name=erpsync,erpsync/track=canary",
        "delete deployment,hpa -l erpsync/track=canary",
    ]


def test_both_doors_and_all_hands_are_turned_to_a_colour_that_is_ready(cluster: Cluster) -> None:
    assert cluster.run("switch.sh", "green") == 0
    patch = """--type merge -p {"spec": {"selector": {"erpsync/colour": "green"}}}"""
    assert cluster.asked()[2:] == [
        f"patch service web {patch}",
        f"patch service receiver {patch}",
        *(
            f"set image deployment/{hand} hub=registry.example/erpsync:2"
            for hand in ("worker-live", "worker-bulk", "schedule", "relay")
        ),
    ]


def test_a_colour_that_is_not_ready_gets_no_request(cluster: Cluster) -> None:
    assert cluster.run("switch.sh", "green", fail_at="rollout status") == 1
    assert cluster.asked() == ["rollout status --timeout=1m deployment/web-green"]


def test_an_unknown_way_is_refused(cluster: Cluster) -> None:
    assert cluster.run("release.sh", "erpsync:2", "sideways") == 2
