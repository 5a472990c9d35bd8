"""Scopes of lines that were read before statement files could be imported, as each connector's mapping makes them.

Adjustments of TikTok Shop keep none: their own id was not stored. A file that holds one of those is imported beside it.
"""

from django.db import migrations

ESCROWS = """
UPDATE commissions_statementline l SET scope = CASE WHEN l.kind = 'adjustment'
    THEN l.order_number || ':adjustment:' || trim_scale(l.amount) ELSE l.order_number END
FROM inventory_shop s WHERE s.id = l.shop_id AND s.channel = 'shopee' AND l.scope = ''
"""
DAYS = """
UPDATE commissions_statementline l
SET scope = l.order_number || '|' || coalesce(to_char(l.happened_at AT TIME ZONE s.time_zone, 'YYYY-MM-DD'), '')
FROM inventory_shop s WHERE s.id = l.shop_id AND s.channel = 'lazada' AND l.scope = ''
"""
TRANSACTIONS = """
WITH settled AS (
    SELECT l.shop_id, split_part(l.external_id, ':', 1) AS number, sum(l.amount) AS amount
    FROM commissions_statementline l JOIN inventory_shop s ON s.id = l.shop_id AND s.channel = 'tiktok_shop'
    WHERE l.raw ->> 'type' = 'ORDER' GROUP BY 1, 2
)
UPDATE commissions_statementline l SET scope = l.order_number || ':' || trim_scale(settled.amount)
FROM settled WHERE settled.shop_id = l.shop_id AND split_part(l.external_id, ':', 1) = settled.number AND l.scope = ''
    AND l.order_number <> '' AND l.raw ->> 'type' = 'ORDER'
"""


class Migration(migrations.Migration):
    dependencies = [("commissions", "0004_statement_files"), ("inventory", "0001_initial")]

    operations = [migrations.RunSQL(statement, migrations.RunSQL.noop) for statement in (ESCROWS, DAYS, TRANSACTIONS)]
