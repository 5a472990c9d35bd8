from __future__ import annotations

import io
import os
from typing import Any

import pytest

from core.encryption import SecretUnreadable
from core.sealed_files import CHUNK_BYTES, SealedWriter, unsealed

HEADER = len(b"erpsync-sealed-1\ndev\n") + 32


def sealed(data: bytes) -> bytes:
    target = io.BytesIO()
    writer = SealedWriter(target)
    for start in range(0, len(data), 300_000):
        writer.write(data[start : start + 300_000])
    writer.close()
    assert writer.size == len(target.getvalue())
    return target.getvalue()


def opened(data: bytes) -> bytes:
    return b"".join(unsealed(io.BytesIO(data)))


@pytest.fixture(autouse=True)
def keys(settings: Any) -> None:
    settings.FIELD_KEYS = {"dev": b"d" * 32}


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_a_sealed_file_is_read_as_it_was_written(size: int) -> None:
    data = os.urandom(size)
    assert opened(sealed(data)) == data


def test_a_file_that_was_changed_cut_or_put_together_anew_is_refused() -> None:
    whole = sealed(os.urandom(3 * CHUNK_BYTES))
    chunk = CHUNK_BYTES + 16
    first, second = whole[HEADER : HEADER + chunk], whole[HEADER + chunk : HEADER + 2 * chunk]
    head, rest = whole[:HEADER], whole[HEADER + 2 * chunk :]
    flipped = bytes([whole[HEADER + 5] ^ 1])
    for wrong in (
        whole[: HEADER + 5] + flipped + whole[HEADER + 6 :],
        head + first + second,
        head + second + first + rest,
        head + first + rest,
        head,
        b"PGDMP" + whole,
    ):
        with pytest.raises(SecretUnreadable):
            opened(wrong)


def test_the_key_that_sealed_it_is_asked_for(settings: Any) -> None:
    whole = sealed(b"text")
    settings.FIELD_KEYS = {"new": b"n" * 32}
    with pytest.raises(SecretUnreadable, match="no key 'dev' in FIELD_KEYS"):
        opened(whole)
    settings.FIELD_KEYS = {"new": b"n" * 32, "dev": b"d" * 32}
    assert opened(whole) == b"text"
