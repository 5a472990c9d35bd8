"""Our connector at the simulated Tiki, over real HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.connectors.tiki import consent
from integrations.connectors.tiki.connector import CONNECTOR
from integrations.contract.access import Access, AppAccess
from integrations.contract.reads import Answer
from integrations.contract.writes import WriteRequest
from inventory.snapshots import ListingSnapshot
from tests.integrations.connectors.bound import Bound
from tests.waiting import wait_until

from .market import Market

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass
class Renewing:
    """A token source that renews at Tiki itself."""

    app: AppAccess
    token: str
    refresh: str = ""

    def current(self) -> str:
        return self.token

    def renewed(self, stale: str) -> str:
        grant = consent.renew(self.app, refresh_token=self.refresh, shop_id="")
        self.token, self.refresh = grant.access_token, grant.refresh_token
        return self.token


def app_of(market: Market, **more: str) -> AppAccess:
    """Our registration there, its values parted into credentials and settings as the connector declares them."""
    given = market.account["app"] | more
    credentials, settings = (
        {field.name: given[field.name] for field in fields if field.name in given}
        for fields in (CONNECTOR.account_fields, CONNECTOR.account_settings)
    )
    return AppAccess("key-1", credentials, market.account["base_url"], settings=settings)


def connect(market: Market, shop: int = 0, **settings: str) -> Bound:
    row, app = market.account["shops"][shop], app_of(market)
    tokens = Renewing(app, row["access_token"], row["refresh_token"])
    return Bound(CONNECTOR, Access(app, row["shop_id"], tokens, settings))


def read(account: Bound, kind: str, *ids: str, since: datetime | None = None) -> Answer:
    now = datetime.now(UTC)
    return account.read(kind, ids, since=since or now - timedelta(minutes=5), asked_at=now)


def command(kind: str, code: str, **options: Any) -> WriteRequest:
    return WriteRequest(kind, code, "ref-1", options=options, sent_at=datetime.now(UTC))


def listings(account: Bound) -> list[Any]:
    pages = account.changed("listing", since=None, until=datetime.now(UTC))
    return [one for page in pages if page.answer for one in page.answer.of(ListingSnapshot)]


def busy(market: Market, orders: int = 130) -> None:
    market.ask("POST", "/start", orders=orders, interval_ms=0, pos_share=0)
    wait_until(lambda: market.ask("GET", "/progress")["orders_placed"] >= orders)
