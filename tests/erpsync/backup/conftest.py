from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from core.places import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty place for backups."""
    return Place(str(tmp_path / "backups"))


@pytest.fixture
def other_database(transactional_db: None) -> Iterator[str]:
    """Address of an empty database on the server of the tests."""
    database = connection.settings_dict
    name = f"{database['NAME']}_restored"

    def administer(statement: str) -> None:
        with psycopg.connect(**connection.get_connection_params(), autocommit=True) as there:
            there.execute(sql.SQL(statement).format(sql.Identifier(name)))  # type: ignore[arg-type]

    administer("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    administer("CREATE DATABASE {}")
    login = quote(database["USER"]) + (f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else "")
    port = f":{database['PORT']}" if database["PORT"] else ""
    yield f"postgres://{login}@{quote(str(database['HOST']), safe='')}{port}/{name}"
    administer("DROP DATABASE {} WITH (FORCE)")
