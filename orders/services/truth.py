"""Rule 5: old truth never overwrites newer truth."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Told(Protocol):
    """Something a channel said at a time. `version`: the channel's own time of the change, None where it tells none."""

    @property
    def version(self) -> datetime | None: ...

    @property
    def asked_at(self) -> datetime: ...


def is_newer(told: Told, known: Told) -> bool:
    """Does `told` overwrite what is `known`? The channel's time decides; where it is equal or missing, the time we asked."""
    if known.version and told.version and known.version != told.version:
        return told.version > known.version
    return told.asked_at > known.asked_at
