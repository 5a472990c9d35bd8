"""Where does a shop's history begin? Asked where the channel tells, searched for where it does not."""

from __future__ import annotations

from datetime import datetime, timedelta

from integrations.connectors.base import Connector

# no marketplace of this country is older
OLDEST = timedelta(days=15 * 365)
SPAN = timedelta(days=15)
# a shop may close for so long and still have older history
LONGEST_BREAK = timedelta(days=120)


def find_beginning(connector: Connector, kind: str, until: datetime) -> datetime:
    """A time before which the shop has nothing of this kind, and not more than a span too early. Raises ChannelError.

    The channel's own word where it has one; else steps back that double while anything is found, then halves between.
    """
    told = connector.earliest(kind)
    if told is not None:
        return min(told, until)
    span = min(SPAN, connector.kinds[kind].window or SPAN)
    oldest = until - OLDEST
    seen = until
    step = LONGEST_BREAK
    empty = oldest
    while seen > oldest:
        probe = max(seen - step, oldest)
        found = _anything(connector, kind, probe, min(probe + LONGEST_BREAK, seen), span)
        if found is None:
            empty = probe
            break
        seen = found
        step *= 2
    while seen - empty > LONGEST_BREAK:
        middle = empty + (seen - empty) / 2
        found = _anything(connector, kind, middle, min(middle + LONGEST_BREAK, seen), span)
        if found is None:
            empty = middle
        else:
            seen = found
    return _first(connector, kind, max(empty, oldest), seen, span)


def _anything(connector: Connector, kind: str, since: datetime, until: datetime, span: timedelta) -> datetime | None:
    """The start of the first span in [since, until] that holds anything."""
    while since < until:
        for page in connector.changed(kind, since=since, until=min(since + span, until)):
            if page.changes:
                return since
        since += span
    return None


def _first(connector: Connector, kind: str, since: datetime, until: datetime, span: timedelta) -> datetime:
    return _anything(connector, kind, since, until, span) or until
