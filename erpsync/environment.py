"""Configuration from outside: environment variables, and the files that may stand in for them."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ

from core.places import missing_driver

BASE_DIR = Path(__file__).resolve().parent.parent
RUN_DIR = Path(os.environ.get("RUN_DIR", BASE_DIR / ".run"))

FIELD_KEY_BYTES = 32
_WITHOUT_HUB = frozenset({"checkvectors", "explain_fees", "help", "settings_reference", "version", "--version"})


class Misconfigured(SystemExit):
    """A setting is missing or malformed; its message is the one line the operator reads (exit status 1)."""


def load_files() -> None:
    """Load missing variables from `.run/env`, which `make run` writes so that `python manage.py ...` in a second shell works on
    the running hub, then from `.env`, which a sandbox has nothing to do with. A variable that is set always wins."""
    for path in (RUN_DIR / "env", BASE_DIR / ".env"):
        if path.is_file():
            environ.Env.read_env(str(path))


def needs_no_hub(arguments: Sequence[str]) -> bool:
    """Return whether a command line of manage.py touches neither database nor Redis, so that it runs without a configuration."""
    return not arguments or arguments[0] in _WITHOUT_HUB or not {"-h", "--help"}.isdisjoint(arguments)


def stand_in() -> None:
    """Set the variables that are still missing, for this process alone: a random key, and servers that do not exist."""
    for name, value in {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_KEYS": f"none:{base64.b64encode(secrets.token_bytes(FIELD_KEY_BYTES)).decode()}",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PUBLIC_URL": "http://127.0.0.1:1",
        "ALLOWED_HOSTS": "127.0.0.1",
    }.items():
        if not os.environ.get(name):
            os.environ[name] = value


def required(name: str, *, development: str | None) -> str:
    """Return the variable's value; `development` is what a DEBUG process uses without it (None: there is none).

    Raises Misconfigured, naming the variable and the file that explains it."""
    value = os.environ.get(name) or development
    if not value:
        raise Misconfigured(f"erpsync: {name} is not set. See .env.example for what it must hold.")
    return value


def database_settings(url: str) -> dict[str, Any]:
    """Return Django's settings of a database address. The directory of a Unix socket comes percent-encoded in it."""
    found: dict[str, Any] = environ.Env().db_url_config(url)
    return {**found, "HOST": unquote(found["HOST"]), "OPTIONS": {"connect_timeout": 5, **found.get("OPTIONS", {})}}


def place_url(name: str, text: str) -> str:
    """Return the address in the variable `name`. Raises Misconfigured where its driver is missing, rather than at the first use."""
    if text and (problem := missing_driver(text)):
        raise Misconfigured(f"erpsync: {name} cannot be used: {problem}. See .env.example.")
    return text


def parse_field_keys(text: str) -> dict[str, bytes]:
    """Parse `id:base64,id:base64` into {id: 32 bytes} in the order given: the first key writes, all of them read.

    Raises Misconfigured without repeating key material."""
    keys: dict[str, bytes] = {}
    for position, entry in enumerate(filter(None, (part.strip() for part in text.split(","))), start=1):
        key_id, separator, encoded = entry.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not separator or not key_id or len(key) != FIELD_KEY_BYTES:
            raise Misconfigured(
                f"erpsync: FIELD_KEYS entry {position} is not `keyid:base64 of {FIELD_KEY_BYTES} bytes`. "
                "See .env.example for a command that makes one."
            )
        if key_id in keys:
            raise Misconfigured(f"erpsync: FIELD_KEYS names the key id {key_id!r} twice.")
        keys[key_id] = key
    if not keys:
        raise Misconfigured("erpsync: FIELD_KEYS holds no key. See .env.example.")
    return keys
