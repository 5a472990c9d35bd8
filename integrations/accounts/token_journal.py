"""Token changes, appended outside the database between backups: a refresh token that has rotated would be lost by a restore.

One small encrypted file each below `tokens/` in the place of backups, named by its time: buckets cannot append. Applied by
`manage.py restore`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import structlog
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from django.utils.dateparse import parse_datetime

from core.encryption import decrypt, encrypt
from core.places import Place, backup_place
from integrations.models import Authorisation

log = structlog.get_logger(__name__)

DIRECTORY, ENDING = "tokens", ".sealed"
# associated data of the encryption
_BOUND_TO = "token_journal.entry"
_TIMES = ("expires_at", "refresh_expires_at", "renewed_at")


def append(authorisation: Authorisation, columns: Mapping[str, Any]) -> None:
    """Append the columns of a new pair, stored or not. Does nothing without BACKUP_URL; a place that is away is logged only."""
    if not settings.BACKUP_URL:
        return
    entry = {"app": authorisation.app.key, "external_id": authorisation.external_id, "columns": dict(columns)}
    text = json.dumps(entry, cls=DjangoJSONEncoder)
    try:
        name = f"{DIRECTORY}/{_stamp(datetime.now(UTC))}-{authorisation.pk}{ENDING}"
        backup_place().put(name, encrypt(text, place=_BOUND_TO).encode())
    except OSError as error:
        log.warning("token_not_in_journal", authorisation=authorisation.pk, error=type(error).__name__)


def apply(place: Place, *, since: datetime) -> int:
    """Store the newest pair of each authorisation that the journal has from `since` on; return how many were newer than the
    stored ones. May be repeated.

    Raises SecretUnreadable when FIELD_KEYS lacks a key. An authorisation that is younger than the backup is not there: its
    account is connected again by a person.
    """
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for name in _names(place, since):
        entry = json.loads(decrypt(place.read(name).decode(), place=_BOUND_TO))
        newest[entry["app"], entry["external_id"]] = entry["columns"]
    return sum(_store(app, external_id, columns) for (app, external_id), columns in newest.items())


def forget(place: Place, *, before: datetime) -> None:
    """Delete the entries that are older than the oldest backup: no restore reads them."""
    for name in place.names(DIRECTORY, ending=ENDING):
        if name < f"{DIRECTORY}/{_stamp(before)}":
            place.delete(name)


def _names(place: Place, since: datetime) -> list[str]:
    return [name for name in place.names(DIRECTORY, ending=ENDING) if name >= f"{DIRECTORY}/{_stamp(since)}"]


def _store(app: str, external_id: str, columns: dict[str, Any]) -> int:
    values = {
        name: parse_datetime(cast("str", value)) if name in _TIMES and value else value
        for name, value in columns.items()
    }
    older = Q(renewed_at=None) | Q(renewed_at__lt=values["renewed_at"])
    return Authorisation.objects.filter(older, app__key=app, external_id=external_id).update(**values)


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%S%f}"
