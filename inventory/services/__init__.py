"""The only writers of inventory. Bulk SQL lives here and only here.

Locks are always taken in this order, each in id order: (order rows, by the caller), stock levels, listing stocks.
"""
