"""A shop on a marketplace with real shelves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.integrations.publishing.house import House, Market
from tests.integrations.toy import install


@pytest.fixture
def open_house(monkeypatch: pytest.MonkeyPatch) -> Callable[..., House]:
    def build(market: Market | None = None, stock: Sequence[int] = (10,)) -> House:
        house = House(market or Market(), stock)
        install(monkeypatch, house.market.connector())
        return house

    return build
