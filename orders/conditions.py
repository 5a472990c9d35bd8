"""Conditions of orders that lists, tiles and reports share."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from orders.models import OrderLine
from orders.snapshots import PLATFORM, SELLER
from orders.statuses import NO_SALE, Status, statuses


def sold() -> Q:
    """Return the condition for orders that are sales: neither cancelled nor failed."""
    return ~Q(status__in=NO_SALE)


def has_ours() -> Q:
    """Return the condition for orders of which our warehouse sends something, or of which no line is known."""
    lines = OrderLine.objects.filter(order_id=OuterRef("pk"))
    ours = lines.filter(fulfilled_by=SELLER, quantity__gt=0).exclude(status=Status.CANCELLED)
    return ~Q(Exists(lines.filter(fulfilled_by=PLATFORM))) | Q(Exists(ours))


def to_ship() -> Q:
    """Return the condition for orders whose shipment is not arranged yet, and is ours to arrange."""
    return Q(has_ours(), status=Status.TO_SHIP)


def late() -> Q:
    """Return the condition for orders that we should have handed over by now."""
    return Q(has_ours(), status__in=statuses("may_ship"), ship_by__lt=timezone.now())
