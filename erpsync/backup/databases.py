"""The database that a backup is restored into: another one than the settings name, used as the default one for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import environ
from django.db import connections

from core import erased

_ALIAS = "restored"


def settings_of(url: str) -> dict[str, Any]:
    """Return Django's settings of a database address."""
    found: dict[str, Any] = environ.Env().db_url_config(url)
    return {**found, "HOST": unquote(found["HOST"]), "OPTIONS": {"connect_timeout": 5, **found.get("OPTIONS", {})}}


@contextmanager
def as_default(url: str) -> Iterator[dict[str, Any]]:
    """Make the database at `url` this thread's default one within the block; yields its settings."""
    before = connections["default"]
    connections.databases[_ALIAS] = connections.configure_settings({"default": {}, _ALIAS: settings_of(url)})[_ALIAS]
    there = connections.create_connection(_ALIAS)
    there.alias = "default"
    connections["default"] = there
    erased.forget_cache()
    try:
        yield dict(there.settings_dict)
    finally:
        there.close()
        connections["default"] = before
        del connections.databases[_ALIAS]
        erased.forget_cache()
