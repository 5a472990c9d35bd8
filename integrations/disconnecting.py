"""Taking leave of a shop without losing anything: pushes stop, nothing more is asked, everything read stays."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from integrations.backfill import planning
from integrations.models import BackfillRun, Connection
from inventory.services.shops import pause_pushes
from orders.models import Order, Status

# somebody still has to do something about these, here or at the channel
OPEN = (Status.UNPAID, Status.ON_HOLD, Status.TO_SHIP, Status.PACKED, Status.CANCELLING)


def open_orders(connection: Connection) -> QuerySet[Order]:
    """Orders of the shop that are not on their way yet, oldest first."""
    return Order.objects.filter(shop=connection.shop_id, status__in=OPEN).order_by("placed_at", "pk")


@transaction.atomic
def disconnect(connection: Connection) -> None:
    """Freeze what leaves, stop asking, pause histories. Tokens and settings stay. May be repeated; connecting again undoes it.

    Pushes stay paused after that until a person resumes them: the numbers shown meanwhile were not ours.
    """
    if not connection.shop.keeps_stock:
        pause_pushes([connection.shop_id], paused=True)
    Connection.objects.filter(pk=connection.pk).update(is_active=False)
    for run_id in BackfillRun.objects.filter(connection=connection, state="running").values_list("pk", flat=True):
        planning.pause(run_id)
