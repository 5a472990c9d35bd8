"""A listing keeps its description and all its pictures; the one it had becomes the first."""

from django.db import migrations, models

_CARRIED_OVER = (
    "UPDATE inventory_listing SET images = jsonb_build_array(image_url) WHERE image_url <> ''",
    "UPDATE inventory_listing SET image_url = left(images ->> 0, 500) WHERE jsonb_array_length(images) > 0",
)


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0005_returns_to"),
    ]

    operations = [
        migrations.AddField(
            model_name="listing",
            name="description",
            field=models.TextField(blank=True, default="", verbose_name="description"),
        ),
        migrations.AddField(
            model_name="listing",
            name="images",
            field=models.JSONField(blank=True, default=list, verbose_name="images"),
        ),
        migrations.RunSQL(*_CARRIED_OVER),
        migrations.RemoveField(
            model_name="listing",
            name="image_url",
        ),
    ]
