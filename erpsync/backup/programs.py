"""The programs of PostgreSQL that dump and restore: the embedded ones, else those on the PATH.

An older pg_dump refuses a newer server; the embedded one is as new as PostgreSQL 18.
"""

from __future__ import annotations

import os
import shutil
from typing import Any

from erpsync.servers import ServerFailed, postgres_program

# what libpq reads in place of arguments, which everybody on the machine could see
_VARIABLES = {
    "HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "NAME": "PGDATABASE",
}  # fmt: skip
CONNECT_SECONDS = "10"


def program(name: str) -> str:
    """Return the path of `pg_dump` or `pg_restore`. Raises ServerFailed when it is nowhere."""
    try:
        return str(postgres_program(name))
    except ServerFailed:
        if found := shutil.which(name):
            return found
        raise ServerFailed(
            f"{name} is missing: install PostgreSQL's client programs, of the server's version"
        ) from None


def environment(database: dict[str, Any]) -> dict[str, str]:
    """Return the environment in which these programs reach a database of Django's settings."""
    given = {variable: str(database[key]) for key, variable in _VARIABLES.items() if database.get(key)}
    options = database.get("OPTIONS", {})
    extra = {f"PG{key.upper()}": str(options[key]) for key in ("sslmode", "sslrootcert") if key in options}
    return {**os.environ, "PGCONNECT_TIMEOUT": CONNECT_SECONDS, "PGAPPNAME": "erpsync backup", **given, **extra}
