"""Index of listings by category, built beside running writes."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("inventory", "0020_fee_facts")]

    operations = [
        AddIndexConcurrently(
            "listing",
            models.Index(fields=["shop", "category_id"], condition=~models.Q(category_id=""), name="listing_category"),
        ),
    ]
