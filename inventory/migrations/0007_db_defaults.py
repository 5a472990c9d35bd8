"""INSERT statements name only what they set, and the available stock of a level is a generated column."""

from decimal import Decimal

import django.core.validators
from django.db import migrations, models
from django.db.models.functions import Greatest


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0006_listing_content"),
    ]

    operations = [
        migrations.AddField(
            model_name="stocklevel",
            name="available",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.F("on_hand")
                - Greatest(models.F("pos_reserved") - models.F("pos_own"), models.Value(Decimal(0)))
                - models.F("reserved"),
                output_field=models.DecimalField(decimal_places=3, max_digits=14),
                verbose_name="left to sell",
            ),
        ),
        migrations.AlterField(
            model_name="bundlecomponent",
            name="units",
            field=models.DecimalField(db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="units"),
        ),
        migrations.AlterField(
            model_name="listing",
            name="price_failure",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=300, verbose_name="price refused because"
            ),
        ),
        migrations.AlterField(
            model_name="listing",
            name="units",
            field=models.PositiveIntegerField(
                db_default=1,
                default=1,
                help_text="How many of the product one sold piece takes (a pack of six: 6).",
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="units per listing",
            ),
        ),
        migrations.AlterField(
            model_name="listingstock",
            name="failure",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=300, verbose_name="refused because"
            ),
        ),
        migrations.AlterField(
            model_name="listingstock",
            name="failure_code",
            field=models.CharField(blank=True, db_default="", default="", max_length=100),
        ),
        migrations.AlterField(
            model_name="listingstock",
            name="failures",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="refusals in a row"),
        ),
        migrations.AlterField(
            model_name="listingstock",
            name="promotion_reserved",
            field=models.IntegerField(
                db_default=0,
                default=0,
                help_text="The channel refuses a smaller number while a campaign holds it.",
                verbose_name="held by a campaign",
            ),
        ),
        migrations.AlterField(
            model_name="listingstock",
            name="read_back_due",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="listingstock",
            name="warehouse",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=64, verbose_name="channel warehouse"
            ),
        ),
        migrations.AlterField(
            model_name="product",
            name="is_active",
            field=models.BooleanField(db_default=True, default=True, verbose_name="active"),
        ),
        migrations.AlterField(
            model_name="reservation",
            name="deducted",
            field=models.DecimalField(
                db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="deducted"
            ),
        ),
        migrations.AlterField(
            model_name="reservation",
            name="is_soft",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Held on a guess: the listing is not mapped yet.",
                verbose_name="soft hold",
            ),
        ),
        migrations.AlterField(
            model_name="reservation",
            name="pos_quantity",
            field=models.DecimalField(
                db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="in our POS order"
            ),
        ),
        migrations.AlterField(
            model_name="reservation",
            name="quantity",
            field=models.DecimalField(db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="held"),
        ),
        migrations.AlterField(
            model_name="reservation",
            name="released",
            field=models.BooleanField(db_default=False, default=False, verbose_name="released by a POS reading"),
        ),
        migrations.AlterField(
            model_name="stocklevel",
            name="on_hand",
            field=models.DecimalField(db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="on hand"),
        ),
        migrations.AlterField(
            model_name="stocklevel",
            name="pos_own",
            field=models.DecimalField(
                db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="of these our own orders"
            ),
        ),
        migrations.AlterField(
            model_name="stocklevel",
            name="pos_reserved",
            field=models.DecimalField(
                db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="reserved at the POS"
            ),
        ),
        migrations.AlterField(
            model_name="stocklevel",
            name="reserved",
            field=models.DecimalField(
                db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="reserved"
            ),
        ),
        migrations.AlterField(
            model_name="stockmovement",
            name="line_key",
            field=models.CharField(blank=True, db_default="", default="", max_length=120),
        ),
        migrations.AlterField(
            model_name="stockmovement",
            name="note",
            field=models.CharField(blank=True, db_default="", default="", max_length=300, verbose_name="note"),
        ),
        migrations.AlterField(
            model_name="stockmovement",
            name="order_number",
            field=models.CharField(blank=True, db_default="", default="", max_length=64, verbose_name="order number"),
        ),
        migrations.AlterField(
            model_name="stockmovement",
            name="quantity",
            field=models.DecimalField(
                db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="quantity"
            ),
        ),
    ]
