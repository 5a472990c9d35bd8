"""The index of lines that wait for their order is named for what it holds."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("commissions", "0001_initial")]

    operations = [
        migrations.RenameIndex(
            "statementline", new_name="statement_line_unassigned", old_name="statement_line_homeless"
        ),
    ]
