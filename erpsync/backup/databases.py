"""The database that a backup is restored into: another one than the settings name, used as the default one for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections

from core import erased
from erpsync.environment import database_settings

_ALIAS = "restored"


@contextmanager
def as_default(url: str) -> Iterator[dict[str, Any]]:
    """Make the database at `url` this thread's default one within the block; yields its settings."""
    before = connections["default"]
    connections.databases[_ALIAS] = connections.configure_settings({"default": {}, _ALIAS: database_settings(url)})[
        _ALIAS
    ]
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
