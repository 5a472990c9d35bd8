"""The schema of 0003_erased_people in one step: a fresh database is made in seconds.

One with a part of what it replaces takes the rest of the steps instead. tests/migrations compares both ways.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.functions.datetime
from django.db import migrations, models

import core.encryption


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("core", "0001_initial"),
        ("core", "0002_feed_position"),
        ("core", "0003_erased_people"),
    ]

    dependencies = []

    operations = [
        migrations.RunSQL("CREATE SEQUENCE core_outboxevent_serial", "DROP SEQUENCE core_outboxevent_serial"),
        migrations.CreateModel(
            name="ErasedIdentity",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=8)),
                ("erased_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Feed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveBigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="PseudonymKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("secret", core.encryption.EncryptedTextField(editable=False, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name="OutboxEvent",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("type", models.CharField(max_length=64, verbose_name="type")),
                ("source", models.CharField(max_length=64, verbose_name="source")),
                ("entity", models.CharField(max_length=32, verbose_name="entity")),
                ("entity_id", models.CharField(max_length=128, verbose_name="entity's id")),
                ("version", models.PositiveBigIntegerField(verbose_name="version")),
                (
                    "shop_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), blank=True, default=list, size=None, verbose_name="shops"
                    ),
                ),
                ("data", models.JSONField(verbose_name="data")),
                (
                    "time",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="when"),
                ),
                (
                    "serial",
                    models.PositiveBigIntegerField(
                        db_default=models.Func(models.Value("core_outboxevent_serial"), function="nextval")
                    ),
                ),
                (
                    "position",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="Dense, in the order in which events were numbered.",
                        null=True,
                        verbose_name="feed position",
                    ),
                ),
                (
                    "flaw",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Where the data break their schema: this event, and those after it of the same thing, are not sent.",
                        max_length=300,
                        verbose_name="flaw",
                    ),
                ),
                (
                    "is_left_out",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="A person let the later events go on without it.",
                        verbose_name="left out",
                    ),
                ),
            ],
            options={
                "verbose_name": "outbox event",
                "verbose_name_plural": "outbox events",
                "indexes": [
                    models.Index(
                        condition=models.Q(("position", None)), fields=["serial"], name="event_to_be_numbered"
                    ),
                    models.Index(
                        condition=models.Q(("position", None), models.Q(("flaw", ""), _negated=True)),
                        fields=["entity", "entity_id"],
                        name="event_broken",
                    ),
                    django.contrib.postgres.indexes.BrinIndex(fields=["time"], name="event_time"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("entity", "entity_id", "version"), name="one_event_per_entity_version"
                    ),
                    models.UniqueConstraint(fields=("position",), name="one_event_per_position"),
                ],
            },
        ),
    ]
