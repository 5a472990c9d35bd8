"""INSERT statements name only what they set."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0007_command"),
    ]

    operations = [
        migrations.AlterField(
            model_name="customer",
            name="email",
            field=models.CharField(blank=True, db_default="", default="", max_length=254, verbose_name="e-mail"),
        ),
        migrations.AlterField(
            model_name="customer",
            name="name",
            field=models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="customer",
            name="phone",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="With the country, like +84901234567.",
                max_length=20,
                verbose_name="telephone",
            ),
        ),
        migrations.AlterField(
            model_name="customeridentity",
            name="address",
            field=models.CharField(blank=True, db_default="", default="", max_length=500, verbose_name="address"),
        ),
        migrations.AlterField(
            model_name="customeridentity",
            name="code",
            field=models.CharField(blank=True, db_default="", default="", max_length=64, verbose_name="code"),
        ),
        migrations.AlterField(
            model_name="customeridentity",
            name="email",
            field=models.CharField(blank=True, db_default="", default="", max_length=254, verbose_name="e-mail"),
        ),
        migrations.AlterField(
            model_name="customeridentity",
            name="name",
            field=models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="customeridentity",
            name="phone",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=40, verbose_name="telephone as given"
            ),
        ),
        migrations.AlterField(
            model_name="return",
            name="channel_status",
            field=models.CharField(db_default="", max_length=64, verbose_name="channel's status"),
        ),
        migrations.AlterField(
            model_name="return",
            name="currency",
            field=models.CharField(db_default="VND", default="VND", max_length=3, verbose_name="currency"),
        ),
        migrations.AlterField(
            model_name="return",
            name="goods_come_back",
            field=models.BooleanField(db_default=True, default=True, verbose_name="goods come back"),
        ),
        migrations.AlterField(
            model_name="return",
            name="note",
            field=models.TextField(blank=True, db_default="", default="", verbose_name="note"),
        ),
        migrations.AlterField(
            model_name="return",
            name="order_number",
            field=models.CharField(db_default="", max_length=64, verbose_name="order number"),
        ),
        migrations.AlterField(
            model_name="return",
            name="problems",
            field=models.JSONField(blank=True, db_default=[], default=list, verbose_name="problems"),
        ),
        migrations.AlterField(
            model_name="return",
            name="raw",
            field=models.JSONField(blank=True, db_default={}, default=dict, verbose_name="raw answer"),
        ),
        migrations.AlterField(
            model_name="return",
            name="reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=300, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="return",
            name="status",
            field=models.CharField(
                blank=True,
                choices=[
                    ("requested", "Requested"),
                    ("approved", "Approved"),
                    ("in_transit", "On its way back"),
                    ("received", "Received"),
                    ("refunded", "Refunded"),
                    ("refused", "Refused"),
                    ("withdrawn", "Withdrawn by the buyer"),
                ],
                db_default="",
                max_length=16,
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            model_name="return",
            name="tracking_number",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=64, verbose_name="tracking number"
            ),
        ),
        migrations.AlterField(
            model_name="returnline",
            name="condition",
            field=models.CharField(
                blank=True,
                choices=[("sellable", "Sellable"), ("damaged", "Damaged"), ("missing", "Missing")],
                db_default="",
                default="",
                max_length=16,
                verbose_name="condition",
            ),
        ),
        migrations.AlterField(
            model_name="returnline",
            name="restock",
            field=models.CharField(
                blank=True,
                choices=[
                    ("here", "Put back on the shelf here"),
                    ("at_pos", "To be put back at the POS"),
                    ("posted", "Put back at the POS"),
                    ("no", "Not put back"),
                ],
                db_default="",
                default="",
                max_length=16,
                verbose_name="put back",
            ),
        ),
    ]
