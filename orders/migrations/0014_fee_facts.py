"""Columns that commission rules and reports read."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0020_fee_facts"),
        ("orders", "0013_order_amounts"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="branch_id",
            field=models.CharField(blank=True, db_default="", default="", max_length=255, verbose_name="branch's id"),
        ),
        migrations.AddField(
            model_name="order",
            name="branch_name",
            field=models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="branch"),
        ),
        migrations.AddField(
            model_name="order",
            name="coins",
            field=models.DecimalField(
                blank=True,
                decimal_places=4,
                help_text="Part of the platform's discounts. Empty: the channel does not tell.",
                max_digits=18,
                null=True,
                verbose_name="coins spent",
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="platform_voucher",
            field=models.DecimalField(
                blank=True,
                decimal_places=4,
                help_text="Part of the platform's discounts. Empty: the channel does not tell.",
                max_digits=18,
                null=True,
                verbose_name="platform's vouchers",
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="seller_shipping",
            field=models.DecimalField(
                blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="shipping borne by the seller"
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="seller_voucher",
            field=models.DecimalField(
                blank=True,
                decimal_places=4,
                help_text="Part of the seller's discounts. Empty: the channel does not tell.",
                max_digits=18,
                null=True,
                verbose_name="seller's vouchers",
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="staff_id",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=255, verbose_name="seller's id at the POS"
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="staff_name",
            field=models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="sold by"),
        ),
        migrations.AddField(
            model_name="order",
            name="tax",
            field=models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="tax"),
        ),
        migrations.AddField(
            model_name="orderline",
            name="affiliate_id",
            field=models.CharField(blank=True, db_default="", default="", max_length=255, verbose_name="affiliate"),
        ),
        migrations.AddField(
            model_name="orderline",
            name="affiliate_rate",
            field=models.DecimalField(
                blank=True, decimal_places=20, max_digits=24, null=True, verbose_name="affiliate's rate (%)"
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="campaigns",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=255),
                blank=True,
                db_default=[],
                default=list,
                size=None,
                verbose_name="campaigns",
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="category_id",
            field=models.CharField(blank=True, db_default="", default="", max_length=255, verbose_name="category"),
        ),
        migrations.AddField(
            model_name="orderline",
            name="coins",
            field=models.DecimalField(
                blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="coins spent"
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="platform_discount",
            field=models.DecimalField(
                blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="platform's discounts"
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="platform_voucher",
            field=models.DecimalField(
                blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="platform's vouchers"
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="seller_discount",
            field=models.DecimalField(
                blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="seller's discounts"
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="tax",
            field=models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="tax"),
        ),
        migrations.AddField(
            model_name="orderline",
            name="unit_cost",
            field=models.DecimalField(
                blank=True,
                decimal_places=4,
                help_text="Of one sold piece. Empty: it has not left yet, or a cost is not known.",
                max_digits=18,
                null=True,
                verbose_name="cost when it left",
            ),
        ),
    ]
