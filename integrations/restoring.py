"""Hold after a restore: nothing is sent until the state of all other systems was read again; then the hub goes on by itself.

1. Every connection that can be asked is swept from the backup's watermarks, POS levels are read anew as a whole, and what that
   found is stored. The documents that follow are wanted in the same transactions.
2. Every wanted command is looked up by its reference: it may have been carried out since the backup. The numbers that the
   channels show are compared with those that they should.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F, Q

from core.db import database_time
from core.feed import begin_epoch
from integrations.documents.commands import restored as commands
from integrations.ingest.resources import kind_named, kinds
from integrations.models import Authorisation, Connection, InboxEvent, Restoration
from integrations.publishing import drift
from integrations.work import wakeups
from integrations.work.locks import advisory_lock

log = structlog.get_logger(__name__)

Phase = Restoration.Phase


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of the checks after a restore: the remaining work of each."""

    restoration: Restoration
    unswept: list[int]
    unread: int
    commands: int
    uncompared: list[int]
    consents: list[Connection]

    @property
    def is_read(self) -> bool:
        return not self.unswept and not self.unread


def hold(backup_at: datetime) -> Restoration:
    """Hold everything back in a restored database, and let its readers' positions and versions jump.

    What shows how things are (POS stock, listings) is read as a whole; the rest from the watermarks of the backup.
    """
    observed = [kind for kind in kinds() if kind_named(kind).observed]
    with transaction.atomic():
        begin_epoch()
        for connection in Connection.objects.select_for_update(no_key=True).order_by("pk"):
            connection.watermarks = {k: at for k, at in connection.watermarks.items() if k not in observed}
            connection.sweep_due_at = connection.last_sweep_at = connection.shown_at = None
            connection.shown_after = ""
            connection.save(update_fields=["watermarks", "sweep_due_at", "last_sweep_at", "shown_at", "shown_after"])
        return Restoration.objects.create(backup_at=backup_at)


def held() -> Restoration | None:
    """Return the restoration that holds everything back, None when anything may leave."""
    return Restoration.objects.filter(released_at=None).order_by("-pk").first()


def progress(restoration: Restoration) -> Progress:
    """Return how far the check is. Connections that need a new consent, or are switched off, are not waited for."""
    since = restoration.held_since
    active = Connection.objects.filter(is_active=True)
    usable = active.exclude(authorisation__state=Authorisation.State.RED)
    unswept = usable.filter(Q(last_sweep_at=None) | Q(last_sweep_at__lt=since))
    # what came in after the last sweep is of today, and on a busy hub there is always some
    pending = InboxEvent.objects.filter(
        state=InboxEvent.State.PENDING, connection__in=usable, received_at__lte=F("connection__last_sweep_at")
    )
    return Progress(
        restoration=restoration,
        unswept=list(unswept.order_by("pk").values_list("pk", flat=True)),
        unread=pending.count() if restoration.phase == Phase.SWEEPING else 0,
        commands=commands.count_to_look_up(since),
        uncompared=drift.to_compare(since),
        consents=list(
            active.filter(authorisation__state=Authorisation.State.RED).select_related("shop").order_by("pk")
        ),
    )


def advance() -> None:
    """Take the next step of the check, or end it. A job; may be repeated, by one process at a time."""
    restoration = held()
    if restoration is None:
        return
    with advisory_lock("restoration") as ours:
        if ours:
            _advance(progress(restoration))


def _advance(now: Progress) -> None:
    restoration = now.restoration
    if restoration.phase == Phase.SWEEPING:
        wakeups.enqueue_once("sweep", now.unswept)
        if now.is_read:
            _compare(restoration)
        return
    wakeups.enqueue_once("check_numbers", now.uncompared)
    if not now.commands and not now.uncompared:
        _store(restoration, phase=Phase.OVER, released_at=database_time())
        log.info("restoration_released", restoration=restoration.pk)


def _compare(restoration: Restoration) -> None:
    with transaction.atomic():
        number = commands.look_first(since=restoration.backup_at)
        _store(restoration, phase=Phase.COMPARING, looked_up=number)
    log.info("restoration_looks_up", restoration=restoration.pk, commands=number)


def _store(restoration: Restoration, **values: object) -> None:
    Restoration.objects.filter(pk=restoration.pk).update(**values)
