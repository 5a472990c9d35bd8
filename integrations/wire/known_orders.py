"""Commands about orders that are known: the channel is asked for the order only when it refuses."""

from __future__ import annotations

from collections.abc import Callable

from integrations.contract.errors import Rejected
from integrations.contract.writes import WriteOutcome
from integrations.wire.answers import Row


def with_known(
    known: Row, read: Callable[[], Row], act: Callable[[Row], WriteOutcome], *, waits: Callable[[Row], object]
) -> WriteOutcome:
    """Act on the order as it is known. Refused, or where nothing is known that waits for it, act on it as it is: what was done is
    left as it is.
    """
    if known:
        try:
            if waits(known):
                return act(known)
        except Rejected:
            # what is known may be old
            pass
    return act(read())
