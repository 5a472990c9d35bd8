"""The admin of all apps: it lives here because its pages and actions need several of them. Django imports it by itself."""

from erpsync.admin import connections, history, inbox, listings, orders, proof, registrations, shops, stock

__all__ = ["connections", "history", "inbox", "listings", "orders", "proof", "registrations", "shops", "stock"]
