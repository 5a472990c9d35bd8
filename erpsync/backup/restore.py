"""Restoring a backup into a database. Everything is checked before the database is touched."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from core.db import execute, fetch
from core.encryption import SecretUnreadable
from core.places import Place, PlaceAway
from core.sealed_files import unsealed
from erpsync.backup import erased_list
from erpsync.backup import manifest as manifests
from erpsync.backup.databases import as_default
from erpsync.backup.manifest import Manifest
from erpsync.backup.programs import environment, program
from erpsync.backup.take import last_line
from integrations.accounts import token_journal
from integrations.restoring import hold

log = structlog.get_logger(__name__)


class RestoreRefused(RuntimeError):
    """The database was not touched; the message says why and what to do."""


class RestoreFailed(RuntimeError):
    """The database is empty now; the message says why. The restore may be repeated."""


def check(place: Place, name: str) -> Manifest:
    """Return the manifest of a backup that can be restored: whole, unaltered, with keys and migrations that are here.

    Reads and decrypts the whole file once. Raises RestoreRefused.
    """
    try:
        manifest = manifests.read(place, name)
        if missing := sorted(set(manifest.key_ids) - set(settings.FIELD_KEYS)):
            raise RestoreRefused(f"FIELD_KEYS lacks {', '.join(missing)}: put the keys of that time back first.")
        known = MigrationLoader(None).disk_migrations
        if newer := sorted(f"{app}.{last}" for app, last in manifest.migrations.items() if _is_newer(known, app, last)):
            raise RestoreRefused(f"the backup is of a newer release ({', '.join(newer)}): restore it with that one.")
        with place.reading(manifest.name) as source:
            counted = _Hashed(source)
            for _chunk in unsealed(counted):
                pass
    except PlaceAway as error:
        raise RestoreRefused(f"{place.url} cannot be read: {error}") from error
    except (FileNotFoundError, ValueError) as error:
        raise RestoreRefused(f"{name} is no whole backup: {error}") from error
    except SecretUnreadable as error:
        raise RestoreRefused(str(error)) from error
    if (counted.size, counted.digest.hexdigest()) != (manifest.size, manifest.sha256):
        raise RestoreRefused(f"{manifest.name} is not the file that its manifest describes: its SHA-256 differs.")
    return manifest


def _is_newer(known: Any, app: str, last: str) -> bool:
    return (app, last) not in known and any(one == app for one, _name in known)


class _Hashed:
    """A file that is read, with the hash and the number of the bytes read so far."""

    def __init__(self, source: Any) -> None:
        self._source, self.digest, self.size = source, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._source.read(size)
        self.digest.update(data)
        self.size += len(data)
        return data


@dataclass(frozen=True, slots=True)
class Restored:
    """A database as it stands after a restore, before anything may leave."""

    manifest: Manifest
    tables: int
    tokens: int
    erased_again: int


def restore(place: Place, name: str, *, into: str, replace: bool = False) -> Restored:
    """Restore a backup into the database at `into`, migrate it to this release and hold everything back.

    One that is not empty is refused without `replace`, and in any case while somebody is connected to it. Raises RestoreRefused,
    RestoreFailed.
    """
    manifest = check(place, name)
    with as_default(into) as database:
        try:
            _make_room(replace=replace)
        except DatabaseError as error:
            raise RestoreRefused(f"the database cannot be used: {error}") from error
        connection.close()
        with place.reading(manifest.name) as source:
            _load(unsealed(source), database)
        call_command("migrate", interactive=False, verbosity=0)
        tokens, erased_again = make_sure(place, as_of=manifest.taken_at)
        [(tables,)] = fetch("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        log.info("backup_restored", name=manifest.name, tables=tables, tokens=tokens)
        return Restored(manifest, tables, tokens, erased_again)


def make_sure(place: Place, *, as_of: datetime) -> tuple[int, int]:
    """Hold everything back in a database of an earlier moment, and apply what lies beside the backups: tokens that have changed
    since, and the list of erased people. Returns the numbers of tokens, and of rows that were erased again.
    """
    hold(as_of)
    return token_journal.apply(place, since=as_of), erased_list.apply(place)


_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def _make_room(*, replace: bool) -> None:
    """Empty the database, or refuse to."""
    [(tables,)] = fetch("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    if tables and not replace:
        raise RestoreRefused(f"the database holds {tables} tables: name an empty one, or add --replace to delete them.")
    if (others := fetch(_OTHERS)[0][0]) > 0:
        raise RestoreRefused(f"{others} others are connected to that database: stop every process of the hub first.")
    if tables:
        execute("DROP SCHEMA public CASCADE")
        execute("CREATE SCHEMA public")


def _load(chunks: Iterator[bytes], database: dict[str, Any]) -> None:
    """Feed a dump to pg_restore, in one transaction: all of it, or nothing."""
    command = [program("pg_restore"), "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    command += ["--dbname", str(database["NAME"])]
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors, env=environment(database)
        ) as load:
            assert load.stdin is not None, "a pipe"
            try:
                for chunk in chunks:
                    load.stdin.write(chunk)
                load.stdin.close()
            except BrokenPipeError:
                log.warning("pg_restore_ended_early")
            except BaseException:
                load.kill()
                raise
        if load.returncode != 0:
            raise RestoreFailed(last_line(errors))
