"""Worklists: what waits for a person, one definition each, shared by tile, badge, chart and list."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull
from django.http import HttpRequest
from django.utils import timezone

from commissions.models import FeeMatch
from core.outbox import BrokenEvent
from erpsync import permissions
from erpsync.connections.health import SOON
from integrations.models import Authorisation, Command, Connection, InboxEvent, ShippingLabel
from inventory.models import Listing, StockDrift, StockLevel
from inventory.queries import IS_UNMAPPED
from orders.conditions import has_ours, late, sold, to_ship
from orders.models import CustomerIdentity, Order, OrderLine, Return, Wave
from orders.schema import BREAKS
from orders.statuses import NO_SALE, Status, statuses

# no tile and no tab counts any further: a long table stays cheap
MOST = 1_000
# what waits for a person until it is tried again, settled or closed
OPEN_REFUSALS = Q(state=Command.State.REFUSED, closed_at__isnull=True)
OPEN_DEAD_LETTERS = Q(state=InboxEvent.State.DEAD, closed_at__isnull=True)


def refused() -> Q:
    """Return the condition for orders with a refused command that is open."""
    return Q(Exists(Command.objects.filter(OPEN_REFUSALS, order_id=OuterRef("pk"))))


def ship_refused() -> Q:
    """Return the condition for orders whose shipment could not be arranged."""
    return Q(Exists(Command.objects.filter(OPEN_REFUSALS, order_id=OuterRef("pk"), kind="ship")))


def to_print() -> Q:
    """Return the condition for arranged orders of ours without a printed label."""
    return Q(has_ours(), ~is_printed(), status__in=statuses("may_print") & statuses("is_open"))


def to_hand_over() -> Q:
    """Return the condition for arranged orders of ours with a printed label."""
    return Q(has_ours(), is_printed(), status__in=statuses("may_print") & statuses("is_open"))


def is_printed() -> Q:
    """Return the condition for orders with a printed label."""
    return Q(Exists(ShippingLabel.objects.filter(orders=OuterRef("pk"), printed_at__isnull=False)))


def held() -> Q:
    """Return the condition for open orders that people hold back, themselves or their buyers."""
    buyers = CustomerIdentity.objects.filter(
        customer_id=OuterRef("customer_id"), shop_id=OuterRef("shop_id"), held=True
    )
    return Q(Q(held=True) | Q(Exists(buyers)), status__in=statuses("is_open"))


# of orders, by the value of the list's filter
ORDERS: Mapping[str, Callable[[], Q]] = {
    "sold": sold,
    "to_ship": to_ship,
    "late": late,
    "ship_refused": ship_refused,
    "to_print": to_print,
    "to_hand_over": to_hand_over,
    "under_way": lambda: Q(status=Status.SHIPPED),
    "ended": lambda: Q(status__in=(*NO_SALE, Status.RETURNING, Status.RETURNED)),
    "yes": lambda: Q(has_problem=True),
    "refused": refused,
    "held": held,
    "cancelling": lambda: Q(status__in=statuses("may_answer")),
    "schema": lambda: Q(has_problem=True, problems__contains=[BREAKS]),
}


def orders(request: HttpRequest, name: str) -> QuerySet[Order]:
    """Return the orders of one of `ORDERS` in the user's shops."""
    return Order.objects.filter(ORDERS[name](), shop_id__in=permissions.shop_ids(request))


def returns_to_answer(request: HttpRequest) -> QuerySet[Return]:
    """Return the returns that wait for an answer in the user's shops."""
    return Return.objects.filter(status=Return.Status.REQUESTED, shop_id__in=permissions.shop_ids(request))


def waiting_events(request: HttpRequest) -> QuerySet[InboxEvent]:
    """Return the pending events that the user may see."""
    return _events(request).filter(state=InboxEvent.State.PENDING)


def dead_letters(request: HttpRequest) -> QuerySet[InboxEvent]:
    """Return the open dead letters that the user may see."""
    return _events(request).filter(OPEN_DEAD_LETTERS)


def broken_events(request: HttpRequest) -> QuerySet[BrokenEvent]:
    """Return the business events that break their schema: for superusers all, else those of shops that the user manages."""
    return permissions.in_all_shops(request, BrokenEvent.objects.all(), permissions.MANAGER)


def waves_to_pick(request: HttpRequest) -> QuerySet[Wave]:
    """Return the waves that nobody picks yet, of shops in all of which the user has a role."""
    return permissions.in_all_shops(request, Wave.objects.filter(state=Wave.State.OPEN))


def _events(request: HttpRequest) -> QuerySet[InboxEvent]:
    """Return the events that the user may see; for superusers those of an app alone, too."""
    found = InboxEvent.objects.all()
    return found if request.user.is_superuser else found.filter(connection_id__in=permissions.connection_ids(request))


def refused_commands(request: HttpRequest) -> QuerySet[Command]:
    """Return the open refused commands that the user may see: about orders of their shops, and of their connections."""
    found = Command.objects.filter(OPEN_REFUSALS)
    if request.user.is_superuser:
        return found
    own_orders = Q(order__shop_id__in=permissions.shop_ids(request))
    return found.filter(own_orders | Q(order=None, target_id__in=permissions.connection_ids(request)))


def costs_orders() -> Q:
    """Return the condition for unmapped listings with sales: each sells goods that no stock covers.

    The first line of each listing is looked up: for an EXISTS PostgreSQL may read all unmapped lines, and their orders.
    """
    waiting = waiting_lines().filter(listing_id=OuterRef("pk")).order_by()
    return IS_UNMAPPED & Q(IsNull(Subquery(waiting.values("pk")[:1]), False))


def waiting_lines() -> QuerySet[OrderLine]:
    """Return the lines of sales that wait for a mapping."""
    return OrderLine.objects.filter(product__isnull=True).exclude(order__status__in=NO_SALE)


def unmapped(request: HttpRequest) -> QuerySet[Listing]:
    """Return the unmapped listings with sales in the user's shops."""
    return Listing.objects.filter(costs_orders(), shop_id__in=permissions.shop_ids(request))


def oversold(request: HttpRequest) -> QuerySet[StockLevel]:
    """Return the levels that the user may see and of which more is promised than is there."""
    return StockLevel.objects.filter(permissions.levels_of(request), available__lt=0)


def drifts(request: HttpRequest) -> QuerySet[StockDrift]:
    """Return the open drifts of the user's shops."""
    return StockDrift.objects.filter(ended_at__isnull=True, shop_id__in=permissions.shop_ids(request))


def fee_findings(request: HttpRequest) -> QuerySet[FeeMatch]:
    """Return the open differences between expected and settled fees of the user's shops."""
    return FeeMatch.objects.filter(state__in=FeeMatch.OPEN, shop_id__in=permissions.shop_ids(request))


def consent_ends() -> Q:
    """Return the condition for connections in use whose consent has ended or ends within `SOON`."""
    soon = timezone.now() + SOON
    ending = Q(authorisation__state__in=(Authorisation.State.RED, Authorisation.State.EXPIRING))
    ending |= Q(authorisation__refresh_expires_at__lte=soon) | Q(authorisation__consent_ends_at__lte=soon)
    return Q(ending, is_active=True)


def consents_ending(request: HttpRequest) -> QuerySet[Connection]:
    """Return the connections that the user may see and whose consent has ended or ends soon."""
    return permissions.connections(request).filter(consent_ends())
