"""Holding back of orders and buyers by people: what is held joins no wave, and is not arranged together with others."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from core.db import execute
from orders.models import Order
from orders.services.attention import lock_orders
from orders.services.waves.states import refresh_waves

REASON_LENGTH = Order._meta.get_field("held_reason").max_length or 0

_HOLD = """
UPDATE orders_order SET held = %(held)s, held_reason = %(reason)s
WHERE id = ANY(%(orders)s) AND (held, held_reason) IS DISTINCT FROM (%(held)s, %(reason)s)
"""

_HOLD_BUYER = """
UPDATE orders_customeridentity SET held = %(held)s, held_reason = %(reason)s
WHERE customer_id = %(customer)s AND shop_id = ANY(%(shops)s)
    AND (held, held_reason) IS DISTINCT FROM (%(held)s, %(reason)s)
"""


@transaction.atomic
def hold(order_ids: Collection[int], reason: str) -> int:
    """Hold orders back; they leave their waves. Returns how many changed. May be repeated."""
    return _set(order_ids, held=True, reason=reason.strip()[:REASON_LENGTH])


@transaction.atomic
def release(order_ids: Collection[int]) -> int:
    """End the holding back of orders. Returns how many changed. May be repeated."""
    return _set(order_ids, held=False, reason="")


def _set(order_ids: Collection[int], *, held: bool, reason: str) -> int:
    lock_orders(order_ids)
    changed = execute(_HOLD, orders=sorted(order_ids), held=held, reason=reason)
    refresh_waves(order_ids)
    return changed


@transaction.atomic
def hold_buyer(customer_id: int, shop_ids: Collection[int], reason: str) -> int:
    """Hold a buyer back in these shops: open orders leave their waves. Returns how many of the shops changed. May be repeated."""
    orders = list(
        Order.objects.filter(customer_id=customer_id, shop_id__in=shop_ids, wave_places__is_active=True)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    lock_orders(orders)
    changed = execute(
        _HOLD_BUYER, customer=customer_id, shops=sorted(shop_ids), held=True, reason=reason.strip()[:REASON_LENGTH]
    )
    refresh_waves(orders)
    return changed


def release_buyer(customer_id: int, shop_ids: Collection[int]) -> int:
    """End the holding back of a buyer in these shops. Returns how many changed. May be repeated."""
    return execute(_HOLD_BUYER, customer=customer_id, shops=sorted(shop_ids), held=False, reason="")
