"""Products are known by their row, not by their SKU; what was joined by a code alone is taken apart again."""

from __future__ import annotations

from django.db import migrations, models

# Several living ids of one stock master on one product: they were joined by a code that was reused or swapped. The one that
# carries the product's code stays, the newest of them; each of the others gets a product of its own, by what it told last. Its
# stock comes with the next reading.
APART = """
WITH ranked AS (
    SELECT l.id, l.product_id, l.sku, l.barcode, l.title, l.price, row_number() OVER (
        PARTITION BY l.shop_id, l.product_id ORDER BY l.sku = p.sku DESC, l.asked_at DESC NULLS LAST, l.id DESC) AS place
    FROM inventory_listing l
    JOIN inventory_shop s ON s.id = l.shop_id AND s.keeps_stock
    JOIN inventory_product p ON p.id = l.product_id
    WHERE l.status <> 'deleted' AND l.units = 1
), new AS (
    SELECT *, nextval(pg_get_serial_sequence('inventory_product', 'id')) AS new_id FROM ranked WHERE place > 1
), made AS (
    INSERT INTO inventory_product (id, sku, barcode, name, price, is_bundle, is_active, created_at, updated_at)
    SELECT new_id, sku, barcode, title, price, false, true, now(), now() FROM new
)
UPDATE inventory_listing l SET product_id = new.new_id FROM new WHERE l.id = new.id
"""

# what its stock master has deleted is not sold any more
GONE = """
UPDATE inventory_product p SET is_active = false, gone_at = now()
WHERE EXISTS (SELECT FROM inventory_listing l JOIN inventory_shop s ON s.id = l.shop_id AND s.keeps_stock
              WHERE l.product_id = p.id)
  AND NOT EXISTS (SELECT FROM inventory_listing l JOIN inventory_shop s ON s.id = l.shop_id AND s.keeps_stock
                  WHERE l.product_id = p.id AND l.status <> 'deleted')
"""

NORMAL = (
    "btrim(normalize(regexp_replace({column}, '[\\u00ad\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060\\u2066-\\u2069\\ufeff]',"
    " '', 'g'), NFC), E' \\t\\n\\r\\u00a0\\u3000')"
)


def normalised(table: str, column: str) -> str:
    normal = NORMAL.format(column=column)
    return f"UPDATE {table} SET {column} = {normal} WHERE {column} <> {normal}"  # noqa: S608 (names of ours)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0008_wide_ids")]

    operations = [
        migrations.AddField(
            "product",
            "gone_at",
            models.DateTimeField(blank=True, null=True, verbose_name="deleted at the stock master"),
        ),
        migrations.AlterField("product", "sku", models.CharField(db_index=True, max_length=255, verbose_name="SKU")),
        migrations.RunSQL(APART, migrations.RunSQL.noop),
        migrations.RunSQL(GONE, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(normalised(table, column), migrations.RunSQL.noop)
            for table in ("inventory_product", "inventory_listing")
            for column in ("sku", "barcode")
        ),
    ]
