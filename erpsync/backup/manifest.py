"""The manifest beside each backup: what it holds, and all that a restore checks first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache

from core.places import Place
from erpsync.environment import BASE_DIR

ENDING = ".manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A backup that is whole. `name`: of the sealed dump; `taken_at`: of its snapshot, by the database's clock; `database_bytes`:
    on disk; `migrations`: the last of each app; `key_ids`: of FIELD_KEYS that wrote secrets in it, or sealed it.
    """

    name: str
    taken_at: datetime
    seconds: float
    release: str
    postgresql: str
    migrations: Mapping[str, str]
    size: int
    sha256: str
    database_bytes: int
    feed_position: int
    key_ids: list[str]

    def store(self, place: Place) -> None:
        """Write the manifest: from now on the backup counts."""
        values = {**asdict(self), "taken_at": self.taken_at.isoformat()}
        place.put(manifest_name(self.name), (json.dumps(values, indent=2) + "\n").encode())


def manifest_name(backup: str) -> str:
    """Return the name of a backup's manifest."""
    return backup.removesuffix(".dump") + ENDING


def read(place: Place, backup: str) -> Manifest:
    """Return the manifest of a backup, named by its dump or its manifest. Raises FileNotFoundError, ValueError."""
    values = json.loads(place.read(manifest_name(backup.removesuffix(ENDING))))
    try:
        return Manifest(**{**values, "taken_at": datetime.fromisoformat(values["taken_at"])})
    except (KeyError, TypeError) as error:
        raise ValueError(f"{manifest_name(backup)} is no manifest of a backup: {error}") from error


def all_of(place: Place) -> list[Manifest]:
    """Return the whole backups of a place, oldest first."""
    return [read(place, name) for name in place.names(ending=ENDING)]


@cache
def release() -> str:
    """Return what tells this code from other releases: a digest over its migrations' names, which need no Git."""
    names = sorted(str(path.relative_to(BASE_DIR)) for path in BASE_DIR.glob("*/migrations/*.py"))
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:12]
