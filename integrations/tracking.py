"""Reading the steps of parcels: when a person asks, and by itself when the status of an order on its way changed."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from django.utils.translation import gettext as _

from integrations.accounts.connections import Account, NotPossible, account_of, active_connection, connection_of
from integrations.connectors import channels, connector_of
from integrations.contract.errors import UNEXPECTED_ERRORS, NotAuthorised, Rejected, TryLater, explained_to_people
from integrations.models import Connection
from integrations.work import wakeups
from integrations.work.locks import advisory_lock
from orders.models import Order
from orders.queries import TrackedOrder, current_parcels, orders_with_tracking_news
from orders.services.tracking import note_read, store_steps
from orders.snapshots import ParcelStepSnapshot

log = structlog.get_logger(__name__)

# orders of an account in one round, each a call or one per parcel: never more than the schedule's ten minutes allow beside the rest
MOST = 50


def tells_tracking(channel: str) -> bool:
    """Return whether a channel tells the steps of parcels."""
    return channel in channels() and connector_of(channel).tracking is not None


def refresh(order: Order) -> int:
    """Read and store the steps of an order's parcels now; return how many are new. May be repeated.

    Raises NotPossible where the channel does not tell them or the shop is not connected, ChannelError as its calls do.
    """
    if not tells_tracking(order.shop.channel):
        raise NotPossible(_("%(channel)s does not tell the steps of its parcels.") % {"channel": order.shop.channel})
    account = account_of(connection_of(order.shop))
    with explained_to_people():
        steps = _read(account, order.number, current_parcels(order.pk))
    return store_steps(order.pk, order.status, steps)


def enqueue_rounds() -> None:
    """Wake a worker for every account whose channel tells the steps of parcels."""
    telling = [channel for channel in channels() if tells_tracking(channel)]
    known = Connection.objects.filter(is_active=True, authorisation__app__channel__in=telling)
    wakeups.enqueue_once("tracking", known.values_list("pk", flat=True))


def read_news(connection_id: int) -> int:
    """Read the steps of orders of an account whose status changed since they were last read; return how many orders were read.

    One round: at most `MOST` orders, newest first. It ends where the channel wants no more calls; the next one goes on.
    """
    connection = active_connection(connection_id)
    if connection is None or connection.shop_id is None:
        return 0
    with advisory_lock(f"tracking:{connection_id}") as acquired:
        return _round(account_of(connection, lane="bulk"), connection.shop_id) if acquired else 0


def _round(account: Account, shop_id: int) -> int:
    read = 0
    for order in orders_with_tracking_news(shop_id, limit=MOST):
        try:
            _read_one(account, order)
        except (TryLater, NotAuthorised):
            break
        read += 1
    return read


def _read_one(account: Account, order: TrackedOrder) -> None:
    """Read and store one order. What the channel refuses or answers without sense is not asked for again at this status."""
    try:
        steps = _read(account, order.number, order.parcels)
    except (Rejected, *UNEXPECTED_ERRORS) as error:
        log.warning("tracking_not_read", order=order.id, error=type(error).__name__)
        note_read(order.id, order.status)
    else:
        store_steps(order.id, order.status, steps)


def _read(account: Account, number: str, parcels: Sequence[str]) -> Sequence[ParcelStepSnapshot]:
    read = account.connector.tracking
    return read(account.access, number, parcels) if read else ()
