from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0006_returns_answered"),
    ]

    operations = [
        # integrations.0007 moves its rows and drops it
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name="Fulfilment")]),
    ]
