"""Actions that a simulated platform will run later, kept over a restart (`PlatformContext.later` alone forgets them)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ScheduledAction:
    """One pending action: its name, the logical time it is due, and what it is about."""

    due: float
    action: str
    subject: str
    number: int


@dataclass
class Schedule:
    """Pending actions by key; part of a platform's saved state."""

    pending: dict[int, ScheduledAction] = field(default_factory=dict)
    last_key: int = 0

    def add(self, scheduled: ScheduledAction) -> int:
        """Keep an action and return its key."""
        self.last_key += 1
        self.pending[self.last_key] = scheduled
        return self.last_key
