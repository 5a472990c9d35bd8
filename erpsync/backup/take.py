"""Taking a backup: one snapshot of the database, dumped, encrypted and stored as a stream, then its manifest."""

from __future__ import annotations

import subprocess
import tempfile
import time
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

import psycopg
import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone
from psycopg import sql
from psycopg.rows import dict_row

from core.places import Place, backup_place
from core.sealed_files import CHUNK_BYTES, SealedWriter
from core.stored_secrets import encrypted_fields
from erpsync.backup.manifest import Manifest, all_of, manifest_name, release
from erpsync.backup.programs import environment, program
from erpsync.models import Backup
from erpsync.servers import ServerFailed
from integrations.accounts import token_journal

log = structlog.get_logger(__name__)

ENDING = ".dump"


class BackupFailed(RuntimeError):
    """No backup was taken; the message is one line for the operator."""


def take_backup(place: Place) -> Manifest:
    """Take a backup of the default database and record it; returns its manifest. Raises BackupFailed.

    Nothing half written has a name: a backup without a manifest does not exist. Memory is bounded by a chunk of 1 MiB.
    """
    started, began = timezone.now(), time.monotonic()
    row = {"started_at": started, "place": _without_secrets(place.url)}
    try:
        taken = _take(place, began)
    except (OSError, psycopg.Error, ServerFailed, BackupFailed) as error:
        problem = f"{type(error).__name__}: {error}".splitlines()[0][:500]
        Backup.objects.create(**row, seconds=time.monotonic() - began, problem=problem)
        log.warning("backup_failed", problem=problem)
        raise BackupFailed(problem) from error
    Backup.objects.create(**row, seconds=taken.seconds, name=taken.name, size=taken.size)
    log.info("backup_taken", name=taken.name, size=taken.size, seconds=round(taken.seconds, 1))
    return taken


def delete_old_backups(place: Place, *, keep: int) -> int:
    """Delete all but the newest `keep` backups of a place, and what the journal of tokens has from before them; returns how many
    backups. The manifest goes first.
    """
    found = all_of(place)
    old, kept = found[: -max(1, keep)], found[-max(1, keep) :]
    for manifest in old:
        place.delete(manifest_name(manifest.name))
        place.delete(manifest.name)
    if kept:
        token_journal.forget(place, before=kept[0].taken_at)
    Backup.objects.filter(name__in=[m.name for m in old]).update(deleted_at=timezone.now())
    return len(old)


def _take(place: Place, began: float) -> Manifest:
    with psycopg.connect(**_parameters(), row_factory=dict_row) as snapshot:
        snapshot.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        facts = _facts(snapshot)
        taken_at = facts.pop("taken_at")
        name = f"erpsync-{taken_at.astimezone(UTC):%Y%m%dT%H%M%S}-{taken_at.microsecond:06}{ENDING}"
        with place.writing(name) as target:
            sealed = SealedWriter(target)
            _dump(sealed, facts.pop("snapshot"))
            sealed.close()
    manifest = Manifest(
        name, taken_at, time.monotonic() - began, release(), size=sealed.size, sha256=sealed.sha256,
        **{**facts, "key_ids": sorted({*facts["key_ids"], sealed.key_id})},
    )  # fmt: skip
    manifest.store(place)
    return manifest


def _parameters() -> dict[str, Any]:
    """Return where the database is, without Django's loaders: they take every time for one of the session's time zone."""
    found = connection.get_connection_params()
    return {name: value for name, value in found.items() if name not in {"context", "cursor_factory"}}


_FACTS = """
SELECT pg_export_snapshot() AS snapshot, clock_timestamp() AS taken_at, current_setting('server_version') AS postgresql,
    pg_database_size(current_database()) AS database_bytes,
    coalesce((SELECT position FROM core_feed WHERE id = 1), 0) AS feed_position,
    (SELECT jsonb_object_agg(app, name) FROM (SELECT app, max(name) AS name FROM django_migrations GROUP BY app) last)
        AS migrations
"""


def _facts(snapshot: psycopg.Connection[dict[str, Any]]) -> dict[str, Any]:
    """Return the manifest's figures of the snapshot that is dumped."""
    facts = snapshot.execute(_FACTS).fetchone()
    assert facts is not None, "one row"
    one = sql.SQL("SELECT split_part({column}, ':', 2) AS key FROM {table} WHERE {column} <> ''")
    each = [
        one.format(column=sql.Identifier(str(field.column)), table=sql.Identifier(field.model._meta.db_table))
        for field in encrypted_fields()
    ]
    rows = snapshot.execute(sql.SQL(" UNION ").join(each)).fetchall()
    return {**facts, "key_ids": sorted(row["key"] for row in rows)}


def _dump(target: SealedWriter, snapshot: str) -> None:
    """Write the dump of a snapshot to `target`. Raises BackupFailed with the last line of pg_dump."""
    command = [program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
            env=environment(connection.settings_dict),
        ) as dump:  # fmt: skip
            assert dump.stdout is not None, "a pipe"
            while data := dump.stdout.read(CHUNK_BYTES):
                target.write(data)
        if dump.returncode != 0:
            raise BackupFailed(last_line(errors))


def last_line(errors: Any) -> str:
    """Return the last line that a program wrote to its error file."""
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    return str(lines[-1]) if lines else "it ended without a word"


def _without_secrets(url: str) -> str:
    """Return an address without a login."""
    login, at, rest = url.rpartition("@")
    return f"{urlsplit(login).scheme}://{rest}" if at and "://" in login else url


def take_scheduled_backup() -> None:
    """Take the daily backup, where a place for it is set, and delete those that are too many. A job."""
    if settings.BACKUP_URL:
        place = backup_place()
        take_backup(place)
        delete_old_backups(place, keep=settings.BACKUP_KEEP)
