"""The admin of all apps: it lives here because its pages and actions need several of them. Django imports it by itself."""

from erpsync.admin.channels import backfills, commands, connections, inbox, registrations
from erpsync.admin.goods import listings, stock
from erpsync.admin.money import settlements
from erpsync.admin.sales import customers, orders, returns
from erpsync.admin.settings import proof, shops

__all__ = [
    "backfills",
    "commands",
    "connections",
    "customers",
    "inbox",
    "listings",
    "orders",
    "proof",
    "registrations",
    "returns",
    "settlements",
    "shops",
    "stock",
]
