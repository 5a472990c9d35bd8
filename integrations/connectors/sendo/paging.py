"""Lists behind page tokens: a token overrides every filter, dies after a while, and nobody knows how that shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.connectors.sendo.calls import search
from integrations.connectors.sendo.mapping import errors, fields
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected, TryLater
from integrations.wire.http import Line

PAGE = 50
# how often a list is read from the top before we come back later
_PASSES = 5
_PAUSE = 60.0


@dataclass
class _Walk:
    """How one pass over a list went. `refused`: a page token was; `whole`: it ended as a list should."""

    pages: int = 0
    refused: bool = False
    whole: bool = False


def pages(
    line: Line, path: str, filters: Mapping[str, Any], *, key: Callable[[Row], str], moving: bool
) -> Iterator[list[Row]]:
    """All pages of a search; rows may come twice. Read again from the top when a token died or an empty page came in the middle,
    and, where rows still move, until a pass brings nothing new. Raises TryLater when tokens die faster than pages are read.
    """
    seen: set[str] = set()
    for _ in range(_PASSES):
        walk, before = _Walk(), len(seen)
        for rows in _walked(line, path, filters, walk):
            seen.update(map(key, rows))
            yield rows
        if walk.whole and (walk.pages == 1 or not moving):
            return
        if len(seen) == before and not walk.refused:
            return
    if walk.refused:
        raise TryLater(f"Sendo's page tokens of {path} die before the list is read", after=_PAUSE, code="page_token")


def _walked(line: Line, path: str, filters: Mapping[str, Any], walk: _Walk) -> Iterator[list[Row]]:
    token, tokens = "", set[str]()
    while token not in tokens:
        tokens.add(token)
        try:
            result = search(line, path, {"page_size": PAGE, **filters} | ({"token": token} if token else {}))
        except Rejected:
            if not token:
                raise
            walk.refused = True
            return
        if not isinstance(result, Mapping) or not isinstance(result.get("data"), list):
            raise errors.nonsense(f"{path}: no list")
        rows, following = answers.rows(result, "data"), fields.text(result, "next_token")
        walk.pages += 1
        yield rows
        if not following:
            # an empty page behind a token may be the end, or how a dead token shows
            walk.whole = bool(rows) or not token
            return
        token = following
