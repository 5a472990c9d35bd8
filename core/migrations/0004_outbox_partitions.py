"""Partition the outbox by month. The table of before becomes its first partition as it stands: nothing is copied, nothing is lost."""

from __future__ import annotations

from django.db import migrations, models

from core.migrations._outbox_partitions import in_one_table, partition


class Migration(migrations.Migration):
    dependencies = [("core", "0003_erased_people")]

    operations = [
        migrations.CreateModel(
            name="LastEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entity", models.CharField(max_length=32)),
                ("entity_id", models.CharField(max_length=128)),
                ("version", models.PositiveBigIntegerField()),
                ("type", models.CharField(max_length=64)),
                ("data", models.JSONField()),
                ("time", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("entity", "entity_id"), name="one_last_event_per_entity")
                ]
            },
        ),
        migrations.RunPython(partition, in_one_table),
    ]
