"""What orders tell the apps above them. Sent inside the transaction, with batches; receivers only write rows."""

from django.dispatch import Signal

# order_ids: set[int] that changed; source: who or what brought the change
orders_changed = Signal()
