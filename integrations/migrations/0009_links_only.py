"""Drop the columns that links have replaced."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0008_links"),
    ]

    operations = [
        migrations.RemoveField(model_name="connection", name="crm"),
        migrations.RemoveField(model_name="connection", name="pos"),
        migrations.RemoveField(model_name="connection", name="pos_imports_itself"),
    ]
