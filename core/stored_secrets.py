"""All stored secrets of the hub, whichever models they stand in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.functions import Cast

from core.encryption import EncryptedTextField


def encrypted_fields() -> Iterator[EncryptedTextField]:
    """Yield each encrypted field of each model."""
    for model in apps.get_models():
        yield from (field for field in model._meta.local_concrete_fields if isinstance(field, EncryptedTextField))


def with_stored_text(field: EncryptedTextField) -> models.QuerySet[Any]:
    """Return the rows of a field's model with its ciphertext as `stored`: the cast hides the field's own decryption."""
    return field.model._default_manager.annotate(stored=Cast(field.name, models.TextField()))


def open_one_of_each_key() -> None:
    """Decrypt one secret of each key that has written any. Raises SecretUnreadable when FIELD_KEYS lacks one of them."""
    for field in encrypted_fields():
        key_id = models.Func(
            "stored", models.Value(":"), models.Value(2), function="split_part", output_field=models.TextField()
        )
        by_key = with_stored_text(field).order_by().values(written_by=key_id)
        for text in by_key.annotate(one=models.Min("stored")).values_list("one", flat=True):
            field.from_db_value(text, None, None)
