"""The admin of all apps: it lives here because its pages and actions need several of them. Django imports it by itself."""

from erpsync.admin import (
    connections,
    customers,
    history,
    inbox,
    listings,
    money,
    orders,
    proof,
    registrations,
    returns,
    shops,
    stock,
)

__all__ = [
    "connections",
    "customers",
    "history",
    "inbox",
    "listings",
    "money",
    "orders",
    "proof",
    "registrations",
    "returns",
    "shops",
    "stock",
]
