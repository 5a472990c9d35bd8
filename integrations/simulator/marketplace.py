"""Base of a simulated marketplace: a platform around a backend, with saving and restoring."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Generic, TypeVar

from integrations.simulator.backend import MarketplaceBackend
from integrations.simulator.simulated_platform import SimulatedPlatform

BackendT = TypeVar("BackendT", bound=MarketplaceBackend[Any, Any, Any])


class SimulatedMarketplace(SimulatedPlatform, Generic[BackendT]):
    """A platform with shops, one app and scheduled actions. `open` sets the backend of a new world."""

    backend: BackendT

    @abstractmethod
    def backend_of(self, state: Any) -> BackendT:
        """Return a backend on a new or a saved state."""

    def save(self) -> object:
        """Return the backend's state; shops and orders are the world's."""
        return self.backend.state

    def restore(self, saved: Any) -> None:
        """Continue from a saved state, with retries and delays where they were."""
        self.backend = self.backend_of(saved)
        self.backend.resume()
