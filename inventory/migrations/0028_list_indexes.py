"""Indexes of the list of listings and of the counts of a shop's guide, built beside running writes."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("inventory", "0027_listing_traceparent"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="listing",
            index=models.Index(fields=["shop", "status"], include=("product",), name="listing_shop_status"),
        ),
        AddIndexConcurrently(
            model_name="listing",
            index=models.Index(fields=["title", "-id"], name="listing_title"),
        ),
        migrations.AlterField(
            model_name="listing",
            name="shop",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="listings",
                to="inventory.shop",
                verbose_name="shop",
            ),
        ),
    ]
