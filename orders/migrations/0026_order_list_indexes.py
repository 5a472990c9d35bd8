"""Indexes of the lists of orders, built beside running writes, in place of those of the two foreign keys."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

_IS_OPEN = models.Q(status__in=["cancelling", "on_hold", "packed", "to_ship", "unpaid"])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0025_inspected_pieces")]

    operations = [
        AddIndexConcurrently("order", models.Index(fields=["shop", "id"], name="order_shop")),
        AddIndexConcurrently("order", models.Index(fields=["customer", "-placed_at"], name="order_customer")),
        AddIndexConcurrently(
            "order", models.Index(fields=["-placed_at", "-id"], condition=_IS_OPEN, name="order_open_placed")
        ),
        AddIndexConcurrently("order", models.Index(fields=["id"], condition=_IS_OPEN, name="order_open")),
        migrations.AlterField(
            "order",
            "shop",
            models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="orders", to="inventory.shop",
                verbose_name="shop",
            ),
        ),
        migrations.AlterField(
            "order",
            "customer",
            models.ForeignKey(
                blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="orders",
                to="orders.customer", verbose_name="customer",
            ),
        ),
    ]  # fmt: skip
