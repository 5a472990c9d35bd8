"""Finding where a shop's history begins: the channel's own word, else a search."""

from __future__ import annotations

from datetime import datetime, timedelta

from integrations.contract.access import Access
from integrations.contract.reads import Reader

# no marketplace of this country is older
OLDEST = timedelta(days=15 * 365)
SPAN = timedelta(days=15)
# a shop may close for so long and still have older history
LONGEST_BREAK = timedelta(days=120)


def find_beginning(reader: Reader, access: Access, until: datetime) -> datetime | None:
    """Return a time before which the shop has nothing of this kind, at most a span too early; None when it has nothing at all.

    The channel's own word where it has one; else steps back that double while anything is found, then halves between. Raises
    ChannelError.
    """
    earliest = reader.earliest(access) if reader.earliest else None
    if earliest is not None:
        return earliest if earliest < until else None
    span = min(SPAN, reader.window or SPAN)
    oldest = until - OLDEST
    seen = until
    step = LONGEST_BREAK
    empty = oldest
    while seen > oldest:
        probe = max(seen - step, oldest)
        found = _anything(reader, access, probe, min(probe + LONGEST_BREAK, seen), span)
        if found is None:
            empty = probe
            break
        seen = found
        step *= 2
    while seen - empty > LONGEST_BREAK:
        middle = empty + (seen - empty) / 2
        found = _anything(reader, access, middle, min(middle + LONGEST_BREAK, seen), span)
        if found is None:
            empty = middle
        else:
            seen = found
    first = _anything(reader, access, max(empty, oldest), seen, span)
    return first or (seen if seen < until else None)


def _anything(reader: Reader, access: Access, since: datetime, until: datetime, span: timedelta) -> datetime | None:
    """Return the start of the first span in [since, until] that holds anything."""
    while since < until:
        for page in reader.changed(access, since=since, until=min(since + span, until)):
            if page.changes:
                return since
        since += span
    return None
