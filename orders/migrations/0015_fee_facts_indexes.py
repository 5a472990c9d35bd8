"""Indexes of what sales are filtered by, built beside running writes."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

_ORDERS = {"order_payment_method": "payment_method", "order_staff": "staff_id", "order_branch": "branch_id"}
_LINES = {"line_affiliate": "affiliate_id", "line_category": "category_id"}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0014_fee_facts")]

    operations = [
        *(
            AddIndexConcurrently(
                "order", models.Index(fields=[column, "-placed_at"], condition=~models.Q(**{column: ""}), name=name)
            )
            for name, column in _ORDERS.items()
        ),
        *(
            AddIndexConcurrently(
                "orderline", models.Index(fields=[column], condition=~models.Q(**{column: ""}), name=name)
            )
            for name, column in _LINES.items()
        ),
        AddIndexConcurrently(
            "orderline",
            GinIndex(fields=["campaigns"], condition=~models.Q(campaigns=[]), name="line_campaigns"),
        ),
    ]
