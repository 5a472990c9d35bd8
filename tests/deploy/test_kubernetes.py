"""`deploy/kubernetes`: every manifest fits Kubernetes' schema, and every pod is held to what it needs."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from erpsync.environment import BASE_DIR
from erpsync.serving import server

ROOT = BASE_DIR / "deploy" / "kubernetes"
OVERLAYS = ("migrate", "rolling", "blue-green", "canary")
# without it the files are checked one by one, not as kustomize puts them together
needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on this machine")
MANIFESTS = sorted(
    path.relative_to(ROOT)
    for path in ROOT.rglob("*.yaml")
    if path.name not in ("kustomization.yaml", "container.yaml")
)  # fmt: skip
VERSION = "1.34"


def _documents(text: str) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(text) if document]


@cache
def _built(overlay: str) -> tuple[dict[str, Any], ...]:
    text = subprocess.run(
        ["kubectl", "kustomize", str(ROOT / "overlays" / overlay)], check=True, capture_output=True, text=True, timeout=60
    ).stdout  # fmt: skip
    return tuple(_documents(text))


def _of(overlay: str, kind: str) -> dict[str, dict[str, Any]]:
    return {d["metadata"]["name"]: d for d in _built(overlay) if d["kind"] == kind}


@pytest.mark.parametrize("path", MANIFESTS, ids=str)
def test_a_manifest_fits_the_schema(path: Path) -> None:
    documents = _documents((ROOT / path).read_text())
    assert documents
    for document in documents:
        kubernetes_validate.validate(document, VERSION, strict=True)


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_kustomize_builds_fits_the_schema(overlay: str) -> None:
    assert _built(overlay)
    for document in _built(overlay):
        kubernetes_validate.validate(document, VERSION, strict=True)
        assert document["metadata"]["namespace"] == "erpsync"


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_pod_may_do_no_more_than_it_must(overlay: str) -> None:
    pods = [d["spec"]["template"]["spec"] for kind in ("Deployment", "Job") for d in _of(overlay, kind).values()]
    assert pods
    settings = next(iter(_of(overlay, "ConfigMap")))
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        [container] = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        assert "memory" in container["resources"]["limits"]
        assert [source for source in container["envFrom"] if "configMapRef" in source] == [
            {"configMapRef": {"name": settings}}
        ]


@needs_kubectl
def test_the_processes_are_those_of_compose() -> None:
    compose = yaml.safe_load((BASE_DIR / "compose.yaml").read_text())["services"]
    live = [s for s in compose.values() if s.get("image") == "erpsync" and "profiles" not in s]
    hub = {tuple(s["command"]) for s in live if "command" in s}
    pods = {**_of("rolling", "Deployment"), **_of("migrate", "Job")}
    ours = {tuple(d["spec"]["template"]["spec"]["containers"][0]["args"]) for d in pods.values()}
    assert {args[:5] for args in ours - hub} == {("python", "-m", "erpsync", "serve", "web")}  # the image's own command
    assert hub - ours == set()


@needs_kubectl
@pytest.mark.parametrize(("name", "port"), [(name, port) for name, (_app, port) in server.APPLICATIONS.items()])
def test_a_door_is_asked_where_it_listens(name: str, port: int) -> None:
    [container] = _of("rolling", "Deployment")[name]["spec"]["template"]["spec"]["containers"]
    assert container["ports"] == [{"name": "http", "containerPort": port}]
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert _of("rolling", "Service")[name]["spec"]["ports"] == [{"name": "http", "port": port, "targetPort": "http"}]


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_autoscalers_and_budgets_find_their_deployment(overlay: str) -> None:
    deployments = _of(overlay, "Deployment")
    for name, scaler in _of(overlay, "HorizontalPodAutoscaler").items():
        assert scaler["spec"]["scaleTargetRef"]["name"] == name
        assert name in deployments
    for name, budget in _of(overlay, "PodDisruptionBudget").items():
        assert budget["spec"]["selector"] == deployments[name]["spec"]["selector"]


def _reached(overlay: str, door: str) -> set[str]:
    wanted = _of(overlay, "Service")[door]["spec"]["selector"].items()
    return {
        name
        for name, deployment in _of(overlay, "Deployment").items()
        if wanted <= deployment["spec"]["template"]["metadata"]["labels"].items()
    }


@needs_kubectl
@pytest.mark.parametrize(
    ("overlay", "reached"),
    [("rolling", {"web"}), ("blue-green", {"web-blue"}), ("canary", {"web", "web-canary"})],
)  # fmt: skip
def test_a_service_reaches_the_pods_of_its_release(overlay: str, reached: set[str]) -> None:
    assert _reached(overlay, "web") == reached
    assert _reached(overlay, "receiver") == {name.replace("web", "receiver") for name in reached}


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_deployment_selects_the_pods_of_another(overlay: str) -> None:
    deployments = _of(overlay, "Deployment")
    for name, deployment in deployments.items():
        wanted = deployment["spec"]["selector"]["matchLabels"].items()
        selected = {
            n for n, d in deployments.items() if wanted <= d["spec"]["template"]["metadata"]["labels"].items()
        }  # fmt: skip
        assert selected == {name}


def test_settings_are_those_that_the_hub_knows_and_none_is_secret() -> None:
    known = set(re.findall(r"^#? ?([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))
    given = set(re.findall(r"^([A-Z_]+)=", (ROOT / "settings" / "settings.env").read_text(), re.MULTILINE))
    [secrets] = _documents((ROOT / "secrets.example.yaml").read_text())
    assert given <= known
    assert set(secrets["stringData"]) == {"SECRET_KEY", "FIELD_KEYS", "DATABASE_URL", "REDIS_URL"}
    assert not given & set(secrets["stringData"])
