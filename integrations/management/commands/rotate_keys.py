"""`manage.py rotate_keys`: rewrite every stored secret that an older key of FIELD_KEYS wrote."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models
from django.db.models.functions import Cast

from core.encryption import EncryptedTextField, written_by_first_key


class Command(BaseCommand):
    """Re-encryption under the first key. May be repeated and interrupted; skips rows that change meanwhile: they use it already."""

    help = "Encrypt all stored secrets under the first key of FIELD_KEYS, after which older keys can be taken out."

    def handle(self, *args: Any, **options: Any) -> None:
        rewritten = sum(
            _rewrite(model, field)
            for model in apps.get_models()
            for field in model._meta.local_concrete_fields
            if isinstance(field, EncryptedTextField)
        )
        self.stdout.write(f"{rewritten} secrets rewritten under the first key.")


def _rewrite(model: type[models.Model], field: EncryptedTextField) -> int:
    # the cast hides the field's own decryption, so the stored text itself can be looked at and compared
    rows = model._default_manager.annotate(stored=Cast(field.name, models.TextField()))
    done = 0
    for key, stored in rows.values_list("pk", "stored").iterator():
        if stored is None or written_by_first_key(stored):
            continue
        plain = field.from_db_value(stored, None, None)
        done += rows.filter(pk=key, stored=stored).update(**{field.name: plain})
    return done
