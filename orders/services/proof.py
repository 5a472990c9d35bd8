"""Consistency checks of the orders."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from inventory.services.proof import Check

CHECKS = (
    Check(
        "held_after_end",
        _("An order that is over holds no units"),
        _("Fetch the order again; if it stays, its invoice at the POS is missing: see its commands."),
        """SELECT o.id, o.number, 0, sum(held.quantity) FROM inventory_reservation held
        JOIN orders_order o ON o.shop_id = held.shop_id AND o.number = held.order_number
        WHERE held.quantity > 0 AND (o.status = 'cancelled' OR o.status IN ('completed', 'returned')
            AND o.asked_at < clock_timestamp() - interval '1 hour') GROUP BY o.id""",
    ),
)
