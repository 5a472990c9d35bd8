"""Services of inventory, the only writers of its tables; its bulk SQL is here and in `queries`.

Locks are always taken in this order, each in id order: (order rows, by the caller), stock levels, listing stocks.
"""
