"""Index of parcels by their number, which a scanner reads, built beside running writes."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0018_packed_parcels")]

    operations = [
        AddIndexConcurrently("parcel", models.Index(fields=["number"], name="parcel_number")),
    ]
