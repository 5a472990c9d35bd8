"""Lists behind page tokens: a token overrides every filter and dies after a while; how that shows is documented nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.connectors.sendo.client import search
from integrations.connectors.sendo.mapping import errors, fields
from integrations.contract.errors import Rejected, TryLater
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient
from integrations.wire.paging import PASSES

PAGE = 50
_PAUSE = 60.0


@dataclass
class _Pass:
    """State of one pass over a list. `refused`: a page token was; `whole`: it ended as a list should."""

    pages: int = 0
    refused: bool = False
    whole: bool = False


def pages(
    client: ChannelClient, path: str, filters: Mapping[str, Any], *, key: Callable[[Row], str], moving: bool
) -> Iterator[list[Row]]:
    """Yield all pages of a search; rows may come twice. Raises TryLater when tokens die faster than pages are read.

    The list is read again from the top when a token died or an empty page came in the middle, and, where rows still move,
    until a pass brings nothing new.
    """
    seen: set[str] = set()
    for _ in range(PASSES):
        state, before = _Pass(), len(seen)
        for rows in _one_pass(client, path, filters, state):
            seen.update(map(key, rows))
            yield rows
        if state.whole and (state.pages == 1 or not moving):
            return
        if len(seen) == before and not state.refused:
            return
    if state.refused:
        raise TryLater(errors.LIST_ENDS_EARLY(path=path), after=_PAUSE, code="page_token")


def _one_pass(client: ChannelClient, path: str, filters: Mapping[str, Any], state: _Pass) -> Iterator[list[Row]]:
    token, tokens = "", set[str]()
    while token not in tokens:
        tokens.add(token)
        try:
            result = search(client, path, {"page_size": PAGE, **filters} | ({"token": token} if token else {}))
        except Rejected:
            if not token:
                raise
            state.refused = True
            return
        if not isinstance(result, Mapping) or not isinstance(result.get("data"), list):
            raise errors.malformed(f"{path}: no list")
        rows, following = answers.rows(result, "data"), fields.text(result, "next_token")
        state.pages += 1
        yield rows
        if not following:
            # an empty page behind a token may be the end, or how a dead token shows
            state.whole = bool(rows) or not token
            return
        token = following
