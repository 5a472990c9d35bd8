"""The jobs of workers: each deletes its wake-up flag, calls one service and holds no logic. All may be repeated."""

from __future__ import annotations

from datetime import timedelta

from integrations.accounts import tokens
from integrations.documents.commands.perform import due_by_job, perform_due
from integrations.inbox import due
from integrations.inbox import pull as pulling
from integrations.ingest import drain as draining
from integrations.ingest import sweep as sweeping
from integrations.ingest.backfill import running
from integrations.models import Connection
from integrations.publishing import rounds
from integrations.work import wakeups
from inventory.services import proof as stock_proof
from orders.services import proof as order_proof

A_DAY = timedelta(days=1)


def drain(connection_id: int) -> None:
    """Drain a connection's inbox."""
    wakeups.mark_started("drain", connection_id)
    draining.drain(connection_id)


def drain_app(app_id: int) -> None:
    """Drain the inbox events of an app that belong to none of its shops."""
    wakeups.mark_started("drain_app", app_id)
    draining.drain_app(app_id)


def cut(connection_id: int) -> None:
    """Push the deep cuts of a shop."""
    wakeups.mark_started("cut", connection_id)
    rounds.cut(connection_id)


def publish(connection_id: int) -> None:
    """Push a shop's due stock and prices."""
    wakeups.mark_started("publish", connection_id)
    rounds.publish(connection_id)


def perform(connection_id: int) -> None:
    """Perform a connection's commands."""
    wakeups.mark_started("perform", connection_id)
    perform_due(connection_id)


def perform_bulk(connection_id: int) -> None:
    """Carry out a connection's commands that can wait for orders and stock."""
    wakeups.mark_started("perform_bulk", connection_id)
    perform_due(connection_id, lane="bulk")


def sweep(connection_id: int) -> None:
    """Find changes that no webhook announced."""
    wakeups.mark_started("sweep", connection_id)
    sweeping.sweep(connection_id)


def pull(app_id: int) -> None:
    """Pull an app's queue."""
    wakeups.mark_started("pull", app_id)
    pulling.pull(app_id)


def backfill(run_id: int) -> None:
    """Continue a backfill."""
    wakeups.mark_started("backfill", run_id)
    running.work(run_id)


def tick() -> None:
    """Each second, in the leader: wake workers for everything that is due. Finds the work of lost wake-ups."""
    due.enqueue_due()
    wakeups.enqueue_once("pull", pulling.due_apps())
    wakeups.enqueue_once("cut", rounds.due_connections(deep_cuts=True))
    wakeups.enqueue_once("publish", rounds.due_connections())
    for job, connections in due_by_job().items():
        wakeups.enqueue_once(job, connections)
    wakeups.enqueue_once("sweep", sweeping.due_connections())
    wakeups.enqueue_once("backfill", running.due_runs())


def renew_tokens() -> None:
    """Renew the tokens that are due, before a call needs them."""
    tokens.renew_due()


def sweep_all() -> None:
    """Sweep every connection."""
    wakeups.enqueue_once("sweep", Connection.objects.filter(is_active=True).values_list("pk", flat=True))


def sweep_day() -> None:
    """Sweep the last day of every connection again."""
    for connection_id in Connection.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True):
        sweeping.sweep(connection_id, since=A_DAY)


def nightly() -> None:
    """Run the proofs of the books; a breach is a row that people see."""
    stock_proof.prove((*stock_proof.CHECKS, *order_proof.CHECKS))
