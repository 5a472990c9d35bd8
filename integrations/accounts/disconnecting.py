"""Disconnect an account without losing data: pushes and reads stop, everything stored stays."""

from __future__ import annotations

from django.db.models import QuerySet

from core.transactions import in_transaction
from integrations.models import BackfillRun, Connection
from inventory.services.shops import pause_pushes
from orders.models import Order
from orders.statuses import statuses


def open_orders(connection: Connection) -> QuerySet[Order]:
    """Orders of the shop that are not on their way yet, oldest first."""
    return Order.objects.filter(shop=connection.shop_id, status__in=statuses("is_open")).order_by("placed_at", "pk")


@in_transaction
def disconnect(connection: Connection) -> None:
    """Pause pushes and backfills, stop sweeps. Tokens, settings and links stay. May be repeated; connecting again undoes it.

    Pushes stay paused after that until a person resumes them: the numbers shown meanwhile were not ours.
    """
    running = BackfillRun.objects.filter(connection=connection, state=BackfillRun.State.RUNNING)
    running.update(state=BackfillRun.State.PAUSED)
    Connection.objects.filter(pk=connection.pk).update(is_active=False)
    if connection.shop is not None and not connection.shop.keeps_stock:
        pause_pushes([connection.shop.pk], paused=True)
