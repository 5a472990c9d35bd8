"""Model fields whose text is encrypted in the database: AES-256-GCM under the keyring in `settings.FIELD_KEYS`.

Stored as `v1:<key id>:<nonce>:<ciphertext>`, the last two base64url. The first key writes, all of them read; `manage.py
rotate_keys` rewrites what an older key wrote. The table and column are authenticated with the text, so a value copied into
another column is refused; the row is not, because an insert and a bulk update know no primary key when they encrypt.
"""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import FieldError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

_FORM = "v1"
_NONCE_BYTES = 12


class SecretUnreadable(Exception):
    """A stored secret cannot be decrypted: its key has left FIELD_KEYS, or the text was altered or moved."""


def encrypt(text: str, *, place: str) -> str:
    """Encrypt `text` under the first key, bound to `place` ("table.column"). A new nonce each time: equal texts differ."""
    key_id, key = next(iter(settings.FIELD_KEYS.items()))
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, text.encode(), place.encode())
    return ":".join((_FORM, key_id, urlsafe_b64encode(nonce).decode(), urlsafe_b64encode(sealed).decode()))


def decrypt(stored: str, *, place: str) -> str:
    """Return the text that `encrypt` was given for the same place. Raises SecretUnreadable, which never repeats the value."""
    form, _, rest = stored.partition(":")
    key_id, _, rest = rest.partition(":")
    nonce, _, sealed = rest.partition(":")
    if form != _FORM or key_id not in settings.FIELD_KEYS:
        raise SecretUnreadable(f"{place}: no key {key_id!r} in FIELD_KEYS; put the key that wrote it back.")
    try:
        plain = AESGCM(settings.FIELD_KEYS[key_id]).decrypt(
            urlsafe_b64decode(nonce), urlsafe_b64decode(sealed), place.encode()
        )
    except (InvalidTag, ValueError) as error:
        raise SecretUnreadable(f"{place}: the stored text was altered, moved, or written by another key.") from error
    return plain.decode()


def written_by_first_key(stored: str) -> bool:
    """Return whether a stored text needs no rotation: it is empty or written by the first key."""
    return not stored or stored.startswith(f"{_FORM}:{next(iter(settings.FIELD_KEYS))}:")


if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]  # text, or any JSON in the subclass
else:
    _TextField = models.TextField


class EncryptedTextField(_TextField):
    """Text that is encrypted at rest. Empty text is stored empty.

    Not in forms or `dumpdata`, and not searchable: equal texts are stored differently, so only `isnull` can be asked.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        kwargs.setdefault("serialize", False)
        super().__init__(*args, **kwargs)

    @property
    def place(self) -> str:
        """The associated data that the ciphertext is bound to: table and column."""
        return f"{self.model._meta.db_table}.{self.column}"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else self._opened(value)

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else self._sealed(value)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: it cannot be searched by {lookup_name!r}.")
        return super().get_lookup(lookup_name)

    def _sealed(self, value: Any) -> str:
        return encrypt(str(value), place=self.place) if value else ""

    def _opened(self, stored: str) -> Any:
        return decrypt(stored, place=self.place) if stored else ""


class EncryptedJSONField(EncryptedTextField):
    """Any JSON value, encrypted as a whole. An empty column reads as an empty dict."""

    def to_python(self, value: Any) -> Any:
        return value

    def _sealed(self, value: Any) -> str:
        return encrypt(json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False), place=self.place)

    def _opened(self, stored: str) -> Any:
        return json.loads(decrypt(stored, place=self.place)) if stored else {}
