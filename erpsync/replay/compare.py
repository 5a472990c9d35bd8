"""Comparing what a case wants with the books: only the keys it names, and of objects only the fields it names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any


def differences(want: Mapping[str, Any], books: Mapping[str, Any]) -> list[str]:
    """Return a line per difference, readable by itself; none when all is as wanted."""
    return [line for key, value in want.items() for line in _SPECIAL.get(key, _between)(key, value, books[key])]


def _between(place: str, want: Any, found: Any) -> Iterator[str]:
    if isinstance(want, dict) and isinstance(found, dict):
        for name, value in want.items():
            yield from _between(f"{place}.{name}", value, found.get(name))
    elif isinstance(want, list) and isinstance(found, list) and len(want) == len(found):
        for position, (value, there) in enumerate(zip(want, found, strict=True)):
            yield from _between(f"{place}[{position}]", value, there)
    elif want != found or isinstance(want, bool) is not isinstance(found, bool):
        yield f"{place}: wanted {_words(want)}, found {_words(found)}"


def _events(place: str, want: Any, found: list[dict[str, list[str]]]) -> Iterator[str]:
    """As the others; how an event ended is named as far as it matters: its state, then the code, then the reason."""
    if not isinstance(want, list):
        yield from _between(place, want, found)
        return
    named = [step if isinstance(step, dict) else {} for step in want]
    shortened = [
        {thing: end[: len(named[n].get(thing, end))] if n < len(named) else end for thing, end in step.items()}
        for n, step in enumerate(found)
    ]
    yield from _between(place, want, shortened)


_SPECIAL: Mapping[str, Callable[[str, Any, Any], Iterator[str]]] = {"events": _events}


def _words(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
