"""Several answers as one: nothing of any of them is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_type_hints

from integrations.contract.reads import Answer
from integrations.ingest.batches import merged


def filled(word: str) -> Answer:
    hints = get_type_hints(Answer)
    values: dict[str, Any] = {
        part.name: {word: word} if getattr(hints[part.name], "__origin__", None) is Mapping else (word,)
        for part in fields(Answer)
    }
    return Answer(**values)


def test_every_part_of_every_answer_is_there() -> None:
    both = merged([filled("a"), filled("b")])
    for part in fields(Answer):
        assert set(getattr(both, part.name)) == {"a", "b"}, part.name


def test_one_answer_stays_as_it_is() -> None:
    one = filled("a")
    assert merged([one]) is one
