import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from erpsync.environment import BASE_DIR, Misconfigured, parse_field_keys

WHOLE = {
    "SECRET_KEY": "s" * 50,
    "FIELD_KEYS": "k1:" + base64.b64encode(b"1" * 32).decode(),
    "DATABASE_URL": "postgres://hub@localhost/hub",
    "REDIS_URL": "redis://localhost/0",
    "PUBLIC_URL": "https://hub.example.com",
    "ALLOWED_HOSTS": "hub.example.com",
}


def load(environment: dict[str, str], expression: str = "'fine'") -> subprocess.CompletedProcess[str]:
    code = f"import erpsync.settings as s; print({expression})"
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_production_names_the_missing_variable_in_one_line(name: str) -> None:
    answer = load({key: value for key, value in WHOLE.items() if key != name})
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr == f"erpsync: {name} is not set. See .env.example for what it must hold.\n"


def test_production_with_everything_starts_and_locks_its_doors() -> None:
    answer = load(WHOLE, "[s.DEBUG, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.ALLOWED_HOSTS]")
    assert answer.stdout == "[False, True, True, ['hub.example.com']]\n", answer.stderr


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["checkvectors", "tests/vectors/shopee.json"], "ok  shopee 1:"),
        (["rehearse", "--help"], "--chaos"),
        (["simulate", "--help"], "--channels"),
        (["help"], "checkvectors"),
        (["migrate", "--help"], "--plan"),
    ],
)
def test_a_command_that_needs_no_hub_runs_on_a_fresh_clone(tmp_path: Path, arguments: list[str], shown: str) -> None:
    done = managed(tmp_path, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert shown in done.stdout


@pytest.mark.parametrize("command", ["migrate", "work", "check"])
def test_every_other_command_refuses_to_start_without_a_secret_key(tmp_path: Path, command: str) -> None:
    done = managed(tmp_path, command)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "erpsync: SECRET_KEY is not set. See .env.example for what it must hold.\n"


def managed(nowhere: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """manage.py without any environment; `RUN_DIR` keeps a hub that runs on this machine out of it."""
    # an empty variable wins over a developer's own .env
    environment = {"PATH": os.environ["PATH"], "RUN_DIR": str(nowhere), "SECRET_KEY": ""}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env=environment, cwd=BASE_DIR, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_backup_place_without_its_driver_is_refused_at_start() -> None:
    answer = load({**WHOLE, "BACKUP_URL": "s3://bucket/hub"})
    assert (answer.returncode, answer.stderr) == (
        1, "erpsync: BACKUP_URL cannot be used: Install s3fs to access S3. See .env.example.\n"
    )  # fmt: skip


def test_debug_needs_nothing() -> None:
    assert load({"DEBUG": "1"}).stdout == "fine\n"


def test_a_unix_sockets_directory_is_decoded() -> None:
    answer = load({**WHOLE, "DATABASE_URL": "postgres://hub@%2Fsrv%2FRun%2Fpg/hub"}, "s.DATABASES['default']['HOST']")
    assert answer.stdout == "/srv/Run/pg\n"


def test_field_keys_keep_their_order() -> None:
    text = ",".join(f"{name}:{base64.b64encode(name.encode() * 16).decode()}" for name in ("k2", "k1"))
    assert list(parse_field_keys(text).items()) == [("k2", b"k2" * 16), ("k1", b"k1" * 16)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no key"),
        ("k1", "entry 1 is not"),
        ("k1:c2hvcnQ=", "entry 1 is not"),
        (WHOLE["FIELD_KEYS"] + ",k2:!!", "entry 2 is not"),
        (WHOLE["FIELD_KEYS"] + "," + WHOLE["FIELD_KEYS"], "'k1' twice"),
    ],
)
def test_a_bad_key_is_named_and_not_shown(text: str, reason: str) -> None:
    with pytest.raises(Misconfigured, match=reason) as raised:
        parse_field_keys(text)
    assert "c2hvcnQ=" not in str(raised.value)
