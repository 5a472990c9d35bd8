"""Columns that commission rules and reports read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0019_product_pairs"),
    ]

    operations = [
        migrations.AddField(
            model_name="listing",
            name="category_id",
            field=models.CharField(blank=True, db_default="", default="", max_length=255, verbose_name="category"),
        ),
        migrations.AddField(
            model_name="listing",
            name="category_name",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=200, verbose_name="category's name"
            ),
        ),
    ]
