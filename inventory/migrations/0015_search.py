"""Columns and indexes of the search. Rows are filled in short transactions; indexes are built beside running writes."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from core.search import listing_words
from core.search_backfill import fill


def fill_goods(*_: Any) -> None:
    fill(
        "inventory_product",
        "SELECT id, sku, barcode, name FROM inventory_product WHERE id > %s ORDER BY id LIMIT %s",
        listing_words,
    )
    fill(
        "inventory_listing",
        "SELECT id, sku, barcode, title || ' ' || variation_name, item_id FROM inventory_listing"
        " WHERE id > %s ORDER BY id LIMIT %s",
        listing_words,
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("inventory", "0014_number_before_the_mapping")]

    operations = [
        migrations.AddField("product", "search_text", models.TextField(db_default="", default="", editable=False)),
        migrations.AddField(
            "product", "search_grams", ArrayField(models.TextField(), db_default=[], default=list, editable=False)
        ),
        migrations.AddField("listing", "search_text", models.TextField(db_default="", default="", editable=False)),
        migrations.AddField(
            "listing", "search_grams", ArrayField(models.TextField(), db_default=[], default=list, editable=False)
        ),
        migrations.RunPython(fill_goods, migrations.RunPython.noop),
        AddIndexConcurrently("product", GinIndex(fields=["search_grams"], name="product_search")),
        AddIndexConcurrently("listing", GinIndex(fields=["search_grams"], name="listing_search")),
    ]
