"""Services of orders, the only writers of its tables.

Order rows are locked first, in id order; then the stock levels of inventory, then its listings.
"""
