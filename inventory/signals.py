"""Signals of inventory to the apps above. Sent inside the transaction, with batches; receivers only write rows."""

from django.dispatch import Signal

# product_ids: set[int] whose available stock may have changed
stock_changed = Signal()
# listing_ids: set[int] that were mapped (or unmapped)
listings_mapped = Signal()
