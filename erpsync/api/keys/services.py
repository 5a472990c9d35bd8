"""The life of a key: made, rotated, used, found in the wrong hands. Its text is returned once and kept by nobody here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

import structlog
from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.permissions import expanded, role_for
from core.transactions import in_transaction
from erpsync.api.keys import text
from erpsync.models import ApiKey
from inventory.models import Shop

log = structlog.get_logger(__name__)

# the key before a rotation goes on so long, unless said otherwise
GRACE = timedelta(days=7)
# the time of the last use is written at most so often
USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made, with its text: shown once."""

    key: ApiKey
    text: str


def mode() -> str:
    """Return the mode of this hub's keys: test keys are those of a sandbox, and of nowhere else."""
    return text.TEST if settings.SANDBOX else text.LIVE


@in_transaction
def create(
    name: str, shops: Collection[Shop], scopes: Sequence[str], *, role: str | None = None, addresses: Sequence[str] = (),
    expires_at: datetime | None = None, per_minute: int = 600, owner: Any = None,
) -> NewKey:  # fmt: skip
    """Make a key. `role`: None for the lowest that its scopes need. Raises ValidationError for scopes or addresses that are none."""
    granted = check_scopes(scopes)
    key = ApiKey(
        name=name, role=role or role_for(granted), scopes=granted, addresses=check_addresses(addresses), expires_at=expires_at,
        per_minute=per_minute, owner=owner,
    )  # fmt: skip
    made = stamp(key)
    ApiKey.objects.bulk_create([key])
    key.shops.set(shops)
    log.info("api_key_created", key=key.pk, name=name, by=getattr(owner, "pk", None))
    return NewKey(key, made)


def stamp(key: ApiKey) -> str:
    """Give a key that is not stored yet a new text, and return it."""
    made = text.new_key(mode())
    key.start, key.digest = text.start_of(made), text.digest(made)
    return made


@in_transaction
def rotate(key_id: int, *, grace: timedelta = GRACE) -> NewKey:
    """Make a new text for a key. The one before it is valid until `grace` is over; one before that no longer."""
    key = ApiKey.objects.select_for_update(of=("self",)).get(pk=key_id)
    made = text.new_key(mode())
    ApiKey.objects.filter(pk=key_id).update(
        start=text.start_of(made), digest=text.digest(made), old_start=key.start, old_digest=key.digest,
        old_ends_at=timezone.now() + grace,
    )  # fmt: skip
    log.info("api_key_rotated", key=key_id)
    key.refresh_from_db()
    return NewKey(key, made)


def leaked(key_id: int) -> bool:
    """End a key that is in the wrong hands, with all tokens in exchange for it. Returns whether it was valid. May be repeated."""
    ended = ApiKey.objects.filter(pk=key_id, leaked_at=None).update(leaked_at=timezone.now(), is_active=False)
    if ended:
        log.warning("api_key_leaked", key=key_id)
    return bool(ended)


def valid() -> QuerySet[Any]:
    """Return the keys that are valid now, each with `shop_ids`."""
    now = timezone.now()
    return ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), is_active=True, leaked_at=None).annotate(
        shop_ids=ArrayAgg("shops", filter=Q(shops__isnull=False), default=[])
    )


def find(given: str) -> Any:
    """Return the valid key with this text, in one query; None for none. A mistyped one is not looked for."""
    if text.mode_of(given) != mode():
        return None
    looked_for = text.digest(given)
    before = Q(old_digest=looked_for, old_ends_at__gt=timezone.now())
    return valid().filter(Q(digest=looked_for) | before).first()


def valid_digests(key: ApiKey) -> list[str]:
    """Return the hashes of the texts of a key that are valid now: one, or two after a rotation."""
    is_old_valid = key.old_ends_at is not None and key.old_ends_at > timezone.now()
    return [key.digest, key.old_digest] if is_old_valid else [key.digest]


def note_use(key: ApiKey, address: str) -> None:
    """Note when and from where a key was used, at most once a minute."""
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY:
        due = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
        ApiKey.objects.filter(due, pk=key.pk).update(last_used_at=now, last_used_from=address[:45])


def check_scopes(names: Sequence[str]) -> list[str]:
    """Return the scopes that these names stand for. Raises ValidationError."""
    try:
        found = expanded(names)
    except ValueError as unknown:
        raise ValidationError(_("There is no scope %(name)s."), params={"name": str(unknown)}) from unknown
    if not found:
        raise ValidationError(_("A key without a scope may do nothing: choose at least one."))
    return found


def check_addresses(ranges: Sequence[str]) -> list[str]:
    """Return address ranges in their normal form. Raises ValidationError."""
    try:
        return [str(ip_network(each.strip(), strict=False)) for each in ranges if each.strip()]
    except ValueError as wrong:
        raise ValidationError(_("%(problem)s: no address and no range."), params={"problem": str(wrong)}) from wrong
