"""Indexes of the lists of orders, parcels and returns and of their work lists, built beside running writes."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("inventory", "0028_list_indexes"),
        ("orders", "0026_order_list_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="customeridentity",
            index=models.Index(condition=models.Q(("held", True)), fields=["customer", "shop"], name="identity_held"),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(fields=["shop", "-placed_at", "-id"], name="order_shop_newest"),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(fields=["shop", "status", "-placed_at", "-id"], name="order_shop_status"),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(fields=["status", "-placed_at", "-id"], name="order_status_newest"),
        ),
        AddIndexConcurrently(
            model_name="orderline",
            index=models.Index(
                condition=models.Q(("product__isnull", True)), fields=["listing"], name="line_unmapped_listing"
            ),
        ),
        AddIndexConcurrently(
            model_name="packedparcel",
            index=models.Index(fields=["shop", "-id"], name="packed_parcel_shop"),
        ),
        AddIndexConcurrently(
            model_name="return",
            index=models.Index(
                condition=models.Q(("status", "requested")), fields=["shop", "answer_by"], name="return_to_answer"
            ),
        ),
        AddIndexConcurrently(
            model_name="returnline",
            index=models.Index(
                condition=models.Q(("restock__in", ("at_pos", "posted"))),
                fields=["restock", "-id"],
                name="return_line_at_pos",
            ),
        ),
        RemoveIndexConcurrently(
            model_name="order",
            name="order_shop_placed",
        ),
        RemoveIndexConcurrently(
            model_name="order",
            name="order_status_placed",
        ),
        migrations.AlterField(
            model_name="packedparcel",
            name="shop",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="packed_parcels",
                to="inventory.shop",
                verbose_name="shop",
            ),
        ),
    ]
