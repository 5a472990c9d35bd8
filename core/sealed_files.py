"""Files that are encrypted as they are written: AES-256-GCM in chunks, in bounded memory, under the keyring `settings.FIELD_KEYS`.

    magic line, key id line, 32 bytes of salt, chunks of 1 MiB with a tag of 16 bytes each

The key of a file is derived from a key of the ring and the salt (HKDF-SHA256), so a nonce is only the number of its chunk, and
whether it is the last: a chunk that was altered, moved, left out or cut off at the end is refused.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from core.encryption import SecretUnreadable
from core.places import Readable, Writable

_MAGIC = b"erpsync-sealed-1\n"
_SALT_BYTES, _TAG_BYTES, _LONGEST_KEY_ID = 32, 16, 200
CHUNK_BYTES = 1 << 20


class SealedWriter:
    """Encrypts what is written to it into `target`. `close` writes the last chunk; without it the file is unreadable."""

    def __init__(self, target: Writable) -> None:
        self.key_id, key = next(iter(settings.FIELD_KEYS.items()))
        self.size = 0
        self._target, self._hash, self._waiting, self._number = target, hashlib.sha256(), bytearray(), 0
        salt = os.urandom(_SALT_BYTES)
        self._cipher = _cipher(key, salt)
        self._put(_MAGIC + self.key_id.encode() + b"\n" + salt)

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes written to the target so far."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        self._waiting += data
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(CHUNK_BYTES, is_last=False)

    def close(self) -> None:
        self._seal(len(self._waiting), is_last=True)

    def _seal(self, size: int, *, is_last: bool) -> None:
        chunk = bytes(self._waiting[:size])
        del self._waiting[:size]
        self._put(self._cipher.encrypt(_nonce(self._number, is_last=is_last), chunk, None))
        self._number += 1

    def _put(self, data: bytes) -> None:
        self._target.write(data)
        self._hash.update(data)
        self.size += len(data)


def unsealed(source: Readable) -> Iterator[bytes]:
    """Yield the plain chunks of a sealed file. Raises SecretUnreadable for a missing key and for any change or cut."""
    if source.read(len(_MAGIC)) != _MAGIC:
        raise SecretUnreadable("this is no file that the hub has sealed")
    key_id = _line(source)
    if key_id not in settings.FIELD_KEYS:
        raise SecretUnreadable(f"no key {key_id!r} in FIELD_KEYS: put the key that sealed this file back.")
    cipher = _cipher(settings.FIELD_KEYS[key_id], source.read(_SALT_BYTES))
    sealed, number = source.read(CHUNK_BYTES + _TAG_BYTES), 0
    while True:
        following = source.read(CHUNK_BYTES + _TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(number, is_last=not following), sealed, None)
        except (InvalidTag, ValueError) as error:
            raise SecretUnreadable("the file was altered or cut off, or sealed with another key.") from error
        if not following:
            return
        sealed, number = following, number + 1


def _line(source: Readable) -> str:
    found = bytearray()
    while (byte := source.read(1)) not in {b"\n", b""} and len(found) < _LONGEST_KEY_ID:
        found += byte
    return found.decode(errors="replace")


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, b"erpsync sealed file").derive(key))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11) + bytes([is_last])
