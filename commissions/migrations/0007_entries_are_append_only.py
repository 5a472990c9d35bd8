from django.db import migrations

from commissions.migrations._append_only import ALLOW, REFUSE


class Migration(migrations.Migration):
    dependencies = [("commissions", "0006_fees")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
