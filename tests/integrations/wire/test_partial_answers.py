"""One malformed or refused thing costs only itself."""

from __future__ import annotations

import pytest

from integrations.contract.errors import Rejected, TryLater
from integrations.wire.answers import Row
from integrations.wire.fields import count, text
from integrations.wire.partial_answers import from_reads, from_rows


def snapshots(row: Row) -> list[int]:
    return [count(row, "units")] * 2


def test_a_malformed_row_is_unreadable_and_one_without_an_id_is_dropped() -> None:
    rows = [{"id": "a", "units": 1}, {"id": "b", "units": "x"}, {"units": "x"}, {"id": "c", "units": 2}]
    answer = from_rows(rows, snapshots, lambda row: text(row, "id"), gone=["d"])
    assert answer.snapshots == (1, 1, 2, 2)
    assert answer.unreadable == {"b": "units is not a number"}
    assert answer.gone == ("d",)


def read(external_id: str) -> list[str]:
    if external_id == "malformed":
        raise ValueError("no units")
    if external_id in ("unknown", "forbidden"):
        raise Rejected(f"it is {external_id}", code=external_id)
    if external_id == "busy":
        raise TryLater("busy")
    return [external_id]


def test_a_refused_read_is_gone_or_unreadable_and_each_id_is_read_once() -> None:
    ids = ["a", "malformed", "unknown", "forbidden", "a", "b"]
    answer = from_reads(ids, read, is_gone=lambda refusal: refusal.code == "unknown")
    assert answer.snapshots == ("a", "b")
    assert answer.gone == ("unknown",)
    unreadable = {thing: str(reason) for thing, reason in answer.unreadable.items()}
    assert unreadable == {"malformed": "no units", "forbidden": "it is forbidden"}


def test_a_channel_that_is_busy_ends_the_reading() -> None:
    with pytest.raises(TryLater):
        from_reads(["a", "busy"], read, is_gone=lambda refusal: True)
