"""Carrying out commands: mark as sent, call, write down what became of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import structlog
from django.db import transaction

from integrations import inbox, wake
from integrations.access import active_connection, connector_for
from integrations.alone import alone
from integrations.commands.channel import channel_command
from integrations.connectors.base import Command, CommandOutcome, Connector
from integrations.crm import book_channels, crm_command
from integrations.handover.learning import note_documents
from integrations.handover.writing import NotNeeded, pos_command
from integrations.inbox import Incoming
from integrations.models import Connection
from integrations.wire.errors import STUMBLES, NotAuthorised, Rejected, TryLater
from inventory.services.readings import PosDocument
from inventory.sql import database_time
from orders.services import fulfilments
from orders.services.fulfilments import ClaimedCommand

log = structlog.get_logger(__name__)

# longer than any call may take with a renewed token in between; then its answer counts as lost
LEASE_SECONDS = 150.0
# a job that takes turns: documents for the POS may wait, stock numbers may not
BUDGET_SECONDS = 0.5
# a lost answer is looked up so often, so far apart, before "not found" is believed
LOOKS = 2
LOOK_AGAIN_AFTER = 10.0
RECONNECT_AFTER = 60.0


def due_by_job() -> dict[str, list[int]]:
    """Active connections that commands are due for, by the job that carries them out."""
    found: dict[str, list[int]] = {}
    due = Connection.objects.filter(shop__in=fulfilments.due_targets(), is_active=True).order_by("pk")
    for connection_id, channel in due.values_list("pk", "shop__channel"):
        found.setdefault(job_for(channel), []).append(connection_id)
    return found


def job_for(channel: str) -> str:
    """Which job carries out the commands of a channel's connections: a customer book can wait."""
    return "tell" if channel in book_channels() else "perform"


def perform_due(connection_id: int, *, budget_seconds: float = BUDGET_SECONDS) -> None:
    """Carry out the due commands of a connection, one after another, until none is due or the time is up.

    One worker at a time per connection: a channel that takes two writes a second would hold up all of them. May be killed
    at any moment: what was sent is looked up later.
    """
    connection = active_connection(connection_id)
    if connection is None:
        return
    with alone(f"perform:{connection_id}") as ours:
        if ours and not _until_done(connection, budget_seconds):
            wake.ring(job_for(connection.shop.channel), [connection_id])


def _until_done(connection: Connection, budget_seconds: float) -> bool:
    connector = connector_for(connection, lane="orders")
    until = time.monotonic() + budget_seconds
    while time.monotonic() < until:
        claimed = fulfilments.claim(connection.shop_id, seconds=LEASE_SECONDS)
        if claimed is None:
            return True
        _perform(connection, connector, claimed)
    return False


def _perform(connection: Connection, connector: Connector, claimed: ClaimedCommand) -> None:
    try:
        command = _command(connection, claimed)
    except NotNeeded as error:
        fulfilments.not_needed(claimed, reason=str(error))
        return
    except Rejected as error:
        fulfilments.refused(claimed, reason=error.reason)
        return
    lost = claimed.was_sent
    try:
        outcome = connector.outcome_of(command) if lost else connector.perform(command)
    except TryLater as error:
        if lost or error.maybe_done:
            _look_later(connector, claimed, error)
        else:
            fulfilments.unsent(claimed, after=error.after, reason=error.reason)
    except NotAuthorised as error:
        back = fulfilments.unanswered if lost else fulfilments.unsent
        back(claimed, after=RECONNECT_AFTER, reason=error.reason)
    except Rejected as error:
        fulfilments.refused(claimed, reason=error.reason)
    except STUMBLES as error:
        log.exception("command_failed", command=claimed.id, kind=claimed.kind)
        reason = f"the answer made no sense: {type(error).__name__}"
        fulfilments.unanswered(claimed, after=_settles(connector), reason=reason)
    else:
        if outcome is None:
            _not_found(claimed)
        else:
            _done(connection, claimed, outcome)


def _command(connection: Connection, claimed: ClaimedCommand) -> Command:
    build = _BUILDERS[_target(connection, claimed)]
    return replace(build(connection, claimed), sent_at=claimed.sent_at)


def _target(connection: Connection, claimed: ClaimedCommand) -> str:
    """What the shop it goes to is to the order: the POS, its own channel, or the customer book."""
    if connection.shop.keeps_stock:
        return "pos"
    return "channel" if connection.shop_id == claimed.order_shop_id else "crm"


def _settles(connector: Connector) -> float:
    return connector.write_settles_after.total_seconds()


def _look_later(connector: Connector, claimed: ClaimedCommand, error: TryLater) -> None:
    after = error.after if claimed.was_sent else max(error.after, _settles(connector))
    fulfilments.unanswered(claimed, after=after, reason=error.reason)


def _not_found(claimed: ClaimedCommand) -> None:
    """Not there: believed only when it was not there twice, some seconds apart."""
    if claimed.missed + 1 < LOOKS:
        fulfilments.unanswered(claimed, after=LOOK_AGAIN_AFTER, reason="no trace of it yet", missed=claimed.missed + 1)
    else:
        fulfilments.unsent(claimed, after=0, reason="the lost call was not carried out")


@transaction.atomic
def _done(connection: Connection, claimed: ClaimedCommand, outcome: CommandOutcome) -> None:
    """Levels are locked before the command's row, as everywhere."""
    _FOLLOW_UPS[_target(connection, claimed)](connection, claimed)
    fulfilments.done(claimed.id, external_id=outcome.external_id, code=outcome.code)


def _note_document(connection: Connection, claimed: ClaimedCommand) -> None:
    assert claimed.warehouse_id is not None, "a POS document is written for a branch"
    document = PosDocument(claimed.kind, claimed.order_shop_id, claimed.order_number, claimed.warehouse_id)
    note_documents(connection, [document], known_at=database_time())


def _ask_for_order(connection: Connection, claimed: ClaimedCommand) -> None:
    app_id = connection.authorisation.app_id
    told = [Incoming(app_id, connection.pk, "order", claimed.order_number, "command")]
    if number := str(claimed.options.get("return_number") or ""):
        told.append(Incoming(app_id, connection.pk, "return", number, "command"))
    inbox.add(told)
    transaction.on_commit(partial(wake.ring, "drain", [connection.pk]))


def _nothing(connection: Connection, claimed: ClaimedCommand) -> None:
    """What a customer book was told changes nothing here."""


# what the target is to the order -> what it is told, and what follows from its having done it
_BUILDERS: Mapping[str, Callable[[Connection, ClaimedCommand], Command]] = {
    "pos": pos_command,
    "channel": channel_command,
    "crm": crm_command,
}
_FOLLOW_UPS: Mapping[str, Callable[[Connection, ClaimedCommand], None]] = {
    "pos": _note_document,
    "channel": _ask_for_order,
    "crm": _nothing,
}
