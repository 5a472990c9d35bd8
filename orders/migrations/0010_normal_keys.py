"""Keys that are compared, in their normal form: NFC, without invisible characters and outer blanks."""

from __future__ import annotations

from django.db import migrations

NORMAL = (
    "btrim(normalize(regexp_replace({column}, '[\\u00ad\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060\\u2066-\\u2069\\ufeff]',"
    " '', 'g'), NFC), E' \\t\\n\\r\\u00a0\\u3000')"
)


def normalised(table: str, column: str) -> str:
    normal = NORMAL.format(column=column)
    # only what is no plain ASCII or has outer blanks can differ: the others need not be written
    return f"UPDATE {table} SET {column} = {normal} WHERE {column} ~ '[^!-~]' AND {column} <> {normal}"  # noqa: S608 (names of ours)


class Migration(migrations.Migration):
    dependencies = [("orders", "0009_wide_ids")]

    operations = [
        migrations.RunSQL(normalised(table, column), migrations.RunSQL.noop)
        for table, column in (
            ("orders_orderline", "sku"),
            ("orders_returnline", "sku"),
            ("orders_customeridentity", "code"),
        )
    ]
