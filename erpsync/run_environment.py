"""Environment of a hub that `make run` starts: keys made once, the rest by what is there."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import environ

from erpsync.environment import BASE_DIR, RUN_DIR

SHARED = RUN_DIR / "env"
HUB_VARIABLES = (
    "SECRET_KEY FIELD_KEYS DATABASE_URL REDIS_URL PUBLIC_URL WEBHOOKS_URL ALLOWED_HOSTS SIMULATOR_URL STATIC_ROOT PHOTO_URL LOG_JSON DEBUG"
    " SANDBOX"
).split()


def prepare(port: int, receiver_port: int, simulator_port: int) -> dict[str, str]:
    """Return the environment for every child: what the caller set, else `.env`, else values of our own. Keys and the password
    are made once and kept in `.run/keys`. A sandbox leaves `.env` alone: that names the live hub's database and keys."""
    if not is_sandbox() and (BASE_DIR / ".env").is_file():
        environ.Env.read_env(str(BASE_DIR / ".env"))
    keys = RUN_DIR / "keys"
    if not keys.exists():
        made = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "FIELD_KEYS": f"run:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "ADMIN_PASSWORD": secrets.token_urlsafe(9),
        }
        write_private(keys, "".join(f"{name}='{value}'\n" for name, value in made.items()))
    environ.Env.read_env(str(keys))
    own = {
        "DEBUG": "0",
        "SANDBOX": "0",
        "LOG_JSON": "0",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "WEBHOOKS_URL": f"http://127.0.0.1:{receiver_port}",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "SIMULATOR_URL": f"http://127.0.0.1:{simulator_port}",
        "STATIC_ROOT": str(RUN_DIR / "static"),
        "PHOTO_URL": str(RUN_DIR / "photos"),
        "PYTHONUNBUFFERED": "1",
    }
    return {**own, **os.environ}


def is_sandbox() -> bool:
    """Return whether the hub to run is a sandbox."""
    return bool(environ.Env().bool("SANDBOX", default=False))


def share(environment: Mapping[str, str]) -> None:
    """Write what `manage.py` in a second shell needs to work on this hub."""
    write_private(SHARED, "".join(f"{name}='{environment[name]}'\n" for name in HUB_VARIABLES))


def unshare() -> None:
    SHARED.unlink(missing_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write a file atomically, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
