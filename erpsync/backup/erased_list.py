"""The list of erased people beside the backups: a backup from before an erasure has neither the wipe nor the newest hashes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

import structlog
from django.conf import settings

from core import erased
from core.encryption import decrypt, encrypt
from core.places import Place, backup_place
from erpsync.subjects.restored import erase_listed

log = structlog.get_logger(__name__)

NAME = "erased.sealed"
_BOUND_TO = "erased_list.whole"


def exported() -> list[tuple[str, str, str]]:
    """Return the whole list as (digest, kind, time as text): without the key of its database it says nothing."""
    return [(digest, kind, at.isoformat()) for digest, kind, at in erased.kept_list()]


def imported(rows: Iterable[Sequence[str]]) -> int:
    """Add an exported list to that of this database; return how many were new."""
    return erased.take_list([(digest, kind, datetime.fromisoformat(at)) for digest, kind, at in rows])


def keep() -> None:
    """Write the whole list anew, encrypted. Does nothing without BACKUP_URL; a place that is away is logged, the next time writes it."""
    if not settings.BACKUP_URL:
        return
    try:
        backup_place().put(NAME, encrypt(json.dumps(exported()), place=_BOUND_TO).encode())
    except OSError as error:
        log.warning("erased_list_not_kept", error=type(error).__name__)


def apply(place: Place) -> int:
    """Take the kept list into a restored database and erase those people again; return how many rows were written."""
    try:
        text = decrypt(place.read(NAME).decode(), place=_BOUND_TO)
    except FileNotFoundError:
        return 0
    imported(json.loads(text))
    return erase_listed()
