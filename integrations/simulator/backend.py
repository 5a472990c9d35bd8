"""Base of a marketplace's backend: saved state, the app's credentials and tokens, and actions scheduled by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

from integrations.simulator.scheduling import Schedule, ScheduledAction
from integrations.simulator.simulated_platform import PlatformContext

AppT = TypeVar("AppT")
TokensT = TypeVar("TokensT")
BookT = TypeVar("BookT")
# (backend, subject, number). Run by name, so that a saved action finds its code again in another process
Action = Callable[[Any, str, int], None]


@dataclass
class MarketplaceState(Generic[AppT, TokensT, BookT]):
    """Everything of one marketplace that a restart of the simulator must keep, but for shops and orders: the world's."""

    app: AppT
    tokens: TokensT
    book: BookT
    schedule: Schedule = field(default_factory=Schedule, kw_only=True)


@dataclass
class MarketplaceBackend(Generic[AppT, TokensT, BookT]):
    """One marketplace with one app. `scheduled_actions`: the actions that `schedule` may name."""

    context: PlatformContext
    state: MarketplaceState[AppT, TokensT, BookT]
    scheduled_actions: Mapping[str, Action]

    @property
    def app(self) -> AppT:
        """The app's credentials."""
        return self.state.app

    @property
    def tokens(self) -> TokensT:
        """Codes and tokens of the app."""
        return self.state.tokens

    @property
    def book(self) -> BookT:
        """The platform's own records of orders, packages, returns."""
        return self.state.book

    @property
    def now(self) -> float:
        """The platform's clock, epoch seconds."""
        return self.context.now()

    def schedule(self, seconds: float, action: str, subject: str, number: int = 0) -> None:
        """Run a scheduled action after so many logical seconds, over a restart if need be."""
        due = self.context.logical_time() + seconds
        self._run_later(seconds, self.state.schedule.add(ScheduledAction(due, action, subject, number)))

    def resume(self) -> None:
        """Put every saved action back on the timeline after a restart."""
        for key, scheduled in self.state.schedule.pending.items():
            self._run_later(max(0.0, scheduled.due - self.context.logical_time()), key)

    def _run_later(self, seconds: float, key: int) -> None:
        self.context.later(seconds, partial(self._run, key))

    def _run(self, key: int) -> None:
        scheduled = self.state.schedule.pending.pop(key)
        self.scheduled_actions[scheduled.action](self, scheduled.subject, scheduled.number)
