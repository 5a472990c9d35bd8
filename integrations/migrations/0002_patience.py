from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="push_due_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="next push not before"),
        ),
        migrations.AddField(
            model_name="connection",
            name="sweep_due_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="next sweep not before"),
        ),
    ]
