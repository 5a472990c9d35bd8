"""Roles of the database: web changes rows and no tables, a worker makes months as the owner, a reader sees no secrets."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from psycopg.errors import InsufficientPrivilege

from core import partitions
from core.db import execute, fetch
from core.encryption import EncryptedTextField
from core.outbox import Event, emit
from erpsync.database_roles import statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def prefix() -> str:
    """Roles are of the whole server: other tests' databases have theirs; a transaction that is rolled back takes these away."""
    name = f"roles_of_{connection.settings_dict['NAME']}"
    execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    for _again in range(2):
        call_command("database_roles", "--apply", "--prefix", name, stdout=StringIO())
    return name


@pytest.fixture
def act_as(prefix: str) -> Iterator[Any]:
    yield lambda role: execute(f'SET LOCAL SESSION AUTHORIZATION "{prefix}_{role}"')
    execute("RESET SESSION AUTHORIZATION")


def refused(statement: str) -> bool:
    try:
        with transaction.atomic():
            execute(statement)
    except ProgrammingError as error:
        if isinstance(error.__cause__, InsufficientPrivilege):
            return True
        raise
    return False


def test_web_writes_rows_and_changes_no_table_ledger_or_history(act_as: Any) -> None:
    act_as("web")
    emit([Event("thing.changed", "/erpsync/test", "thing", "1", {"a": 1})])
    assert fetch("SELECT count(*) FROM core_outboxevent WHERE entity = 'thing'") == [(1,)]
    assert refused("CREATE TABLE mine (id int)")
    assert refused("ALTER TABLE orders_order ADD COLUMN mine int")
    assert refused("DROP TABLE orders_order")
    assert refused("UPDATE commissions_commissionentry SET amount = 0")
    assert refused("DELETE FROM commissions_commissionentry")
    assert refused("DELETE FROM django_migrations")
    assert not refused("SELECT 1 FROM commissions_commissionentry")


def test_a_worker_makes_and_drops_months_as_the_owner_and_changes_no_table_otherwise(
    act_as: Any, settings: Any
) -> None:
    [(settings.DATABASE_OWNER,)] = fetch("SELECT tableowner FROM pg_tables WHERE tablename = 'core_outboxevent'")
    act_as("worker")
    assert refused("CREATE TABLE mine (id int)")
    with transaction.atomic():
        made = partitions.ensure_months("core_outboxevent", ahead=4)
    assert len(made) == 2
    [month] = [one for one in partitions.partitions("core_outboxevent") if one.name == made[-1]]
    assert partitions.drop(month)


def test_a_reader_reads_all_but_secrets_and_writes_nothing(act_as: Any) -> None:
    act_as("reader")
    assert not refused("SELECT number, buyer_name FROM orders_order")
    assert not refused("SELECT id, channel FROM integrations_appregistration")
    assert refused("SELECT password FROM auth_user")
    assert refused("SELECT digest FROM erpsync_apikey")
    assert refused("SELECT session_data FROM django_session")
    assert refused("SELECT settings FROM integrations_eventsink"), "an address with a token"
    assert refused("DELETE FROM orders_order")
    assert refused("INSERT INTO inventory_shop (name) VALUES ('x')")
    secret = [
        f'SELECT "{field.column}" FROM {model._meta.db_table}'
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField)
    ]
    assert len(secret) >= 9
    assert [statement for statement in secret if not refused(statement)] == []


def test_an_administrator_who_runs_the_sql_gives_no_right_of_their_own_away() -> None:
    """Printed by the hub, run by a superuser: workers act as the owner of the tables, and as nobody else."""
    name = f"admin_of_{connection.settings_dict['NAME']}"
    found = list(statements(name))
    execute(f'CREATE ROLE "{name}" SUPERUSER')
    execute(f'SET LOCAL SESSION AUTHORIZATION "{name}"')
    for statement in found:
        execute(statement)
    execute("RESET SESSION AUTHORIZATION")
    granted = fetch(
        "SELECT pg_get_userbyid(roleid) FROM pg_auth_members WHERE pg_get_userbyid(member) = %s", f"{name}_worker"
    )
    assert granted == fetch("SELECT tableowner::text FROM pg_tables WHERE tablename = 'django_migrations'")
    [(of,)] = fetch(
        "SELECT array_agg(DISTINCT pg_get_userbyid(defaclrole)) FROM pg_default_acl WHERE defaclacl::text LIKE %s",
        f"%{name}_web%",
    )
    assert of == [granted[0][0]]


def test_the_sql_is_printed_for_whoever_administrates_the_database() -> None:
    out = StringIO()
    call_command("database_roles", "--prefix", "shop", stdout=out)
    assert out.getvalue().splitlines() == [f"{statement};" for statement in statements("shop")]
    assert fetch("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'shop\\_%%'") == [(0,)]
