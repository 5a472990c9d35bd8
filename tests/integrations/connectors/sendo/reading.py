"""Reads of a scripted Sendo, as tests make them."""

from __future__ import annotations

from datetime import UTC, datetime

from integrations.contract.reads import Answer
from tests.integrations.connectors.bound import Bound

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SEARCH, PRODUCTS, UPDATE, MASK = (
    "POST salesorder/search", "POST product/search", "PUT salesorder", "POST product/update-by-field-mask",
)  # fmt: skip


def read(account: Bound, kind: str, *ids: str) -> Answer:
    return account.read(kind, ids, since=NOW, asked_at=NOW)


def listed_ids(account: Bound, kind: str, since: datetime, until: datetime) -> list[str]:
    return [change.external_id for page in account.changed(kind, since=since, until=until) for change in page.changes]
