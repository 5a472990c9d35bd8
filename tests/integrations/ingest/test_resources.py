"""The table of resources is open: one more row, and events, sweeps, backfills, dry runs and the admin know it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from core.db import execute, fetch
from core.results import ReadRequest, Stored
from erpsync.admin.channels import backfill_form
from erpsync.admin.channels import inbox as inbox_pages
from integrations import inbox
from integrations.accounts.connections import account_of
from integrations.contract.access import Access
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.inbox.store import Incoming
from integrations.ingest import resources
from integrations.ingest.backfill import planning, running
from integrations.ingest.dry_run import Difference, dry_run
from integrations.ingest.dry_run_facts import Fact
from integrations.ingest.pipeline import process
from integrations.ingest.resources import Circumstances, Kind, Known, Resource
from integrations.ingest.sweep import sweep
from integrations.models import Connection, InboxEvent
from tests.integrations.toy import connected, install

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

NOON = datetime(2026, 11, 11, 5, tzinfo=UTC)


@dataclass(frozen=True)
class CampaignSnapshot:
    """A campaign, with an order it names."""

    code: str
    asked_at: datetime
    raw: dict[str, object] = field(default_factory=dict)


_STORE = """
INSERT INTO pg_temp.campaign AS known (code, asked_at, source, is_history) VALUES (%s, %s, %s, %s)
ON CONFLICT (code) DO UPDATE SET asked_at = excluded.asked_at, source = excluded.source WHERE known.asked_at < excluded.asked_at
"""


class Campaigns:
    """A channel with campaigns, and the hub's copy of them."""

    def store(self, connection: Connection, found: Sequence[CampaignSnapshot], how: Circumstances) -> Stored:
        stale = {s.code for s in found if not execute(_STORE, s.code, s.asked_at, how.sources[s.code], how.is_history)}
        wanted = {ReadRequest("campaign", f"{s.code}+", s.code) for s in found if s.code == "A"}
        return Stored(stale=frozenset(stale), wanted=frozenset(wanted))

    def facts(self, connection: Connection, code: str) -> Iterator[Fact]:
        for (source,) in fetch("SELECT source FROM pg_temp.campaign WHERE code = %s", code):
            yield Fact("Campaign", code, source)

    def read(self, access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
        return Answer(tuple(CampaignSnapshot(code, asked_at) for code in ids))

    def changed(self, access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        yield Page((Change("S", NOON),))

    def resource(self) -> Resource[CampaignSnapshot]:
        return Resource(
            snapshot=CampaignSnapshot,
            key=lambda s: s.code,
            kinds=(Kind("campaign", "Campaign", history="Campaigns"),),
            store=self.store,
            known=Known("FROM pg_temp.campaign r WHERE r.code = n.external_id"),
            facts=self.facts,
        )

    def connector(self) -> Connector:
        return Connector(
            channel="toy",
            title="Toy",
            roles=frozenset({Role.MARKETPLACE}),
            check=lambda access: Health(access.shop_id),
            reads={"campaign": Reader(read=self.read, changed=self.changed, batch=2)},
        )


@pytest.fixture
def campaigns(monkeypatch: pytest.MonkeyPatch) -> Iterator[Campaigns]:
    found = Campaigns()
    execute(
        "CREATE TEMPORARY TABLE campaign (code text PRIMARY KEY, version timestamptz, asked_at timestamptz, source text,"
        " is_history boolean)"
    )
    install(monkeypatch, found.connector())
    undo = resources.register(found.resource())
    yield found
    undo()
    execute("DROP TABLE pg_temp.campaign")


@pytest.fixture
def connection(campaigns: Campaigns) -> Connection:
    return connected()


def drained(connection: Connection) -> None:
    claimed = inbox.claim(connection.pk, limit=100, seconds=60)
    assert claimed
    process(account_of(connection), claimed)


def ends() -> list[tuple[str, str, str]]:
    return list(InboxEvent.objects.order_by("id").values_list("external_id", "state", "reason_code"))


def copies() -> list[tuple[str, str, bool]]:
    return fetch("SELECT code, source, is_history FROM pg_temp.campaign ORDER BY code")


def test_its_events_are_read_stored_and_ended(campaigns: Campaigns, connection: Connection) -> None:
    app_id = connection.authorisation.app_id
    inbox.add([Incoming(app_id, connection.pk, "campaign", code, "webhook") for code in ("A", "B", "C")])
    drained(connection)
    assert copies() == [(code, "webhook", False) for code in "ABC"]
    assert ends() == [
        ("A", "processed", ""), ("B", "processed", ""), ("C", "processed", ""), ("A+", "pending", ""),
    ]  # fmt: skip
    execute(_STORE, "A+", timezone.now() + timedelta(days=1), "webhook", False)
    drained(connection)
    assert ends()[-1] == ("A+", "duplicate", "stale")


def test_a_sweep_finds_what_is_not_stored(campaigns: Campaigns, connection: Connection) -> None:
    sweep(connection.pk)
    assert ends() == [("S", "pending", "")]
    drained(connection)
    execute("UPDATE pg_temp.campaign SET version = %s", NOON)
    sweep(connection.pk)
    assert ends() == [("S", "processed", "")]


def test_a_backfill_stores_it_as_history(campaigns: Campaigns, connection: Connection) -> None:
    run = planning.start(connection, "campaign", since=NOON - timedelta(hours=1), until=NOON + timedelta(hours=1))
    running.work(run.pk)
    assert copies() == [("S", "backfill", True)]


def test_a_dry_run_shows_its_facts_and_the_admin_its_names(campaigns: Campaigns, connection: Connection) -> None:
    event = InboxEvent.objects.create(
        app=connection.authorisation.app, connection=connection, kind="campaign", external_id="B", source="webhook"
    )
    assert dry_run(event).differences == (Difference("Campaign", "B", "", "webhook"),)
    assert copies() == []
    assert inbox_pages.kind_label("campaign") == "Campaign"
    assert backfill_form.kinds_of(connection) == [("campaign", "Campaigns")]


def test_every_kind_has_one_row_and_every_row_a_snapshot_type_of_its_own() -> None:
    rows = resources.resources()
    names = [kind.name for row in rows for kind in row.kinds]
    assert len(names) == len(set(names))
    assert len({row.snapshot for row in rows}) == len(rows)
    assert all(kind.whole for kind in resources.kinds().values() if kind.observed)


def test_the_row_is_gone_after_its_test() -> None:
    assert "campaign" not in resources.kinds()
