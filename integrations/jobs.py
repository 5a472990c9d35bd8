"""What workers run: each job takes its flag down, calls one service and holds no logic. All may be repeated."""

from __future__ import annotations

from datetime import timedelta

from integrations import commands, queues, wake
from integrations import drain as draining
from integrations import publish as publishing
from integrations import sweep as sweeping
from integrations.backfill import running
from integrations.models import Connection
from integrations.wire import tokens
from inventory.services import proof as stock_proof
from orders.services import proof as order_proof

A_DAY = timedelta(days=1)


def drain(connection_id: int) -> None:
    """Work off a connection's inbox."""
    wake.clear("drain", connection_id)
    draining.drain(connection_id)


def drain_app(app_id: int) -> None:
    """Work off what came in for an app and for none of its shops."""
    wake.clear("drain_app", app_id)
    draining.drain_app(app_id)


def cut(connection_id: int) -> None:
    """Lower what a shop shows far too much of."""
    wake.clear("cut", connection_id)
    publishing.cut(connection_id)


def publish(connection_id: int) -> None:
    """Show a shop the numbers it should show."""
    wake.clear("publish", connection_id)
    publishing.publish(connection_id)


def perform(connection_id: int) -> None:
    """Carry out a connection's commands."""
    wake.clear("perform", connection_id)
    commands.perform_due(connection_id)


def tell(connection_id: int) -> None:
    """Tell a customer book what it should know: it can wait for orders and stock."""
    wake.clear("tell", connection_id)
    commands.perform_due(connection_id)


def sweep(connection_id: int) -> None:
    """Look for what nobody told us of."""
    wake.clear("sweep", connection_id)
    sweeping.sweep(connection_id)


def pull(app_id: int) -> None:
    """Read an app's own queue."""
    wake.clear("pull", app_id)
    queues.pull(app_id)


def backfill(run_id: int) -> None:
    """Read on in a shop's history."""
    wake.clear("backfill", run_id)
    running.work(run_id)


def tick() -> None:
    """Each second, in the leader: ring for everything that is due. Rings get lost; this is what finds their work."""
    wake.ring_due()
    wake.ring("pull", queues.due_apps())
    wake.ring("cut", publishing.due_connections(deep_cuts=True))
    wake.ring("publish", publishing.due_connections())
    for job, connections in commands.due_by_job().items():
        wake.ring(job, connections)
    wake.ring("sweep", sweeping.due_connections())
    wake.ring("backfill", running.due_runs())


def renew_tokens() -> None:
    """Renew what is due, before anybody needs it."""
    tokens.renew_due()


def sweep_all() -> None:
    """Every connection looks for what it missed."""
    wake.ring("sweep", Connection.objects.filter(is_active=True).values_list("pk", flat=True))


def sweep_day() -> None:
    """Every connection reads the last day again."""
    for connection_id in Connection.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True):
        sweeping.sweep(connection_id, since=A_DAY)


def nightly() -> None:
    """Prove that the books add up; what does not is a row that people see."""
    stock_proof.prove((*stock_proof.CHECKS, *order_proof.CHECKS))
