"""A directory or bucket outside the database, where backups and what is kept beside them are put (fsspec addresses)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, cast

import fsspec
from django.conf import settings

_HALF = ".part"


class NoPlace(Exception):
    """No place for backups is set; the message says which setting it is."""


class Place:
    """Files by name below one address, for example `/srv/backups`, `s3://bucket/hub`. Raises OSError for a place that is away."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._files, root = fsspec.core.url_to_fs(self.url)
        self._root = str(root).rstrip("/")

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """Open a file for writing. It has its name only when the block ends without an error; until then a temporary one."""
        whole, half = self._path(name), self._path(name) + _HALF
        self._files.makedirs(whole.rpartition("/")[0], exist_ok=True)
        try:
            with self._files.open(half, "wb") as target:
                yield cast("BinaryIO", target)
            self._files.mv(half, whole)
        except BaseException:
            with suppress(OSError):
                self._files.rm(half)
            raise

    def put(self, name: str, data: bytes) -> None:
        with self.writing(name) as target:
            target.write(data)

    def reading(self, name: str) -> Any:
        """Open a file for reading, as a context manager. Raises FileNotFoundError."""
        return self._files.open(self._path(name), "rb")

    def read(self, name: str) -> bytes:
        with self.reading(name) as source:
            return bytes(source.read())

    def names(self, directory: str = "", *, ending: str = "") -> list[str]:
        """Return the names of whole files of a directory below the place, sorted."""
        path = self._path(directory) if directory else self._root
        self._files.invalidate_cache()
        try:
            found = [str(path).rpartition("/")[2] for path in self._files.ls(path, detail=False)]
        except FileNotFoundError:
            return []
        prefix = f"{directory}/" if directory else ""
        return sorted(f"{prefix}{name}" for name in found if name.endswith(ending) and not name.endswith(_HALF))

    def delete(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._files.rm(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


def backup_place(url: str = "") -> Place:
    """Return the place of backups: `url`, or that of `settings.BACKUP_URL`. Raises NoPlace."""
    url = url or settings.BACKUP_URL
    if not url:
        raise NoPlace("BACKUP_URL is not set: name a directory or a bucket for backups (see .env.example).")
    return Place(url)
