"""Directories or buckets outside the database, for backups and what is kept beside them, and for photos (fsspec addresses)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

import fsspec
from django.conf import settings

_HALF = ".part"


class NoPlace(Exception):
    """No place is set, or none that can be used; the message says which setting it is, or what to install."""


class PlaceAway(OSError):
    """The driver of a place failed with an error of its own: of its service, its login or the network."""


class Readable(Protocol):
    """A file that is read from its start."""

    def read(self, size: int = ..., /) -> bytes: ...


class Writable(Protocol):
    """A file that is written from its start."""

    def write(self, data: bytes, /) -> int: ...


def missing_driver(url: str) -> str:
    """Return what hinders the use of an address, "" for nothing: its kind is unknown, or the package for it is not installed."""
    try:
        fsspec.get_filesystem_class(fsspec.utils.get_protocol(url))
    except (ImportError, ValueError) as error:
        return str(error)
    return ""


class Place:
    """Files by name below one address, for example `/srv/backups`, `s3://bucket/hub`.

    Raises NoPlace where the driver is missing; OSError for a place that is away, whatever its driver raises.
    """

    def __init__(self, url: str) -> None:
        if problem := missing_driver(url):
            raise NoPlace(f"{problem} (a place for files).")
        self.url = url.rstrip("/")
        with _driver_errors():
            self._files, root = fsspec.core.url_to_fs(self.url)
        self._root = str(root).rstrip("/")

    @contextmanager
    def writing(self, name: str) -> Iterator[Writable]:
        """Open a file for writing. It has its name only when the block ends without an error; until then a temporary one."""
        whole, half = self._path(name), self._path(name) + _HALF
        with _driver_errors():
            self._files.makedirs(whole.rpartition("/")[0], exist_ok=True)
        try:
            with self._opened(half, "wb") as target:
                yield target
            with _driver_errors():
                self._files.mv(half, whole)
        except BaseException:
            with suppress(OSError), _driver_errors():
                self._files.rm(half)
            raise

    def put(self, name: str, data: bytes) -> None:
        with self.writing(name) as target:
            target.write(data)

    @contextmanager
    def reading(self, name: str) -> Iterator[Readable]:
        """Open a file for reading. Raises FileNotFoundError."""
        with self._opened(self._path(name), "rb") as source:
            yield source

    def read(self, name: str) -> bytes:
        with self.reading(name) as source:
            return source.read()

    def names(self, directory: str = "", *, ending: str = "") -> list[str]:
        """Return the names of whole files of a directory below the place, sorted."""
        path = self._path(directory) if directory else self._root
        try:
            with _driver_errors():
                self._files.invalidate_cache()
                found = [str(path).rpartition("/")[2] for path in self._files.ls(path, detail=False)]
        except FileNotFoundError:
            return []
        prefix = f"{directory}/" if directory else ""
        return sorted(f"{prefix}{name}" for name in found if name.endswith(ending) and not name.endswith(_HALF))

    def delete(self, name: str) -> None:
        with suppress(FileNotFoundError), _driver_errors():
            self._files.rm(self._path(name))

    @contextmanager
    def _opened(self, path: str, mode: str) -> Iterator[_File]:
        with _driver_errors():
            file = self._files.open(path, mode)
        try:
            yield _File(file)
        finally:
            with _driver_errors():
                file.close()

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


class _File:
    """An open file of a driver, with its errors turned into OSError: buckets are read and written in parts, each a request."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def read(self, size: int = -1, /) -> bytes:
        with _driver_errors():
            return bytes(self._file.read(size))

    def write(self, data: bytes, /) -> int:
        with _driver_errors():
            return int(self._file.write(data))


@contextmanager
def _driver_errors() -> Iterator[None]:
    """Turn into PlaceAway what a driver raises that is no OSError: each has its own tree of errors (botocore, aiohttp, google)."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise PlaceAway(f"{type(error).__name__}: {error}") from error


def backup_place(url: str = "") -> Place:
    """Return the place of backups: `url`, or that of `settings.BACKUP_URL`. Raises NoPlace."""
    url = url or settings.BACKUP_URL
    if not url:
        raise NoPlace("BACKUP_URL is not set: name a directory or a bucket for backups (see .env.example).")
    return Place(url)


def photo_place() -> Place:
    """Return the place of packing photos, that of `settings.PHOTO_URL`. Raises NoPlace."""
    if not settings.PHOTO_URL:
        raise NoPlace("PHOTO_URL is not set: name a directory or a bucket for packing photos (see .env.example).")
    return Place(settings.PHOTO_URL)
