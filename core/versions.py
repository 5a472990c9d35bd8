"""Version order of snapshots: an older one never overwrites a newer one."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Versioned(Protocol):
    """A snapshot or row with its time. `version`: the channel's own time of the change, None where it tells none."""

    @property
    def version(self) -> datetime | None: ...

    @property
    def asked_at(self) -> datetime: ...


def is_newer(snapshot: Versioned, known: Versioned) -> bool:
    """Return whether `snapshot` overwrites what is `known`. The channel's time decides; where it is equal or missing, the time we asked."""
    if known.version and snapshot.version and known.version != snapshot.version:
        return snapshot.version > known.version
    return snapshot.asked_at > known.asked_at
