"""`manage.py rotate_keys`: rewrite every stored secret that an older key of FIELD_KEYS wrote."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from core.encryption import EncryptedTextField, written_by_first_key
from core.stored_secrets import encrypted_fields, with_stored_text


class Command(BaseCommand):
    """Re-encryption under the first key. May be repeated and interrupted; skips rows that change meanwhile: they use it already."""

    help = "Encrypt all stored secrets under the first key of FIELD_KEYS, after which older keys can be taken out."

    def handle(self, *args: Any, **options: Any) -> None:
        rewritten = sum(_rewrite(field) for field in encrypted_fields())
        self.stdout.write(f"{rewritten} secrets rewritten under the first key.")


def _rewrite(field: EncryptedTextField) -> int:
    rows = with_stored_text(field)
    done = 0
    for key, stored in rows.values_list("pk", "stored").iterator():
        if stored is None or written_by_first_key(stored):
            continue
        plain = field.from_db_value(stored, None, None)
        done += rows.filter(pk=key, stored=stored).update(**{field.name: plain})
    return done
