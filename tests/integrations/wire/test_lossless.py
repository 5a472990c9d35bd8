"""What is no JSON, or no number that we can hold, is a ValueError and nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest

from integrations.wire import lossless


@pytest.mark.parametrize(
    "content",
    ["1e99999999999999999999", "[-1E-99999999999999999999]", "NaN", "[" * 100_000, "9" * 5000, b"\xff", "", "{"],
)
def test_what_cannot_be_read_is_a_value_error(content: bytes | str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        lossless.parse(content)


def test_every_digit_is_kept() -> None:
    assert lossless.parse('{"a":0.10,"b":1e400}') == {"a": Decimal("0.10"), "b": Decimal("1e400")}
