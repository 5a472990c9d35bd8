"""Signals of money to the apps above. Sent inside the transaction, with batches; receivers only write rows."""

from django.dispatch import Signal

# order_ids: set[int] whose statement lines changed
statement_lines_changed = Signal()
