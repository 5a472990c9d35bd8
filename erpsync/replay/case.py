"""The format of a case file: what was there before, what happens one step after the other, and what is wanted afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from integrations.connectors import channels

# the keys of the books: what a `want` may name
BOOKS = (
    "events", "on_hand", "reserved", "other_shop_shows", "listings", "orders", "current_parcels", "pos_documents",
    "pos_document_total", "book", "book_count", "pos_sales", "returns",
)  # fmt: skip
# what people or the hub do between two answers: words of the file -> verb, with the word that stands in the brackets
DEEDS: Mapping[str, re.Pattern[str]] = {
    "map": re.compile(r"map listings by exact SKU"),
    "write": re.compile(r"the POS (order|invoice) is written"),
    "receive": re.compile(r"people receive (\S+) as sellable and put it back"),
}
_COUNTS = {"one": 1, "two": 2, "three": 3}
_MADE_UP = re.compile(r"status (\w+), (\w+) pieces?\b")


class MalformedCase(ValueError):
    """A file that is no case; the message names the place and says what is expected there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The hub before. The keys of `given` in a file, with their defaults."""

    channel: str
    on_hand: int = 10
    pos: bool = False
    pos_imports_itself: bool = False
    listing: tuple[str, str] | None = None
    first: bool = False
    rival: str = "active"
    book: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A thing is notified and read: `answers` by a part of the path of the calls."""

    kind: str
    external_id: str
    at_pos: bool
    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUpOrder:
    """An order of which only number, status and pieces matter, of the shop's listing."""

    number: str
    status: str
    pieces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUpReturn:
    """A return of which only these matter; lines are (item, variation, pieces)."""

    number: str
    order_number: str
    status: str
    lines: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Do:
    """People or the hub do something. `answers`: of the calls it takes; without any, what is written is taken."""

    verb: str
    about: str
    answers: Mapping[str, Any]


Step = Read | MadeUpOrder | MadeUpReturn | Do


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A story. `name` is that of its file."""

    name: str
    given: Given
    steps: tuple[Step, ...]
    want: Mapping[str, Any] = field(default_factory=dict)
    expected: str = ""


def read_case(path: Path) -> Case:
    """Read and check a file. Raises MalformedCase, which names the file."""
    try:
        return case_of(path.name, json.loads(path.read_text()))
    except OSError as error:
        raise MalformedCase(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise MalformedCase(f"{path}: it is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise MalformedCase(f"{path}: it is no JSON: {error}") from error
    except MalformedCase as error:
        raise MalformedCase(f"{path}: {error}") from error


def case_of(name: str, found: Any) -> Case:
    """Check a parsed file. Raises MalformedCase."""
    whole = _object(found, "the file")
    want = _object(whole.get("want", {}), "want")
    if unknown := sorted(want.keys() - set(BOOKS)):
        raise MalformedCase(f"want names {', '.join(unknown)}; the books have {', '.join(BOOKS)}")
    steps = whole.get("steps")
    if not isinstance(steps, list) or not steps:
        raise MalformedCase("steps is to be a list of what happens, at least one step")
    return Case(
        name=name,
        given=_given(_object(whole.get("given"), "given")),
        steps=tuple(_step(_object(row, f"step {n}"), f"step {n}", steps) for n, row in enumerate(steps, 1)),
        want=want,
        expected=str(whole.get("expected", "")),
    )


def _given(row: Mapping[str, Any]) -> Given:
    if unknown := sorted(row.keys() - {known.name for known in fields(Given)}):
        raise MalformedCase(f"given names {', '.join(unknown)}, which is not known")
    if row.get("channel") not in channels():
        raise MalformedCase(f"given.channel is to be one of {', '.join(channels())}")
    _check(row, "given", "on_hand", lambda value: type(value) is int and value >= 0, "a number of pieces")
    for name in ("pos", "pos_imports_itself", "first"):
        _check(row, "given", name, lambda value: isinstance(value, bool), "true or false")
    _check(row, "given", "rival", lambda value: value in ("active", "inactive"), "active or inactive")
    _check(row, "given", "book", lambda value: isinstance(value, str), "a SKU")
    listing = row.get("listing")
    if listing is not None and not (
        isinstance(listing, list) and len(listing) == 2 and all(isinstance(part, str) for part in listing)
    ):
        raise MalformedCase("given.listing is to be [item, variation] as texts, or null")
    return Given(**{**row, "listing": tuple(listing) if listing else None})


def _step(row: Mapping[str, Any], place: str, all_steps: Sequence[Any]) -> Step:
    kinds = [name for name in ("read", "do", "store") if name in row]
    if len(kinds) != 1:
        raise MalformedCase(f"{place} is to have one of read, do and store")
    return _STEPS[kinds[0]](row, place, all_steps)


def _read(row: Mapping[str, Any], place: str, all_steps: Sequence[Any]) -> Step:
    if "answers" not in row and "note" in row:
        return _made_up_order(row, place, all_steps)
    _check(row, place, "at", lambda value: value in ("pos", "shop"), "pos or shop")
    return Read(
        kind=_text(row, place, "read"), external_id=_text(row, place, "id"), at_pos=row.get("at") == "pos",
        answers=_answers(row, place),
    )  # fmt: skip


def _made_up_order(row: Mapping[str, Any], place: str, all_steps: Sequence[Any]) -> MadeUpOrder:
    found = _MADE_UP.match(str(row["note"]))
    pieces = found and (_COUNTS.get(found[2]) or (int(found[2]) if found[2].isdecimal() else 0))
    numbers = [str(step["order"]) for step in all_steps if isinstance(step, dict) and "order" in step]
    number = str(row.get("id") or next(iter(numbers), ""))
    if not found or not pieces or not number or row["read"] != "order":
        raise MalformedCase(f"{place} has no answers; its note is to read `status SHIPPED, 1 piece`, about an order")
    return MadeUpOrder(number=number, status=found[1].lower(), pieces=pieces)


def _do(row: Mapping[str, Any], place: str, _: Sequence[Any]) -> Do:
    words = _text(row, place, "do")
    for verb, pattern in DEEDS.items():
        if found := pattern.fullmatch(words):
            return Do(verb=verb, about=next(iter(found.groups()), ""), answers=_answers(row, place))
    raise MalformedCase(
        f"{place}: nobody knows how to `{words}`; known: {', '.join(p.pattern for p in DEEDS.values())}"
    )


def _store(row: Mapping[str, Any], place: str, _: Sequence[Any]) -> MadeUpReturn:
    words = _text(row, place, "store").split()
    if len(words) != 2 or words[0] != "return":
        raise MalformedCase(f"{place}: store is to read `return NUMBER`")
    lines = row.get("lines")
    try:
        found = tuple((str(line["item_id"]), str(line["variation_id"]), int(line["quantity"])) for line in lines or ())
    except (TypeError, KeyError, ValueError) as error:
        raise MalformedCase(f"{place}: each of lines is to have item_id, variation_id and quantity") from error
    return MadeUpReturn(
        number=words[1], order_number=_text(row, place, "order"), status=_text(row, place, "status"), lines=found
    )


_STEPS: Mapping[str, Callable[[Mapping[str, Any], str, Sequence[Any]], Step]] = {
    "read": _read, "do": _do, "store": _store,
}  # fmt: skip


def _answers(row: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    return _object(row.get("answers", {}), f"{place}, answers")


def _object(found: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise MalformedCase(f"{place} is to be an object")
    return found


def _text(row: Mapping[str, Any], place: str, name: str) -> str:
    if not isinstance(row.get(name), str) or not row[name]:
        raise MalformedCase(f"{place} is to have a text `{name}`")
    return str(row[name])


def _check(row: Mapping[str, Any], place: str, name: str, holds: Callable[[Any], bool], wanted: str) -> None:
    if name in row and not holds(row[name]):
        raise MalformedCase(f"{place}.{name} is to be {wanted}")
