"""Secrets at rest: model fields whose stored text is AES-256-GCM, `v1:key id:nonce:ciphertext`.

The keyring is `settings.FIELD_KEYS`; its first key writes, every key reads. The column's name is authenticated with the
text, so a secret copied to another column does not open. It is not bound to its row: the row has no id before its insert.
"""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

_VERSION = "v1"
_NONCE_BYTES = 12


class SecretUnreadable(Exception):
    """A stored secret does not open: its key is not in FIELD_KEYS, or the text was changed or moved."""


def seal(text: str, *, place: str) -> str:
    """Encrypt for one column. The same text never looks the same twice."""
    key_id, key = next(iter(settings.FIELD_KEYS.items()))
    nonce = secrets.token_bytes(_NONCE_BYTES)
    ciphertext = AESGCM(key).encrypt(nonce, text.encode(), place.encode())
    return ":".join((_VERSION, key_id, _encode(nonce), _encode(ciphertext)))


def unseal(stored: str, *, place: str) -> str:
    """What `seal` was given for the same column. Raises SecretUnreadable, never showing the text."""
    try:
        version, key_id, nonce, ciphertext = stored.split(":")
        if version != _VERSION:
            raise SecretUnreadable(f"{place}: unknown format of a stored secret")
        key = settings.FIELD_KEYS[key_id]
        return AESGCM(key).decrypt(_decode(nonce), _decode(ciphertext), place.encode()).decode()
    except KeyError:
        raise SecretUnreadable(f"{place}: the key that wrote this secret is not in FIELD_KEYS") from None
    except (InvalidTag, ValueError):
        raise SecretUnreadable(f"{place}: a stored secret was changed or moved") from None


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text)


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that is encrypted in the database. "" stays "". It cannot be searched."""

    @property
    def _place(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def get_prep_value(self, value: Any) -> Any:
        return seal(str(value), place=self._place) if value else ""

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        return unseal(value, place=self._place) if value else ""


class EncryptedJSONField(EncryptedTextField):
    """A JSON object that is encrypted in the database. An empty object is stored as ""."""

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(json.dumps(value) if value else "")

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        text = super().from_db_value(value, expression, connection)
        return json.loads(text) if text else {}
