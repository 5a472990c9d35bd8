"""Every column that could hold a person is declared: personal, with how it is found and what is done, or impersonal."""

from __future__ import annotations

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.encryption import EncryptedTextField
from core.personal import Action
from core.reasons import ReasonField
from erpsync.subjects.registry import IMPERSONAL, TABLES

_TEXT = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.BinaryField,
    models.GenericIPAddressField,
    ReasonField,
)


def _holds_words(field: models.Field[object, object]) -> bool:
    """Text, JSON and bytes; not what is one of few choices, nor secrets, nor lists of ids."""
    if isinstance(field, ArrayField):
        return _holds_words(field.base_field)
    return isinstance(field, _TEXT) and not field.choices and not isinstance(field, EncryptedTextField)


def _columns() -> set[tuple[str, str]]:
    return {
        (model._meta.db_table, field.column)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_concrete_fields
        if model._meta.managed and _holds_words(field)
    }


def _personal() -> set[tuple[str, str]]:
    return {(spec.table, column) for spec in TABLES for column in spec.columns}


def _impersonal() -> set[tuple[str, str]]:
    return {(table, column) for table, columns in IMPERSONAL.items() for column in columns.split()}


def test_every_column_of_words_is_declared() -> None:
    assert _columns() - _personal() - _impersonal() == set()


def test_what_is_declared_is_there_once() -> None:
    existing = {
        (model._meta.db_table, field.column)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
    }
    assert _personal() - existing == set()
    assert _impersonal() - _columns() == set()
    assert _personal() & _impersonal() == set()


def test_what_is_kept_says_why() -> None:
    unsaid = {spec.table for spec in TABLES if Action.KEEP in spec.columns.values() and not spec.why_kept}
    assert unsaid == set()


def test_a_table_without_parameters_is_only_searched() -> None:
    for spec in TABLES:
        if spec.is_searched:
            assert set(spec.columns.values()) == {Action.SEARCH}, spec.table
