"""Limits that all workers share, and a breaker per app and host, asked in one round trip to Redis before each call."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.connectors.base import Limit


class Gate:
    """One admitted call; tell it how the call ended, exactly once."""

    def succeeded(self) -> None:
        """The channel answered."""

    def failed(self) -> None:
        """The channel is out of order."""

    def throttled(self, after: float) -> None:
        """The channel said "too often"."""


def enter(counted: Iterable[tuple[Limit, str]], *, app: str, host: str, lane: str, name: str) -> Gate:
    """Admit a call."""
    return Gate()
