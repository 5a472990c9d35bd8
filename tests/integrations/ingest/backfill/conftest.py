"""A shop with a past."""

from __future__ import annotations

import pytest

from integrations.models import AppRegistration, Authorisation, Connection
from inventory.models import Shop
from tests.integrations.ingest.backfill.toy_past import END, Past, Toy
from tests.integrations.toy import install


@pytest.fixture
def past(monkeypatch: pytest.MonkeyPatch, redis: object) -> Past:
    found = Past()
    install(monkeypatch, Toy(found).connector())
    return found


@pytest.fixture
def connection() -> Connection:
    app = AppRegistration.objects.create(channel="toy", name="Toy")
    shop = Shop.objects.create(name="Gian hàng", channel="toy", stock_since=END)
    return Connection.objects.create(authorisation=Authorisation.objects.create(app=app), shop=shop, external_id="900")
