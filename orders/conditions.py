"""Conditions of orders that lists, tiles and reports share."""

from __future__ import annotations

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils import timezone

from orders.models import OrderLine
from orders.snapshots import PLATFORM, SELLER
from orders.statuses import NO_SALE, Status, statuses


def sold() -> Q:
    """Return the condition for orders that are sales: neither cancelled nor failed."""
    return ~Q(status__in=NO_SALE)


def has_ours() -> Q:
    """Return the condition for orders of which our warehouse sends something, or of which no line is known.

    Asked of each order's own lines: PostgreSQL would answer an OR of two EXISTS by reading all lines that a platform ever sent.
    """
    ours = Q(fulfilled_by=SELLER, quantity__gt=0) & ~Q(status=Status.CANCELLED)
    whose = OrderLine.objects.filter(order_id=OuterRef("pk")).order_by().values("order_id")
    found = whose.annotate(
        has_ours=BoolOr(_as_boolean(ours)), has_platform=BoolOr(_as_boolean(Q(fulfilled_by=PLATFORM)))
    )
    is_ours = found.values_list(_as_boolean(Q(has_ours=True) | Q(has_platform=False)))
    return Q(Exact(Coalesce(Subquery(is_ours), Value(True)), Value(True)))


def _as_boolean(condition: Q) -> ExpressionWrapper[Q]:
    return ExpressionWrapper(condition, output_field=BooleanField())


def to_ship() -> Q:
    """Return the condition for orders whose shipment is not arranged yet, and is ours to arrange."""
    return Q(has_ours(), status=Status.TO_SHIP)


def late() -> Q:
    """Return the condition for orders that we should have handed over by now."""
    return Q(has_ours(), status__in=statuses("may_ship"), ship_by__lt=timezone.now())
