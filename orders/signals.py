"""Signals of orders to the apps above. Sent inside the transaction, with batches; receivers only write rows."""

from django.dispatch import Signal

# order_ids: set[int] that changed; history_ids: set[int] stored by a backfill, or placed before their shop counts stock
orders_changed = Signal()

# order_ids: set[int] whose returns changed
returns_changed = Signal()
