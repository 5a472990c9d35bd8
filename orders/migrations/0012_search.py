"""Columns and indexes of the search. Rows are filled in short transactions; indexes are built beside running writes."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from core.search_backfill import fill
from orders.services.searching import identity_words, order_words

_ORDERS = """
SELECT o.id, o.number, o.buyer_name, coalesce(o.recipient ->> 'name', ''), coalesce(o.recipient ->> 'phone', ''),
    ARRAY(SELECT p.tracking_number FROM orders_parcel p WHERE p.order_id = o.id ORDER BY p.id)
FROM orders_order o WHERE o.id > %s ORDER BY o.id LIMIT %s
"""
_IDENTITIES = """
SELECT id, name, code, phone, email FROM orders_customeridentity WHERE id > %s ORDER BY id LIMIT %s
"""


def fill_sales(*_: Any) -> None:
    fill("orders_order", _ORDERS, order_words)
    fill("orders_customeridentity", _IDENTITIES, identity_words)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0011_fulfilled_by")]

    operations = [
        migrations.AddField("order", "search_text", models.TextField(db_default="", default="", editable=False)),
        migrations.AddField(
            "order", "search_grams", ArrayField(models.TextField(), db_default=[], default=list, editable=False)
        ),
        migrations.AddField(
            "customeridentity", "search_text", models.TextField(db_default="", default="", editable=False)
        ),
        migrations.AddField(
            "customeridentity",
            "search_grams",
            ArrayField(models.TextField(), db_default=[], default=list, editable=False),
        ),
        migrations.RunPython(fill_sales, migrations.RunPython.noop),
        AddIndexConcurrently("order", models.Index(fields=["total"], name="order_total")),
        AddIndexConcurrently("order", GinIndex(fields=["search_grams"], name="order_search")),
        AddIndexConcurrently("customeridentity", GinIndex(fields=["search_grams"], name="identity_search")),
    ]
