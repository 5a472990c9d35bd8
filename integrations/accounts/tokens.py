"""Stored tokens: one worker renews, storing is a compare-and-swap, and a refusal is believed only the second time.

Renewal holds an advisory lock of the session, which lasts exactly as long as its holder. Should it be lost during the call,
the new pair is stored all the same, provided the refresh token that was sent is still the stored one.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Least
from django.utils import timezone

from core import tunables
from core.db import fetch
from core.reasons import Cause
from integrations.accounts import token_journal
from integrations.accounts.events import emit_states
from integrations.accounts.registrations import app_access
from integrations.connectors import channels, connector_of
from integrations.contract.access import TokenSource
from integrations.contract.consent import Consent, ConsentKind, Grant
from integrations.contract.errors import (
    ChannelError,
    NotAuthorised,
    Rejected,
    TryLater,
)
from integrations.contract.reasons import CONSENT_ENDS_SOON, NO_REFRESH_TOKEN, RENEWAL_REFUSED, RENEWING
from integrations.models import AppRegistration, Authorisation
from integrations.wire.http import LONGEST_SECONDS
from integrations.work.locks import advisory_lock

log = structlog.get_logger(__name__)

State = Authorisation.State

# a token is renewed at this share of its life
RENEW_AFTER_FRACTION = 0.8
# how long a call waits for another worker's renewal before it comes back later
PATIENCE_SECONDS = tunables.RENEWAL_PATIENCE_SECONDS
# how long storing a new pair is tried while the database restarts: the old pair is used up
STORING_SECONDS = 30.0
# how long another worker's renewal may still be on its way to the database
SETTLES_AFTER = timedelta(seconds=LONGEST_SECONDS + STORING_SECONDS)
WARNED_BEFORE = timedelta(days=14)
# a job makes many calls, each of which reads the token: it is cached for so long
KNOWN_SECONDS = 1.0
_POLL_SECONDS = 0.1

# the account of a token that is the app's own
APP_ITSELF = "app"


def stored_tokens(authorisation: Authorisation) -> TokenSource:
    """Return the stored tokens of an authorisation, cached for a second; threads may share them. Not for use in a transaction.

    A stale one does no harm: the channel refuses it, and `renewed` reads again.

    `renewed` raises TryLater while another worker renews, or while a refused renewal may still be overtaken by a good one.
    """
    return StoredTokens(authorisation.pk)


def app_tokens(app: AppRegistration) -> TokenSource:
    """Return the app's own token, requested with its credentials when there is none yet. Raises ChannelError. As `stored_tokens`."""
    row, _created = Authorisation.objects.get_or_create(app=app, external_id=APP_ITSELF)
    source = stored_tokens(row)
    if not row.access_token:
        source.renewed("")
    return source


def renew_due(now: datetime | None = None) -> int:
    """Renew every pair that is at 80 % of its life, and warn of consents that end. Returns the number renewed. May be repeated.

    A channel's error is logged and leaves the pair for the next time; a pair that another worker renews is skipped.
    """
    now = now or timezone.now()
    _warn(now)
    renewed = 0
    for authorisation_id, renewed_at in _due(now):
        try:
            with _lock(authorisation_id) as ours:
                row = _row(authorisation_id) if ours else None
                if row and row.renewed_at == renewed_at:
                    _renew(row)
                    renewed += 1
        except ChannelError as error:
            log.warning("renewal_failed", authorisation=authorisation_id, code=error.code, reason=str(error.reason))
    return renewed


def stored_pair(grant: Grant, now: datetime) -> dict[str, Any]:
    """Return the columns of an authorisation that a grant fills. A grant without a refresh token keeps the stored one."""
    columns: dict[str, Any] = {
        "access_token": grant.access_token,
        "expires_at": _end(now, grant.expires_in),
        "renewed_at": now,
        "refused_since": None,
        "state": State.OK,
        "reason": "",
    }
    if grant.refresh_token:
        columns |= {
            "refresh_token": grant.refresh_token,
            "refresh_fingerprint": hashlib.sha256(grant.refresh_token.encode()).hexdigest(),
            "refresh_expires_at": _end(now, grant.refresh_expires_in),
        }
    return columns


class StoredTokens:
    """Token source over an authorisation's row. See `stored_tokens`."""

    def __init__(self, authorisation_id: int) -> None:
        self._id = authorisation_id
        self._known = ""
        self._known_until = 0.0

    def current(self) -> str:
        """Return the stored access token."""
        if time.monotonic() >= self._known_until:
            self._known = self._read()
            self._known_until = time.monotonic() + KNOWN_SECONDS
        return self._known

    def _read(self) -> str:
        # read for every call: the app's keys need not be decrypted for it
        columns = Authorisation.objects.values_list("access_token", "state", "reason")
        token, state, reason = columns.get(pk=self._id)
        if state == State.RED:
            raise NotAuthorised(reason, code="red")
        if not token:
            raise NotAuthorised(NO_REFRESH_TOKEN, code="no_token")
        return str(token)

    def renewed(self, stale: str) -> str:
        """Return the stored access token if it is not `stale` any more, else that of a new pair."""
        self._known_until = 0.0
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            with _lock(self._id) as ours:
                row = _row(self._id)
                if row.access_token != stale:
                    return str(row.access_token)
                if ours:
                    return _renew(row)
            if time.monotonic() > deadline:
                raise TryLater(RENEWING, after=_POLL_SECONDS * 20, code="renewing")
            time.sleep(_POLL_SECONDS)


def _row(authorisation_id: int) -> Authorisation:
    row = Authorisation.objects.select_related("app").get(pk=authorisation_id)
    if row.state == State.RED:
        raise NotAuthorised(row.reason, code="red")
    return row


def _renew(row: Authorisation) -> str:
    consent, app = _consent(row.app), app_access(row.app)
    if not row.refresh_token and row.external_id != APP_ITSELF and consent.kind_for(app) != ConsentKind.CREDENTIALS:
        return _red(row, NO_REFRESH_TOKEN, "no_refresh_token")
    if row.refused_since and (left := row.refused_since + SETTLES_AFTER - timezone.now()) > timedelta():
        raise TryLater(RENEWAL_REFUSED, after=left.total_seconds(), code="refresh_refused")
    try:
        grant = consent.renew(app, refresh_token=row.refresh_token, shop_id=row.external_id)
    except (NotAuthorised, Rejected) as error:
        return _refused(row, error)
    return _store(row, grant)


def _consent(app: AppRegistration) -> Consent:
    consent = connector_of(app.channel).consent
    if consent is None:
        raise NotAuthorised(NO_REFRESH_TOKEN, code="no_consent")
    return consent


def _needs_no_consent(app: AppRegistration) -> bool:
    consent = connector_of(app.channel).consent
    return consent is not None and consent.kind_for(app_access(app)) == ConsentKind.CREDENTIALS


def _store(row: Authorisation, grant: Grant) -> str:
    columns, is_ours = stored_pair(grant, timezone.now()), 1
    try:
        is_ours = _update_surely(row, columns)
    finally:
        # with the database away for long this is the only copy: the old pair is used up
        if is_ours:
            token_journal.append(row, columns)
    if not is_ours:
        # a new consent, or a renewal while our lock was lost: the stored pair is the later one
        log.warning("renewal_overtaken", authorisation=row.pk)
        return str(_row(row.pk).access_token)
    log.info("token_renewed", authorisation=row.pk, channel=row.app.channel)
    return grant.access_token


def _update_surely(row: Authorisation, columns: dict[str, Any]) -> int:
    deadline = time.monotonic() + STORING_SECONDS
    while True:
        try:
            return Authorisation.objects.filter(pk=row.pk, refresh_fingerprint=row.refresh_fingerprint).update(
                **columns
            )
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > deadline:
                raise
            connection.close()
            time.sleep(_POLL_SECONDS)


def _refused(row: Authorisation, error: ChannelError) -> str:
    """Note a first refusal: it may only mean that another worker's renewal is a moment ahead of ours."""
    if row.refused_since:
        return _red(row, RENEWAL_REFUSED(error.reason.words), error.code)
    if not _unchanged(row).update(refused_since=timezone.now()):
        return str(_row(row.pk).access_token)
    raise TryLater(error.reason, after=SETTLES_AFTER.total_seconds(), code=error.code)


def _red(row: Authorisation, reason: Cause, code: str) -> str:
    with transaction.atomic():
        is_ours = _unchanged(row).update(state=State.RED, reason=reason)
        emit_states(row.pk)
    if not is_ours:
        return str(_row(row.pk).access_token)
    log.error("authorisation_red", authorisation=row.pk, channel=row.app.channel, code=code)
    raise NotAuthorised(reason, code=code)


def _unchanged(row: Authorisation) -> Any:
    return Authorisation.objects.filter(
        pk=row.pk, refresh_fingerprint=row.refresh_fingerprint, renewed_at=row.renewed_at
    )


def _lock(authorisation_id: int) -> AbstractContextManager[bool]:
    return advisory_lock(f"token:{authorisation_id}")


_DUE = """
SELECT a.id, a.renewed_at FROM integrations_authorisation a JOIN integrations_appregistration p ON p.id = a.app_id
WHERE p.is_active AND a.state <> 'red'
AND (a.refresh_token <> '' OR a.external_id = %s OR p.id = ANY(%s)) AND CASE
    WHEN a.refused_since IS NULL
    THEN a.expires_at - (a.expires_at - COALESCE(a.renewed_at, a.expires_at)) * %s <= %s
    ELSE a.refused_since <= %s END
ORDER BY a.expires_at, a.id
"""


def _due(now: datetime) -> list[tuple[Any, ...]]:
    apps = AppRegistration.objects.filter(is_active=True, channel__in=channels())
    by_credentials = [app.pk for app in apps if _needs_no_consent(app)]
    return fetch(_DUE, APP_ITSELF, by_credentials, 1 - RENEW_AFTER_FRACTION, now, now - SETTLES_AFTER)


def _warn(now: datetime) -> None:
    ends = Least("refresh_expires_at", "consent_ends_at")
    soon = Q(ends__lte=now + WARNED_BEFORE)
    rows = Authorisation.objects.alias(ends=ends)
    rows.filter(soon, state=State.OK).update(state=State.EXPIRING, reason=CONSENT_ENDS_SOON)
    rows.filter(state=State.EXPIRING).exclude(soon).update(state=State.OK, reason="")


def _end(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)
