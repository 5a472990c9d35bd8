"""The admin of all apps: it lives here because its pages and actions need several of them. Django imports it by itself."""

from erpsync.admin.channels import backfills, commands, connections, inbox, refusals, registrations, sync_runs
from erpsync.admin.exports import exports
from erpsync.admin.goods import drift, listings, products, same_products, stock
from erpsync.admin.money import entries, fee_checks, findings, payouts, rules, settlements, statement_files
from erpsync.admin.packing import arrange_rules, hand_overs, parcels, photos, waves
from erpsync.admin.sales import customers, label_runs, orders, put_back, returns, ship_runs, tags
from erpsync.admin.settings import (
    alerts,
    api_keys,
    backups,
    broken_events,
    contact_points,
    data_requests,
    deliveries,
    people,
    proof,
    shops,
    sign_ins,
    sinks,
)

__all__ = [
    "alerts",
    "api_keys",
    "arrange_rules",
    "backfills",
    "backups",
    "broken_events",
    "commands",
    "connections",
    "contact_points",
    "customers",
    "data_requests",
    "deliveries",
    "drift",
    "entries",
    "exports",
    "fee_checks",
    "findings",
    "hand_overs",
    "inbox",
    "label_runs",
    "listings",
    "orders",
    "parcels",
    "payouts",
    "people",
    "photos",
    "products",
    "proof",
    "put_back",
    "refusals",
    "registrations",
    "returns",
    "rules",
    "same_products",
    "settlements",
    "ship_runs",
    "shops",
    "sign_ins",
    "sinks",
    "statement_files",
    "stock",
    "sync_runs",
    "tags",
    "waves",
]
