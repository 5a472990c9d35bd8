"""SQL of a table with personal data: count, read and erase the rows about a person."""

from __future__ import annotations

from functools import cache

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.personal import Action, PersonalTable
from core.reasons import ReasonField

_PSEUDONYM = """coalesce((SELECT p.pseudonym FROM unnest(%(shops)s::bigint[], %(buyers)s::text[], %(pseudonyms)s::text[])
    AS p(shop, buyer, pseudonym) WHERE p.buyer = t.{column} AND p.shop = {shop}), t.{column})"""


@cache
def field_of(table: str, column: str) -> models.Field[object, object]:
    """Return the field of a column."""
    models_of_table = (m for m in apps.get_models(include_auto_created=True) if m._meta.db_table == table)
    [model] = [m for m in models_of_table if not m._meta.proxy]
    return next(field for field in model._meta.concrete_fields if field.column == column)


def text_of(spec: PersonalTable, column: str) -> str:
    """Return SQL for the words of a column: of bytes their ASCII part, which has numbers and addresses."""
    if isinstance(field_of(spec.table, column), models.BinaryField):
        return f"encode(t.{column}, 'escape')"
    return f"t.{column}::text"


def wiped(spec: PersonalTable, column: str) -> str:
    """Return SQL for the value that a column is wiped to: the empty one of its type, unless it is declared."""
    field = field_of(spec.table, column)
    if column in spec.wiped:
        return spec.wiped[column]
    if field.null:
        return "NULL"
    if isinstance(field, ArrayField):
        return "'{}'"
    if isinstance(field, models.JSONField | ReasonField):
        return "'[]'::jsonb" if field.get_default() == [] else "'{}'::jsonb"
    return "''::bytea" if isinstance(field, models.BinaryField) else "''"


def condition(spec: PersonalTable, *, shops: bool = False) -> str:
    """Return the condition for rows about the person; of searched tables, for those that name the person."""
    parts = [f"({spec.about})"]
    if spec.is_searched:
        parts.append("(" + " OR ".join(_names(spec, column) for column in spec.columns) + ")")
    if shops:
        parts.append(f"{spec.shop} = ANY(%(shop_ids)s)")
    return " AND ".join(parts)


def _names(spec: PersonalTable, column: str) -> str:
    """Return the condition that a column names the person; in a row about the person the bare name is enough."""
    words = "words" if spec.is_searched and not spec.by_name else "names"
    return f"{text_of(spec, column)} ~* %({words})s"


def count(spec: PersonalTable, *, shops: bool = False) -> str:
    """Return the statement that counts the rows about a person, `shops`: only those of `shop_ids`."""
    return f"SELECT count(*) FROM {spec.table} t WHERE {condition(spec, shops=shops)}"


def read(spec: PersonalTable, *, shops: bool) -> str:
    """Return the statement that reads id and JSON of each row about a person, by id; files of bytes are told by their size."""
    parts = (
        f"'{column}', octet_length(t.{column})"
        if isinstance(field_of(spec.table, column), models.BinaryField)
        else f"'{column}', t.{column}"
        for column in spec.columns
        if not column.startswith("search_")
    )
    return (
        f"SELECT t.id, jsonb_build_object({', '.join(parts)})::text FROM {spec.table} t"
        f" WHERE {condition(spec, shops=shops)} ORDER BY t.id"
    )


def erase(spec: PersonalTable) -> str | None:
    """Return the statement that erases the person from a table, None where all is kept."""
    changes: dict[str, str] = {}
    for column, action in spec.columns.items():
        if action is Action.WIPE:
            changes[column] = wiped(spec, column)
        elif action is Action.SEARCH:
            changes[column] = f"CASE WHEN {_names(spec, column)} THEN {wiped(spec, column)} ELSE t.{column} END"
        elif action is Action.PSEUDONYM:
            changes[column] = _PSEUDONYM.format(column=column, shop=spec.shop)
    if not changes:
        return None
    sets = ", ".join(f"{column} = {value}" for column, value in changes.items())
    return f"UPDATE {spec.table} t SET {sets} WHERE {condition(spec)}"
