"""The admin of all apps: it lives here because its pages and actions need several of them. Django imports it by itself."""

from erpsync.admin import inbox, listings, orders, stock

__all__ = ["inbox", "listings", "orders", "stock"]
