"""Index of stock corrections by time, which the service figures count by month, built beside running writes."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("inventory", "0023_labels_after_packing")]

    operations = [
        AddIndexConcurrently(
            "stockmovement",
            models.Index(fields=["created_at"], condition=models.Q(kind="correction"), name="movement_correction"),
        ),
    ]
