"""INSERT statements name only what they set."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0010_settings_apart"),
    ]

    operations = [
        migrations.AlterField(
            model_name="backfillchunk",
            name="problems",
            field=models.JSONField(blank=True, db_default={}, default=dict, verbose_name="problems"),
        ),
        migrations.AlterField(
            model_name="backfillchunk",
            name="reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=500, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="backfillchunk",
            name="seen",
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name="listed"),
        ),
        migrations.AlterField(
            model_name="backfillchunk",
            name="state",
            field=models.CharField(
                choices=[("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed")],
                db_default="waiting",
                default="waiting",
                max_length=16,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="backfillchunk",
            name="stored",
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name="stored"),
        ),
        migrations.AlterField(
            model_name="backfillchunk",
            name="tries",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="tries"),
        ),
        migrations.AlterField(
            model_name="inboxevent",
            name="reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=500, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="inboxevent",
            name="reason_code",
            field=models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="code"),
        ),
        migrations.AlterField(
            model_name="inboxevent",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "Pending"),
                    ("processed", "Processed"),
                    ("duplicate", "Duplicate"),
                    ("ignored", "Ignored"),
                    ("dead", "Dead letter"),
                ],
                db_default="pending",
                default="pending",
                max_length=16,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="inboxevent",
            name="tries",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="tries"),
        ),
    ]
