"""`compose.yaml`: each container is held to what it needs, and no setting of `.env` stops before it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from erpsync.environment import BASE_DIR
from erpsync.serving import server

COMPOSE: dict[str, Any] = yaml.safe_load((BASE_DIR / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name for name, service in SERVICES.items() if service.get("image") == "erpsync"}
HUB = sorted(OURS - {"sandbox"})
# of one machine, of development, or made by the services themselves
NOT_FOR_CONTAINERS = {"DEBUG", "DATABASE_URL", "REDIS_URL", "STATIC_ROOT", "WEB_THREADS", "RECEIVER_THREADS"}


def test_the_processes_are_those_of_a_hub() -> None:
    assert HUB == ["migrate", "receiver", "relay", "scheduler", "web", "worker-1", "worker-2"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_may_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "mem_limit" in service
    assert service["logging"]["options"] == {"max-size": "20m", "max-file": "5"}
    assert (name in OURS) == ("cap_add" not in service)


@pytest.mark.parametrize("name", HUB)
def test_every_setting_reaches_the_container(name: str) -> None:
    offered = set(re.findall(r"^#?([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))
    environment = SERVICES[name]["environment"]
    given = set(environment) | set(re.findall(r"\$\{([A-Z_]+)", " ".join(environment.values())))
    assert offered - NOT_FOR_CONTAINERS == given - {"DATABASE_URL", "REDIS_URL"}


def test_no_password_has_a_default_and_redis_asks_for_one() -> None:
    text = (BASE_DIR / "compose.yaml").read_text()
    for name in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY", "FIELD_KEYS"):
        assert set(re.findall(rf"\$\{{{name}([^}}]*)\}}", text)) == {":?see .env.example"}
    assert "requirepass" in str(SERVICES["redis"]["command"])


def test_database_and_redis_are_reached_by_nobody_outside() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name in ("postgres", "redis"):
        assert SERVICES[name]["networks"] == ["inside"]
        assert "ports" not in SERVICES[name]


def test_the_processes_of_a_hub_share_the_photos_and_nothing_else() -> None:
    assert {
        name: service["volumes"]
        for name, service in SERVICES.items()
        if "photos:/srv/photos" in service.get("volumes", [])
    } == {name: ["photos:/srv/photos"] for name in HUB}


def test_a_sandbox_shares_nothing_with_the_live_hub() -> None:
    apart = {name for name, service in SERVICES.items() if service.get("profiles") == ["sandbox"]}
    assert apart == {"sandbox", "sandbox-postgres", "sandbox-redis"}
    environment = SERVICES["sandbox"]["environment"]
    assert environment["SANDBOX"] == "1"
    assert "SECRET_KEY" not in environment
    assert "FIELD_KEYS" not in environment
    assert "@sandbox-postgres:" in environment["DATABASE_URL"]
    assert "@sandbox-redis:" in environment["REDIS_URL"]
    stored = [volume for name, service in SERVICES.items() if name not in HUB for volume in service.get("volumes", [])]
    assert len({volume.split(":")[0] for volume in stored}) == len(stored) == 5
    reached = {name for name, service in SERVICES.items() if "sandbox" in service["networks"]}
    assert reached == apart
    assert "inside" not in SERVICES["sandbox"]["networks"]


@pytest.mark.parametrize(("name", "port"), [(name, port) for name, (_app, port) in server.APPLICATIONS.items()])
def test_both_kinds_of_web_process_are_served_and_watched_where_they_listen(name: str, port: int) -> None:
    assert SERVICES[name]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f"http://127.0.0.1:{port}/readyz" in SERVICES[name]["healthcheck"]["test"][-1]


def test_no_secrets_and_nothing_needless_go_into_the_image() -> None:
    ignored = (BASE_DIR / ".dockerignore").read_text().split()
    assert {".env*", ".git", ".run", ".venv", "tests"} <= set(ignored)
