"""What a platform means to do later and must not forget over a restart: `Ground.later` alone would."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import partial

from integrations.simulator.side import Ground


@dataclass(frozen=True)
class Plan:
    """Something that will happen: which deed, at which logical time, to what."""

    due: float
    deed: str
    subject: str
    number: int


@dataclass
class Plans:
    """All that is planned; belongs to what a side saves."""

    waiting: dict[int, Plan] = field(default_factory=dict)
    made: int = 0


class Planning(ABC):
    """A platform that plans by name: a saved plan finds its deed again in another process."""

    ground: Ground

    @property
    @abstractmethod
    def plans(self) -> Plans:
        """Where they are kept."""

    @abstractmethod
    def do(self, deed: str, subject: str, number: int) -> None:
        """Its time has come."""

    def plan(self, seconds: float, deed: str, subject: str, number: int = 0) -> None:
        """Let a deed happen after so many logical seconds; kept over a restart."""
        self.plans.made += 1
        key = self.plans.made
        self.plans.waiting[key] = Plan(self.ground.moment() + seconds, deed, subject, number)
        self.ground.later(seconds, partial(self._due, key))

    def resume(self) -> None:
        """After a restart: what was planned is on its way again."""
        for key, plan in self.plans.waiting.items():
            self.ground.later(max(0.0, plan.due - self.ground.moment()), partial(self._due, key))

    def _due(self, key: int) -> None:
        plan = self.plans.waiting.pop(key)
        self.do(plan.deed, plan.subject, plan.number)
