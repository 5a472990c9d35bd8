"""The list of erased people: keyed hashes of what identifies them, asked by whatever stores data, so that nobody comes back.

A hash alone would be guessed: there are few telephone numbers. So each is an HMAC-SHA256 under a key of this database, which is
encrypted at rest like every stored secret and stays the same when FIELD_KEYS rotates.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import models, transaction

from core.contacts import real_email, real_phone
from core.db import execute, fetch, named_columns
from core.encryption import EncryptedTextField

PHONE, EMAIL, BUYER, ORDER = "phone", "email", "buyer", "order"
# what stands where an id stood; no channel's id begins like this
PSEUDONYM_PREFIX = "erased-"


class Identity(NamedTuple):
    """Identifier of a person: telephone, mail address, buyer id or order number.

    `scope`: the shop that a buyer or an order belongs to, 0 for telephone and mail.
    """

    kind: str
    scope: int
    value: str


class PseudonymKey(models.Model):
    """HMAC key of the hashes: one row, made when the first person is erased, never changed."""

    secret = EncryptedTextField()

    def __str__(self) -> str:
        return "pseudonyms"


class ErasedIdentity(models.Model):
    """Keyed hash of one identity of an erased person. Data from before `erased_at` are not stored again."""

    digest = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=8)
    erased_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:8]}"


@dataclass(frozen=True, slots=True)
class Erased:
    """Result of a look-up: the erased identities among those asked for, with the time of each."""

    at: Mapping[Identity, datetime] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.at)

    def __contains__(self, identity: object) -> bool:
        return identity in self.at

    def before(self, identity: Identity, moment: datetime) -> bool:
        """Return whether the person was erased at this moment or later: a buyer who comes back afterwards is a customer like any other."""
        erased_at = self.at.get(identity)
        return erased_at is not None and moment <= erased_at


def buyer(shop_id: int, external_id: str) -> Identity:
    """Return the identity of a buyer as a shop knows them."""
    return Identity(BUYER, shop_id, external_id)


def order(shop_id: int, number: str) -> Identity:
    """Return the identity of an order: its number finds the buyer at the channel."""
    return Identity(ORDER, shop_id, number)


def contacts(phone: str = "", email: str = "") -> list[Identity]:
    """Return the identities of a telephone number and a mail address in any form; masked ones are none."""
    found = ((PHONE, real_phone(phone) if phone else ""), (EMAIL, real_email(email)))
    return [Identity(kind, 0, value) for kind, value in found if value]


# a run of digits, and within it what is written as numbers are in Vietnam
_NUMBERS = re.compile(r"(?=(\+?\d(?:[ .()-]?\d){8,14}(?!\d)))|(?=((?:84|0)[ .-]?\d(?:[ .-]?\d){8}))")
_MAILS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_WORDS = re.compile(r"[\w-]{4,200}")


def mentioned(text: str, shop_id: int | None = None) -> list[Identity]:
    """Return every identity that a text may name: telephone numbers, addresses and, of a shop, each word as a buyer's id."""
    numbers = {number for pair in _NUMBERS.findall(text) for number in pair if number}
    found = [one for number in sorted(numbers) for one in contacts(phone=number)]
    found += [one for mail in _MAILS.findall(text) for one in contacts(email=mail)]
    if shop_id is not None:
        found += [buyer(shop_id, word) for word in set(_WORDS.findall(text))]
    return found


class _Cache:
    """Cache of the process: for some seconds that the list is empty, and the key for as long as it runs."""

    def __init__(self) -> None:
        self.empty_until = 0.0
        self.key = b""


_cache = _Cache()


def is_empty() -> bool:
    """Return whether nobody was erased, as far as this process knows: believed for `settings.ERASED_LIST_SECONDS` without asking."""
    if time.monotonic() < _cache.empty_until:
        return True
    if _key():
        return False
    _cache.empty_until = time.monotonic() + settings.ERASED_LIST_SECONDS
    return True


def look_up(identities: Iterable[Identity]) -> Erased:
    """Return which of these identities are of erased people: one query for any number, and none while nobody was erased.

    An erasure waits for `settings.ERASED_LIST_SECONDS` before it wipes: by then all processes know.
    """
    if is_empty() or not (wanted := set(identities)):
        return Erased()
    by_digest = {digest(one, _key()): one for one in wanted}
    rows = fetch("SELECT digest, erased_at FROM core_erasedidentity WHERE digest = ANY(%s)", sorted(by_digest))
    return Erased({by_digest[found]: erased_at for found, erased_at in rows})


def forget_cache() -> None:
    """Forget that the list was empty, and the key: another database is in use."""
    _cache.empty_until, _cache.key = 0.0, b""


def digest(identity: Identity, key: bytes) -> str:
    """Return the keyed hash of an identity."""
    return hmac.new(key, "\0".join(map(str, identity)).encode(), hashlib.sha256).hexdigest()


def pseudonym(identity: Identity) -> str:
    """Return the deterministic pseudonym of an identity: 80 bits of its keyed hash. The key must exist."""
    short = bytes.fromhex(digest(identity, _key()))[:10]
    return PSEUDONYM_PREFIX + base64.b32encode(short).decode().lower()


_ADD = """
INSERT INTO core_erasedidentity (digest, kind, erased_at)
SELECT n.digest, n.kind, clock_timestamp() FROM unnest(%(digests)s::text[], %(kinds)s::text[]) AS n(digest, kind)
ORDER BY n.digest ON CONFLICT (digest) DO UPDATE SET erased_at = excluded.erased_at
"""


@transaction.atomic
def add_erased(identities: Iterable[Identity]) -> int:
    """Add identities to the list; return how many they are. May be repeated: the time moves on."""
    if not _key():
        _make_key()
    rows = sorted({(digest(one, _key()), one.kind) for one in identities})
    execute(_ADD, **named_columns("digests kinds", rows))
    _cache.empty_until = 0.0
    return len(rows)


def kept_list() -> Sequence[tuple[str, str, datetime]]:
    """Return the whole list as (digest, kind, time), to be kept beside backups: without the key it says nothing."""
    return [(*row,) for row in fetch("SELECT digest, kind, erased_at FROM core_erasedidentity ORDER BY digest")]


def take_list(rows: Sequence[tuple[str, str, datetime]]) -> int:
    """Add a kept list to that of a restored database; return how many were new. The key is the backup's: it never changes."""
    return execute(
        "INSERT INTO core_erasedidentity (digest, kind, erased_at)"
        " SELECT * FROM unnest(%(digests)s::text[], %(kinds)s::text[], %(times)s::timestamptz[])"
        " ON CONFLICT (digest) DO NOTHING",
        **named_columns("digests kinds times", rows),
    )


def _key() -> bytes:
    if not _cache.key:
        rows = PseudonymKey.objects.order_by("pk").values_list("secret", flat=True)[:1]
        _cache.key = base64.b64decode(rows[0]) if rows else b""
    return _cache.key


def _make_key() -> None:
    """Make the key, once for all processes."""
    execute("LOCK TABLE core_pseudonymkey IN SHARE ROW EXCLUSIVE MODE")
    if not PseudonymKey.objects.exists():
        PseudonymKey.objects.create(secret=base64.b64encode(os.urandom(32)).decode())
