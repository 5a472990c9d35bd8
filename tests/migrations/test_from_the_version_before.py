"""A database of the version before the house opened, with commands open in every state, migrates forward and goes on.

`before_the_house_opened.sql` was filled by that version's own code; `before_the_house_opened.goes_on.json` is what it did itself
with the open commands afterwards, once with every look-up finding the command done and once with none finding it.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker
from redis import Redis

from core.db import decode, execute, fetch
from core.reasons import Reason
from integrations.connectors import connector_of
from integrations.contract.access import Access
from integrations.contract.writes import WriteOutcome, Writer, WriteRequest
from integrations.documents.commands.perform import due_by_job, perform_due
from integrations.documents.engine import want_documents
from integrations.documents.targets import JOBS
from integrations.models import Authorisation
from tests.integrations.toy import install

HERE = Path(__file__).parent
DUMP = HERE / "before_the_house_opened.sql"
GOES_ON = HERE / "before_the_house_opened.goes_on.json"

KEPT = (
    "id, kind, reference, state, options::text, external_id, code, reason, tries, missed, due_at, sent_at, finished_at,"
    " created_at, actor_id, order_id, warehouse_id"
)
# shop that a command went to -> its connection
TARGETS = {11: 21, 12: 22, 13: 23, 14: 24, 15: 25}
CHANNELS = ("kiotviet", "misa_crm", "shopee", "lazada", "sendo")


# the tests that migrate nothing else share one migrated database
pytestmark = pytest.mark.xdist_group("the version before")


@contextmanager
def other_database(suffix: str, *, template: str = "template1", drop: bool = True) -> Iterator[str]:
    """Make a database on the test's server the default one, and drop it in the end."""
    settings = connection.settings_dict
    own = settings["NAME"]
    name = f"{own}_{suffix}"
    connection.close()
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    settings["NAME"] = name
    try:
        yield name
    finally:
        connection.close()
        settings["NAME"] = own
        if drop:
            drop_database(name)


def drop_database(name: str) -> None:
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def load_dump() -> None:
    with connection.cursor() as cursor:
        cursor.execute(DUMP.read_text())


@pytest.fixture
def old_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker, redis: Redis) -> Iterator[None]:
    """The dump, loaded into a database of its own on the test's server, as the default one."""
    with django_db_blocker.unblock(), other_database("before"):
        load_dump()
        yield


@pytest.fixture(scope="module")
def migrated(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """A template with the dump migrated forward: its name, and the commands that the dump had."""
    with django_db_blocker.unblock():
        with other_database("migrated", drop=False) as name:
            load_dump()
            before = old_commands()
            migrate()
        yield name, before
        drop_database(name)


@pytest.fixture
def fresh_schema(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> set[tuple[str, str, str, str]]:
    """The schema of the tests' own database, which the squashed migrations made."""
    with django_db_blocker.unblock():
        return schema()


@pytest.fixture
def new_database(
    migrated: tuple[str, list[tuple[Any, ...]]], django_db_blocker: DjangoDbBlocker, redis: Redis
) -> Iterator[list[tuple[Any, ...]]]:
    """The migrated dump as the default database of one test; yields the commands that it had before."""
    name, before = migrated
    with django_db_blocker.unblock(), other_database("after", template=name):
        yield before


def old_commands() -> list[tuple[Any, ...]]:
    return fetch(f"SELECT {KEPT}, target_id FROM orders_fulfilment ORDER BY id")


def commands() -> list[tuple[Any, ...]]:
    kept = KEPT.replace(" reason,", " coalesce(reason->>'words', ''),")
    return fetch(f"SELECT {kept}, target_id FROM integrations_command ORDER BY id")


migrate = partial(call_command, "migrate", verbosity=0, interactive=False)


def test_every_command_is_kept_and_only_its_target_is_said_otherwise(new_database: list[tuple[Any, ...]]) -> None:
    assert commands() == [(*row[:-1], TARGETS[row[-1]]) for row in new_database]
    assert len(new_database) == 70
    assert dict(fetch("SELECT state, count(*) FROM integrations_command GROUP BY 1")) == {
        "wanted": 15, "sent": 14, "done": 25, "refused": 8, "dropped": 8,
    }  # fmt: skip
    assert fetch("SELECT kind LIKE 'crm%%', lane, count(*) FROM integrations_command GROUP BY 1, 2 ORDER BY 1") == [
        (False, "orders", 42),
        (True, "bulk", 28),
    ]
    assert fetch(
        "SELECT kind, count(*) FROM integrations_command WHERE subject <> '' AND subject = options ->> 'code' GROUP BY 1"
    ) == [("crm_customer", 9)]
    assert fetch("SELECT to_regclass('orders_fulfilment')") == [(None,)]
    [(number,)] = fetch("SELECT nextval(pg_get_serial_sequence('integrations_command', 'id'))")
    assert number == 271
    # secrets are bound to their table and column: they open still
    assert Authorisation.objects.get(pk=51).access_token == "kiotviet-access-token"


_SCHEMA = """
SELECT 'column', table_name, column_name, concat_ws(' ', udt_name, character_maximum_length, numeric_precision, numeric_scale, is_nullable,
    is_identity, column_default)
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'function', '', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL
SELECT 'sequence', '', sequencename, data_type::text FROM pg_sequences WHERE schemaname = 'public'
"""


# a condition that went through a dump has other casts and brackets
_CASTS = re.compile(r"::(character varying|text)(\[\])?|[()]")


def schema() -> set[tuple[str, str, str, str]]:
    return {(kind, table, name, _CASTS.sub("", said)) for kind, table, name, said in fetch(_SCHEMA)}


@pytest.mark.django_db(transaction=True)
def test_step_by_step_makes_the_schema_of_the_squashed_migrations(
    fresh_schema: set[tuple[str, str, str, str]], new_database: list[tuple[Any, ...]]
) -> None:
    assert len(fresh_schema) > 1_000
    assert schema() - fresh_schema == set()
    assert fresh_schema - schema() == set()


def test_the_way_back_keeps_every_command_too(old_database: None) -> None:
    before = old_commands()
    migrate("orders", "0007_command")
    migrate("integrations", "0007_command")
    assert fetch("SELECT to_regclass('orders_fulfilment')") == [(None,)]
    migrate("integrations", "0006_consent")
    migrate("orders", "0006_returns_answered")
    assert old_commands() == before
    [(number,)] = fetch("SELECT nextval(pg_get_serial_sequence('orders_fulfilment', 'id'))")
    assert number == 271


def test_commands_to_a_shop_without_a_connection_are_not_lost_silently(old_database: None) -> None:
    execute(
        'INSERT INTO inventory_shop SELECT (jsonb_populate_record(shop, \'{"id": 99, "name": "Không còn"}\')).*'
        " FROM inventory_shop shop WHERE id = 13"
    )
    execute("UPDATE orders_fulfilment SET target_id = 99 WHERE id = 201")
    with pytest.raises(Exception, match="shops without a connection"):
        migrate()
    assert len(old_commands()) == 70


# the version before knew no subject (it told the same as the code among the options), no discount of a document, no picture, and nothing of
# the order as it was last read
NOT_SAID_BEFORE = frozenset({"sent_at", "subject", "discount", "known", "pictures"})


class Recorder:
    """Does everything it is asked to, and records the calls as the version before did."""

    def __init__(self, *, finds: bool) -> None:
        self.finds = finds
        self.calls: list[dict[str, Any]] = []
        self._lock = Lock()

    def record(self, verb: str, access: Access, command: WriteRequest) -> WriteOutcome:
        assert command.sent_at is not None
        said = {name: value for name, value in asdict(command).items() if name not in NOT_SAID_BEFORE}
        call = {"verb": verb, "shop": access.shop_id} | said
        with self._lock:
            self.calls.append(json.loads(json.dumps(call, default=str)))
        return WriteOutcome(command.external_id or "ID", "CODE")

    def perform(self, access: Access, command: WriteRequest) -> WriteOutcome:
        return self.record("perform", access, command)

    def outcome_of(self, access: Access, command: WriteRequest) -> WriteOutcome | None:
        found = self.record("outcome_of", access, command)
        return found if self.finds else None


def time_passes() -> None:
    """Everything but what waits for years is due, and what was sent has settled."""
    execute("UPDATE integrations_command SET due_at = '2000-01-01' WHERE due_at < '2030-01-01'")
    execute("UPDATE integrations_command SET sent_at = clock_timestamp() - interval '1 hour' WHERE state = 'sent'")


def go_on() -> None:
    lanes = {job: lane for lane, job in JOBS.items()}
    for _ in range(6):
        time_passes()
        for job, connections in due_by_job().items():
            for connection_id in connections:
                perform_due(connection_id, lane=lanes[job], budget_seconds=60)


def plain(text: str) -> str:
    return text.rstrip(".").lower()


def as_rows(calls: list[dict[str, Any]]) -> list[str]:
    """The calls as sortable texts. Amounts in one form, as whole dong have no decimals any more; and a later state of an order at
    the CRM names the record by now, where the version before looked it up.
    """
    for call in calls:
        if call["kind"] == "crm_order":
            call["external_id"] = ""
        for line in call["lines"]:
            line["price"] = f"{Decimal(line['price']):.4f}"
    return sorted(json.dumps(call, sort_keys=True, ensure_ascii=False) for call in calls)


def by_order(calls: list[dict[str, Any]]) -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for call in calls:
        found[call["shop"], call["order_number"], call["warehouse"]].append(f"{call['verb']} {call['reference']}")
    return found


@pytest.mark.parametrize("case", ["found", "not_found"])
def test_the_new_engine_sends_what_the_old_one_would_have(
    new_database: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    expected = json.loads(GOES_ON.read_text())[case]
    shops = dict(fetch("SELECT id, external_id FROM integrations_connection"))
    wanted = [
        {"verb": call["verb"], "shop": shops[call["connection"]]}
        | {name: value for name, value in call.items() if name not in ("verb", "connection")}
        for call in expected["calls"]
    ]
    recorder = Recorder(finds=case == "found")
    writer = Writer(perform=recorder.perform, outcome_of=recorder.outcome_of)
    kinds = [kind for (kind,) in fetch("SELECT DISTINCT kind FROM integrations_command")]
    install(monkeypatch, *(replace(connector_of(name), writes=dict.fromkeys(kinds, writer)) for name in CHANNELS))

    go_on()

    assert as_rows(recorder.calls) == as_rows(wanted), "nothing is sent twice, nothing is forgotten"
    assert by_order(recorder.calls) == by_order(wanted), "and each order's in the order they were wanted"
    ends = fetch("SELECT id, kind, reference, state, tries, missed, reason FROM integrations_command ORDER BY id")
    # the version before stored its reasons as texts, which began in lower case and had no full stop
    said = [[*row[:-1], plain(str(Reason.from_json(decode(row[-1]))))] for row in ends]
    assert said == [[*row[:-1], plain(row[-1])] for row in expected["ends"]]


def test_orders_that_have_their_documents_get_no_others_from_the_new_engine(
    new_database: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = commands()
    want_documents(order_id for (order_id,) in fetch("SELECT id FROM orders_order"))
    assert commands() == before
