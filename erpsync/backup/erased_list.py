"""The list of erased people beside the backups: a backup from before an erasure has neither the wipe nor the newest hashes."""

from __future__ import annotations

import json
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


def keep() -> None:
    """Write the whole list anew, encrypted. Does nothing without BACKUP_URL; a place that is away is logged, the next time writes it."""
    if not settings.BACKUP_URL:
        return
    rows = [(digest, kind, at.isoformat()) for digest, kind, at in erased.kept_list()]
    try:
        backup_place().put(NAME, encrypt(json.dumps(rows), place=_BOUND_TO).encode())
    except OSError as error:
        log.warning("erased_list_not_kept", error=type(error).__name__)


def apply(place: Place) -> int:
    """Take the kept list into a restored database and erase those people again; return how many rows were written."""
    try:
        text = decrypt(place.read(NAME).decode(), place=_BOUND_TO)
    except FileNotFoundError:
        return 0
    erased.take_list([(digest, kind, datetime.fromisoformat(at)) for digest, kind, at in json.loads(text)])
    return erase_listed()
