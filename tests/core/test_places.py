"""A place whose driver fails in its own way is a place that is away: no error of a service reaches the hub as itself."""

from __future__ import annotations

from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from core.places import NoPlace, Place, PlaceAway


class ServiceError(Exception):
    """As botocore's: of no built-in kind."""


class Bucket(MemoryFileSystem):
    """A bucket that fails at the call `failing`."""

    protocol = "testbucket"
    store: dict[str, Any] = {}
    failing = ""

    def __getattribute__(self, name: str) -> Any:
        if name == Bucket.failing:
            raise ServiceError("no credentials")
        return super().__getattribute__(name)

    def open(self, path: str, mode: str = "rb", **kwargs: Any) -> Any:
        return _File(super().open(path, mode, **kwargs))


class _File:
    def __init__(self, file: Any) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        if f"file.{name}" == Bucket.failing:
            raise ServiceError("part refused")
        return getattr(self._file, name)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Place:
    fsspec.register_implementation("testbucket", Bucket, clobber=True)
    monkeypatch.setattr(Bucket, "store", {})
    monkeypatch.setattr(Bucket, "failing", "")
    place = Place("testbucket://hub")
    place.put("kept", b"rows")
    return place


@pytest.mark.parametrize("failing", ["makedirs", "open", "mv", "file.write", "file.close"])
def test_a_write_that_the_driver_fails_leaves_nothing(
    bucket: Place, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    monkeypatch.setattr(Bucket, "failing", failing)
    with pytest.raises(PlaceAway, match=r"^ServiceError: (no credentials|part refused)$"):
        bucket.put("more", b"rows")
    monkeypatch.setattr(Bucket, "failing", "")
    assert bucket.names() == ["kept"]
    assert "more.part" not in str(Bucket.store)


@pytest.mark.parametrize("failing", ["open", "file.read", "file.close"])
def test_a_read_that_the_driver_fails(bucket: Place, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    monkeypatch.setattr(Bucket, "failing", failing)
    with pytest.raises(PlaceAway):
        bucket.read("kept")


def test_a_list_and_a_deletion_that_the_driver_fails(bucket: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bucket, "failing", "ls")
    with pytest.raises(PlaceAway):
        bucket.names()
    monkeypatch.setattr(Bucket, "failing", "rm")
    with pytest.raises(PlaceAway):
        bucket.delete("kept")


def test_what_goes_wrong_in_the_block_stays_itself(bucket: Place) -> None:
    with pytest.raises(ZeroDivisionError), bucket.writing("more"):
        raise ZeroDivisionError
    assert bucket.names() == ["kept"]
    with pytest.raises(FileNotFoundError):
        bucket.read("gone")
    bucket.delete("gone")


@pytest.mark.parametrize(("url", "problem"), [("s3://bucket/hub", "Install s3fs"), ("clouds://x", "not known: clouds")])
def test_a_place_without_its_driver_says_what_to_install(url: str, problem: str) -> None:
    with pytest.raises(NoPlace, match=problem):
        Place(url)
