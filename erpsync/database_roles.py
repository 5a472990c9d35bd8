"""Database roles: the least that each kind of process needs, as SQL that may be repeated.

`<prefix>_web` (web and receiver, which strangers reach): rows, no tables; of the ledger and of the history of migrations it changes
nothing. `<prefix>_worker` (workers, schedule, relay): the same, and by SET ROLE the owner's rights, to make and drop months of
partitioned tables. `<prefix>_reader` (reports, people with psql): reads everything but secrets, hashes and sessions. Migrations, backups
and restores run as the owner of the tables, whoever runs these statements. Roles are made without a password: none can sign in before
a person gives it one.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import connection
from django.db.models import Model

from core.db import fetch
from core.encryption import EncryptedTextField

# tables of which a column cannot be told without telling who is signed in, or by what
_HIDDEN_TABLES = frozenset({"django_session", "erpsync_opensession", "erpsync_recoverycodes", "erpsync_keptanswer"})
_HIDDEN_COLUMNS = frozenset({
    "auth_user.password", "erpsync_apikey.digest", "erpsync_apikey.old_digest",
    # the address of a webhook may have a password or a token in it
    "integrations_eventsink.settings",
})  # fmt: skip
# tables without UPDATE and DELETE, and without any writing, for processes that write all others
_APPEND_ONLY = ("commissions_commissionentry",)
_READ_ONLY = ("django_migrations",)
_OWNER = "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'django_migrations'::regclass"


def statements(prefix: str) -> Iterator[str]:
    """Yield the statements that make the roles of a database, or bring them up to date with its tables."""
    quote = connection.ops.quote_name
    [(owner_name,)] = fetch(_OWNER)
    inherits = {f"{prefix}_web": "INHERIT", f"{prefix}_worker": "NOINHERIT", f"{prefix}_reader": "INHERIT"}
    for name, inherit in inherits.items():
        yield (
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN"
            f" CREATE ROLE {quote(name)} LOGIN {inherit}; END IF; END $$"
        )
        yield f"GRANT USAGE ON SCHEMA public TO {quote(name)}"
    owner, (web, worker, reader) = quote(owner_name), map(quote, inherits)
    # databases that were made before PostgreSQL 15 let everybody make tables
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    yield f"GRANT CREATE ON SCHEMA public TO {owner}"
    both = f"{web}, {worker}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {both}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {both}"
    # tables and months that come later; the reader gets those by another run
    later = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT"
    yield f"{later} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {both}"
    yield f"{later} USAGE, SELECT ON SEQUENCES TO {both}"
    yield from (f"REVOKE UPDATE, DELETE ON {quote(table)} FROM {both}" for table in _APPEND_ONLY)
    yield from (f"REVOKE INSERT, UPDATE, DELETE ON {quote(table)} FROM {both}" for table in _READ_ONLY)
    # by its name: whoever runs this may be a superuser, whose rights no worker gets
    yield f"GRANT {owner} TO {worker}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {reader}"
    for model in apps.get_models(include_auto_created=True):
        if columns := _readable(model):
            yield f"GRANT SELECT ({', '.join(map(quote, columns))}) ON {quote(model._meta.db_table)} TO {reader}"


def _readable(model: type[Model]) -> list[str]:
    """Return the columns that a reader sees of a table: none of a proxy's, which are its model's."""
    table = model._meta.db_table
    if table in _HIDDEN_TABLES or model._meta.proxy or not model._meta.managed:
        return []
    return [
        str(field.column)
        for field in model._meta.concrete_fields
        if not isinstance(field, EncryptedTextField) and f"{table}.{field.column}" not in _HIDDEN_COLUMNS
    ]
