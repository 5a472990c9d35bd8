"""The schema of 0023_waiting_settlement in one step: a fresh database is made in seconds.

One with a part of what it replaces takes the rest of the steps instead. tests/migrations compares both ways.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import core.reasons


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("orders", "0001_initial"),
        ("orders", "0002_fulfilment_missed"),
        ("orders", "0003_customers_and_returns"),
        ("orders", "0004_crm_commands"),
        ("orders", "0005_deliver_command"),
        ("orders", "0006_returns_answered"),
        ("orders", "0007_command"),
        ("orders", "0008_db_defaults"),
        ("orders", "0009_wide_ids"),
        ("orders", "0010_normal_keys"),
        ("orders", "0011_fulfilled_by"),
        ("orders", "0012_search"),
        ("orders", "0013_order_amounts"),
        ("orders", "0014_fee_facts"),
        ("orders", "0015_fee_facts_indexes"),
        ("orders", "0016_settled_amounts"),
        ("orders", "0017_waves"),
        ("orders", "0018_packed_parcels"),
        ("orders", "0019_parcel_number"),
        ("orders", "0020_hand_overs"),
        ("orders", "0021_parcel_events"),
        ("orders", "0022_notes_and_tags"),
        ("orders", "0023_waiting_settlement"),
    ]

    dependencies = [
        ("inventory", "0024_correction_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Customer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="name")),
                (
                    "phone",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="With the country, like +84901234567.",
                        max_length=20,
                        verbose_name="telephone",
                    ),
                ),
                (
                    "email",
                    models.CharField(blank=True, db_default="", default="", max_length=254, verbose_name="e-mail"),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="since"),
                ),
            ],
            options={
                "verbose_name": "customer",
                "verbose_name_plural": "customers",
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("phone", ""), _negated=True),
                        fields=("phone",),
                        name="one_customer_per_phone",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=255, verbose_name="order number")),
                (
                    "status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("unpaid", "Unpaid"),
                            ("on_hold", "On hold"),
                            ("to_ship", "To ship"),
                            ("packed", "Packed"),
                            ("shipped", "Shipped"),
                            ("delivered", "Delivered"),
                            ("completed", "Completed"),
                            ("cancelling", "Cancelling"),
                            ("cancelled", "Cancelled"),
                            ("returning", "Returning"),
                            ("returned", "Returned"),
                            ("failed", "Failed"),
                        ],
                        help_text="Empty: the channel's status is not known to us yet; nothing was guessed.",
                        max_length=16,
                        verbose_name="status",
                    ),
                ),
                ("channel_status", models.CharField(max_length=64, verbose_name="channel's status")),
                ("currency", models.CharField(default="VND", max_length=3, verbose_name="currency")),
                (
                    "total",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="total"),
                ),
                (
                    "shipping_fee",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=18,
                        null=True,
                        verbose_name="shipping paid by the buyer",
                    ),
                ),
                (
                    "seller_discount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="Off the list prices of the whole order. Empty: the channel does not tell.",
                        max_digits=18,
                        null=True,
                        verbose_name="seller's discounts",
                    ),
                ),
                (
                    "platform_discount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="What the platform pays of the list prices. Empty: the channel does not tell.",
                        max_digits=18,
                        null=True,
                        verbose_name="platform's discounts",
                    ),
                ),
                (
                    "seller_voucher",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="Part of the seller's discounts. Empty: the channel does not tell.",
                        max_digits=18,
                        null=True,
                        verbose_name="seller's vouchers",
                    ),
                ),
                (
                    "platform_voucher",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="Part of the platform's discounts. Empty: the channel does not tell.",
                        max_digits=18,
                        null=True,
                        verbose_name="platform's vouchers",
                    ),
                ),
                (
                    "coins",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="Part of the platform's discounts. Empty: the channel does not tell.",
                        max_digits=18,
                        null=True,
                        verbose_name="coins spent",
                    ),
                ),
                (
                    "seller_shipping",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=18,
                        null=True,
                        verbose_name="shipping borne by the seller",
                    ),
                ),
                (
                    "tax",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="tax"),
                ),
                (
                    "settled_facts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32),
                        blank=True,
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="told by the settlement",
                    ),
                ),
                ("settled_asked_at", models.DateTimeField(blank=True, null=True, verbose_name="settlement read")),
                ("placed_at", models.DateTimeField(verbose_name="placed")),
                ("paid_at", models.DateTimeField(blank=True, null=True, verbose_name="paid")),
                ("ship_by", models.DateTimeField(blank=True, null=True, verbose_name="ship by")),
                ("shipped_at", models.DateTimeField(blank=True, null=True, verbose_name="shipped")),
                (
                    "buyer_id",
                    models.CharField(blank=True, default="", max_length=255, verbose_name="buyer's id at the channel"),
                ),
                ("buyer_name", models.CharField(blank=True, default="", max_length=200, verbose_name="buyer")),
                ("recipient", models.JSONField(blank=True, default=dict, verbose_name="recipient")),
                ("cash_on_delivery", models.BooleanField(default=False, verbose_name="cash on delivery")),
                ("payment_method", models.CharField(blank=True, default="", max_length=100, verbose_name="payment")),
                (
                    "staff_id",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255, verbose_name="seller's id at the POS"
                    ),
                ),
                (
                    "staff_name",
                    models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="sold by"),
                ),
                (
                    "branch_id",
                    models.CharField(blank=True, db_default="", default="", max_length=255, verbose_name="branch's id"),
                ),
                (
                    "branch_name",
                    models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="branch"),
                ),
                ("carrier", models.CharField(blank=True, default="", max_length=100, verbose_name="carrier")),
                (
                    "cancel_reason",
                    models.CharField(blank=True, default="", max_length=300, verbose_name="cancel reason"),
                ),
                ("note", models.TextField(blank=True, default="", verbose_name="note")),
                (
                    "problems",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="What about this order needs a person's eye.",
                        verbose_name="problems",
                    ),
                ),
                ("has_problem", models.BooleanField(default=False, verbose_name="needs attention")),
                (
                    "held",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Set by a person: it joins no wave, and its shipment is not arranged together with others.",
                        verbose_name="held back",
                    ),
                ),
                (
                    "held_reason",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=300, verbose_name="why held back"
                    ),
                ),
                ("version", models.DateTimeField(blank=True, null=True, verbose_name="changed at the channel")),
                ("asked_at", models.DateTimeField(verbose_name="read")),
                ("raw", models.JSONField(blank=True, default=dict, verbose_name="raw answer")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="received"),
                ),
                ("search_text", models.TextField(db_default="", default="", editable=False)),
                (
                    "search_grams",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), db_default=[], default=list, editable=False, size=None
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="orders",
                        to="orders.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "order",
                "verbose_name_plural": "orders",
                "ordering": ("-placed_at", "-id"),
                "indexes": [
                    models.Index(fields=["-placed_at", "-id"], name="order_placed"),
                    models.Index(fields=["shop", "-placed_at"], name="order_shop_placed"),
                    models.Index(fields=["status", "-placed_at"], name="order_status_placed"),
                    models.Index(fields=["number"], name="order_number"),
                    models.Index(fields=["total"], name="order_total"),
                    django.contrib.postgres.indexes.GinIndex(fields=["search_grams"], name="order_search"),
                    models.Index(
                        condition=models.Q(("has_problem", True)), fields=["-placed_at"], name="order_needs_attention"
                    ),
                    models.Index(
                        condition=models.Q(("payment_method", ""), _negated=True),
                        fields=["payment_method", "-placed_at"],
                        name="order_payment_method",
                    ),
                    models.Index(
                        condition=models.Q(("staff_id", ""), _negated=True),
                        fields=["staff_id", "-placed_at"],
                        name="order_staff",
                    ),
                    models.Index(
                        condition=models.Q(("branch_id", ""), _negated=True),
                        fields=["branch_id", "-placed_at"],
                        name="order_branch",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("shop", "number"), name="one_order_per_shop_and_number")
                ],
            },
        ),
        migrations.CreateModel(
            name="HandOver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("carrier", models.CharField(max_length=100, verbose_name="courier")),
                ("day", models.DateField(verbose_name="day")),
                (
                    "shop_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="shops",
                    ),
                ),
                (
                    "opened_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="opened"),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                (
                    "opened_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="opened by",
                    ),
                ),
            ],
            options={
                "verbose_name": "hand-over",
                "verbose_name_plural": "hand-overs",
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("carrier", "day", "shop_ids"), name="one_hand_over_per_courier_and_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HandOverScan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=255, verbose_name="scanned code")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("out", "Went out"),
                            ("already_out", "Went out before"),
                            ("other_courier", "Of another courier"),
                            ("not_packed", "Not packed whole"),
                            ("not_arranged", "Shipment not arranged"),
                            ("cancelled", "Cancelled"),
                            ("cancelling", "Buyer wishes to cancel"),
                            ("held", "Held back"),
                            ("unknown", "Not known here"),
                        ],
                        max_length=16,
                        verbose_name="outcome",
                    ),
                ),
                (
                    "number",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255, verbose_name="parcel number"
                    ),
                ),
                (
                    "carrier",
                    models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="courier"),
                ),
                (
                    "orders",
                    models.CharField(blank=True, db_default="", default="", max_length=500, verbose_name="orders"),
                ),
                (
                    "scanned_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="scanned"),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "handover",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scans",
                        to="orders.handover",
                        verbose_name="hand-over",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "scan of a hand-over",
                "verbose_name_plural": "scans of hand-overs",
                "ordering": ("id",),
                "constraints": [
                    models.UniqueConstraint(fields=("handover", "code"), name="one_scan_per_code"),
                    models.UniqueConstraint(
                        condition=models.Q(("outcome", "out")), fields=("shop", "number"), name="one_way_out_per_parcel"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TrackingRead",
            fields=[
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="tracking_read",
                        serialize=False,
                        to="orders.order",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("unpaid", "Unpaid"),
                            ("on_hold", "On hold"),
                            ("to_ship", "To ship"),
                            ("packed", "Packed"),
                            ("shipped", "Shipped"),
                            ("delivered", "Delivered"),
                            ("completed", "Completed"),
                            ("cancelling", "Cancelling"),
                            ("cancelled", "Cancelled"),
                            ("returning", "Returning"),
                            ("returned", "Returned"),
                            ("failed", "Failed"),
                        ],
                        default="",
                        max_length=16,
                    ),
                ),
                ("read_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=255)),
                ("parts", models.JSONField(blank=True, default=dict)),
                ("item_id", models.CharField(max_length=255)),
                ("variation_id", models.CharField(blank=True, default="", max_length=255)),
                ("sku", models.CharField(blank=True, default="", max_length=255, verbose_name="SKU")),
                ("title", models.CharField(blank=True, default="", max_length=500, verbose_name="title")),
                ("variation_name", models.CharField(blank=True, default="", max_length=300, verbose_name="variation")),
                ("quantity", models.PositiveIntegerField(verbose_name="quantity")),
                ("price", models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="list price")),
                (
                    "paid_price",
                    models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="price paid"),
                ),
                (
                    "status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("unpaid", "Unpaid"),
                            ("on_hold", "On hold"),
                            ("to_ship", "To ship"),
                            ("packed", "Packed"),
                            ("shipped", "Shipped"),
                            ("delivered", "Delivered"),
                            ("completed", "Completed"),
                            ("cancelling", "Cancelling"),
                            ("cancelled", "Cancelled"),
                            ("returning", "Returning"),
                            ("returned", "Returned"),
                            ("failed", "Failed"),
                        ],
                        default="",
                        max_length=16,
                        verbose_name="status",
                    ),
                ),
                (
                    "channel_status",
                    models.CharField(blank=True, default="", max_length=64, verbose_name="channel's status"),
                ),
                ("parcel", models.CharField(blank=True, default="", max_length=255, verbose_name="parcel")),
                (
                    "fulfilled_by",
                    models.CharField(
                        choices=[("seller", "Us"), ("platform", "The platform")],
                        db_default="seller",
                        default="seller",
                        max_length=16,
                        verbose_name="sent by",
                    ),
                ),
                (
                    "category_id",
                    models.CharField(blank=True, db_default="", default="", max_length=255, verbose_name="category"),
                ),
                (
                    "campaigns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=255),
                        blank=True,
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="campaigns",
                    ),
                ),
                (
                    "seller_discount",
                    models.DecimalField(
                        blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="seller's discounts"
                    ),
                ),
                (
                    "platform_discount",
                    models.DecimalField(
                        blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="platform's discounts"
                    ),
                ),
                (
                    "platform_voucher",
                    models.DecimalField(
                        blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="platform's vouchers"
                    ),
                ),
                (
                    "coins",
                    models.DecimalField(
                        blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="coins spent"
                    ),
                ),
                (
                    "tax",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="tax"),
                ),
                (
                    "has_settled_facts",
                    models.BooleanField(
                        db_default=False, default=False, verbose_name="discounts told by the settlement"
                    ),
                ),
                (
                    "affiliate_id",
                    models.CharField(blank=True, db_default="", default="", max_length=255, verbose_name="affiliate"),
                ),
                (
                    "affiliate_rate",
                    models.DecimalField(
                        blank=True, decimal_places=20, max_digits=24, null=True, verbose_name="affiliate's rate (%)"
                    ),
                ),
                (
                    "unit_cost",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="Of one sold piece. Empty: it has not left yet, or a cost is not known.",
                        max_digits=18,
                        null=True,
                        verbose_name="cost when it left",
                    ),
                ),
                (
                    "listing",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="inventory.listing",
                        verbose_name="listing",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="inventory.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "order line",
                "verbose_name_plural": "order lines",
                "ordering": ("id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("product__isnull", True)),
                        fields=["item_id", "variation_id"],
                        name="line_unmapped",
                    ),
                    models.Index(
                        condition=models.Q(("fulfilled_by", "platform")), fields=["order"], name="line_of_platform"
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        condition=models.Q(("campaigns", []), _negated=True),
                        fields=["campaigns"],
                        name="line_campaigns",
                    ),
                    models.Index(
                        condition=models.Q(("affiliate_id", ""), _negated=True),
                        fields=["affiliate_id"],
                        name="line_affiliate",
                    ),
                    models.Index(
                        condition=models.Q(("category_id", ""), _negated=True),
                        fields=["category_id"],
                        name="line_category",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("order", "key"), name="one_line_per_key")],
            },
        ),
        migrations.CreateModel(
            name="OrderNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=2000, verbose_name="note")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="when"),
                ),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "note on an order",
                "verbose_name_plural": "notes on orders",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="OrderTag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, verbose_name="tag")),
                (
                    "colour",
                    models.CharField(
                        choices=[
                            ("default", "Grey"),
                            ("info", "Blue"),
                            ("success", "Green"),
                            ("warning", "Orange"),
                            ("danger", "Red"),
                        ],
                        db_default="default",
                        default="default",
                        max_length=8,
                        verbose_name="colour",
                    ),
                ),
                ("orders", models.ManyToManyField(related_name="tags", to="orders.order", verbose_name="orders")),
            ],
            options={
                "verbose_name": "tag",
                "verbose_name_plural": "tags",
                "ordering": ("name", "id"),
                "constraints": [
                    models.UniqueConstraint(django.db.models.functions.text.Lower("name"), name="one_tag_per_name")
                ],
            },
        ),
        migrations.CreateModel(
            name="PackedParcel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=255, verbose_name="parcel number")),
                (
                    "tracking_number",
                    models.CharField(
                        blank=True,
                        db_default="",
                        db_index=True,
                        default="",
                        max_length=500,
                        verbose_name="tracking number",
                    ),
                ),
                (
                    "carrier",
                    models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="courier"),
                ),
                ("scanned", models.JSONField(blank=True, db_default={}, default=dict, verbose_name="scanned")),
                ("last_scan", models.CharField(blank=True, db_default="", default="", max_length=64)),
                (
                    "started_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="begun"),
                ),
                ("packed_at", models.DateTimeField(blank=True, null=True, verbose_name="packed")),
                (
                    "packed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="packed by",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="packed_parcels",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "packed parcel",
                "verbose_name_plural": "packed parcels",
                "ordering": ("-id",),
                "constraints": [models.UniqueConstraint(fields=("shop", "number"), name="one_packing_per_parcel")],
            },
        ),
        migrations.CreateModel(
            name="Parcel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=255, verbose_name="parcel number")),
                (
                    "tracking_number",
                    models.CharField(
                        blank=True, db_index=True, default="", max_length=500, verbose_name="tracking number"
                    ),
                ),
                ("carrier", models.CharField(blank=True, default="", max_length=100, verbose_name="carrier")),
                (
                    "channel_status",
                    models.CharField(blank=True, default="", max_length=64, verbose_name="channel's status"),
                ),
                (
                    "replaced_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Since when the channel names other parcels instead of it.",
                        null=True,
                        verbose_name="replaced",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parcels",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "parcel",
                "verbose_name_plural": "parcels",
                "ordering": ("id",),
                "indexes": [models.Index(fields=["number"], name="parcel_number")],
                "constraints": [models.UniqueConstraint(fields=("order", "number"), name="one_parcel_per_number")],
            },
        ),
        migrations.CreateModel(
            name="ParcelEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "parcel",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Empty: the channel tells the way of the whole order.",
                        max_length=255,
                        verbose_name="parcel number",
                    ),
                ),
                ("happened_at", models.DateTimeField(verbose_name="when")),
                (
                    "code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("ready", "Ready for the carrier"),
                            ("pickup_failed", "Pick-up failed"),
                            ("picked_up", "Taken by the carrier"),
                            ("in_transit", "On its way"),
                            ("out_for_delivery", "Out for delivery"),
                            ("delivered", "Delivered"),
                            ("delivery_failed", "Delivery failed"),
                            ("returning", "On its way back"),
                            ("returned", "Back at the seller"),
                            ("cancelled", "Shipment cancelled"),
                            ("lost", "Lost or damaged"),
                        ],
                        default="",
                        max_length=20,
                        verbose_name="step",
                    ),
                ),
                ("words", models.CharField(blank=True, default="", max_length=500, verbose_name="channel's words")),
                ("place", models.CharField(blank=True, default="", max_length=200, verbose_name="place")),
                ("digest", models.CharField(max_length=32)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="received"),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parcel_events",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "step of a parcel",
                "verbose_name_plural": "steps of parcels",
                "ordering": ("-happened_at", "-id"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order", "happened_at", "parcel", "digest"), name="one_parcel_event"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Return",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=255, verbose_name="return number")),
                ("order_number", models.CharField(db_default="", max_length=255, verbose_name="order number")),
                (
                    "status",
                    models.CharField(
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
                ("channel_status", models.CharField(db_default="", max_length=64, verbose_name="channel's status")),
                ("goods_come_back", models.BooleanField(db_default=True, default=True, verbose_name="goods come back")),
                (
                    "reason",
                    models.CharField(blank=True, db_default="", default="", max_length=300, verbose_name="reason"),
                ),
                ("note", models.TextField(blank=True, db_default="", default="", verbose_name="note")),
                (
                    "refund",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="refund"),
                ),
                ("currency", models.CharField(db_default="VND", default="VND", max_length=3, verbose_name="currency")),
                (
                    "tracking_number",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=500, verbose_name="tracking number"
                    ),
                ),
                ("requested_at", models.DateTimeField(blank=True, null=True, verbose_name="requested")),
                ("answer_by", models.DateTimeField(blank=True, null=True, verbose_name="answer by")),
                ("received_at", models.DateTimeField(blank=True, null=True, verbose_name="goods received")),
                ("problems", models.JSONField(blank=True, db_default=[], default=list, verbose_name="problems")),
                ("version", models.DateTimeField(blank=True, null=True, verbose_name="changed at the channel")),
                ("asked_at", models.DateTimeField(verbose_name="read")),
                ("raw", models.JSONField(blank=True, db_default={}, default=dict, verbose_name="raw answer")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="first heard of"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="returns",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "received_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="received by",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="returns",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "return",
                "verbose_name_plural": "returns",
                "ordering": ("-requested_at", "-id"),
                "indexes": [
                    models.Index(fields=["-requested_at", "-id"], name="return_requested"),
                    models.Index(fields=["shop", "order_number"], name="return_order_number"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("shop", "number"), name="one_return_per_shop_and_number")
                ],
            },
        ),
        migrations.CreateModel(
            name="ReturnChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "before",
                    models.CharField(
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
                        default="",
                        max_length=16,
                        verbose_name="from",
                    ),
                ),
                (
                    "after",
                    models.CharField(
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
                        default="",
                        max_length=16,
                        verbose_name="to",
                    ),
                ),
                (
                    "channel_status",
                    models.CharField(blank=True, default="", max_length=64, verbose_name="channel's status"),
                ),
                ("source", models.CharField(max_length=32, verbose_name="brought by")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="when"),
                ),
                (
                    "ret",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="orders.return",
                        verbose_name="return",
                    ),
                ),
            ],
            options={
                "verbose_name": "step of a return",
                "verbose_name_plural": "steps of returns",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="ReturnLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=263)),
                ("item_id", models.CharField(max_length=255)),
                ("variation_id", models.CharField(blank=True, default="", max_length=255)),
                ("sku", models.CharField(blank=True, default="", max_length=255, verbose_name="SKU")),
                ("quantity", models.PositiveIntegerField(verbose_name="quantity")),
                (
                    "refund",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="refund"),
                ),
                (
                    "condition",
                    models.CharField(
                        blank=True,
                        choices=[("sellable", "Sellable"), ("damaged", "Damaged"), ("missing", "Missing")],
                        db_default="",
                        default="",
                        max_length=16,
                        verbose_name="condition",
                    ),
                ),
                (
                    "restock",
                    models.CharField(
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
                (
                    "order_line",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="return_lines",
                        to="orders.orderline",
                        verbose_name="order line",
                    ),
                ),
                (
                    "ret",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="orders.return",
                        verbose_name="return",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="inventory.warehouse",
                        verbose_name="received at",
                    ),
                ),
            ],
            options={
                "verbose_name": "return line",
                "verbose_name_plural": "return lines",
                "ordering": ("id",),
                "constraints": [models.UniqueConstraint(fields=("ret", "key"), name="one_line_per_return_and_key")],
            },
        ),
        migrations.CreateModel(
            name="StatusChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "before",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("unpaid", "Unpaid"),
                            ("on_hold", "On hold"),
                            ("to_ship", "To ship"),
                            ("packed", "Packed"),
                            ("shipped", "Shipped"),
                            ("delivered", "Delivered"),
                            ("completed", "Completed"),
                            ("cancelling", "Cancelling"),
                            ("cancelled", "Cancelled"),
                            ("returning", "Returning"),
                            ("returned", "Returned"),
                            ("failed", "Failed"),
                        ],
                        default="",
                        max_length=16,
                        verbose_name="from",
                    ),
                ),
                (
                    "after",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("unpaid", "Unpaid"),
                            ("on_hold", "On hold"),
                            ("to_ship", "To ship"),
                            ("packed", "Packed"),
                            ("shipped", "Shipped"),
                            ("delivered", "Delivered"),
                            ("completed", "Completed"),
                            ("cancelling", "Cancelling"),
                            ("cancelled", "Cancelled"),
                            ("returning", "Returning"),
                            ("returned", "Returned"),
                            ("failed", "Failed"),
                        ],
                        default="",
                        max_length=16,
                        verbose_name="to",
                    ),
                ),
                (
                    "channel_status",
                    models.CharField(blank=True, default="", max_length=64, verbose_name="channel's status"),
                ),
                ("source", models.CharField(max_length=32, verbose_name="brought by")),
                ("version", models.DateTimeField(blank=True, null=True, verbose_name="changed at the channel")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="when"),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="status_changes",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "status change",
                "verbose_name_plural": "status changes",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="WaitingSettlement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=255, verbose_name="order number")),
                ("asked_at", models.DateTimeField(verbose_name="settlement read")),
                ("amounts", models.JSONField(verbose_name="amounts")),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "waiting settlement",
                "verbose_name_plural": "waiting settlements",
                "constraints": [models.UniqueConstraint(fields=("shop", "number"), name="waiting_settlement_unique")],
            },
        ),
        migrations.CreateModel(
            name="Wave",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "carrier",
                    models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="courier"),
                ),
                (
                    "shop_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="shops",
                    ),
                ),
                ("cut_off", models.DateTimeField(blank=True, null=True, verbose_name="cut-off")),
                ("begin_by", models.DateTimeField(blank=True, null=True, verbose_name="begin by")),
                ("size_limit", models.PositiveIntegerField(verbose_name="orders at most")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "To pick"),
                            ("picking", "Being picked"),
                            ("packed", "All packed"),
                            ("handed_over", "Handed over"),
                            ("dissolved", "Dissolved"),
                        ],
                        db_default="open",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="made"),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="picked by",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="inventory.warehouse",
                        verbose_name="warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name": "wave",
                "verbose_name_plural": "waves",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("open", "picking", "packed"))),
                        fields=["cut_off"],
                        name="wave_under_way",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WaveOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(verbose_name="place")),
                ("is_active", models.BooleanField(db_default=True, default=True, verbose_name="in the wave")),
                ("left_at", models.DateTimeField(blank=True, null=True, verbose_name="left")),
                ("left_reason", core.reasons.ReasonField(verbose_name="reason")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="wave_places",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "wave",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="places",
                        to="orders.wave",
                        verbose_name="wave",
                    ),
                ),
            ],
            options={
                "verbose_name": "order of a wave",
                "verbose_name_plural": "orders of waves",
                "ordering": ("position",),
                "constraints": [
                    models.UniqueConstraint(fields=("wave", "order"), name="one_place_per_order_and_wave"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_active", True)), fields=("order",), name="one_wave_under_way_per_order"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CustomerIdentity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=255, verbose_name="id at the channel")),
                ("name", models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="name")),
                ("code", models.CharField(blank=True, db_default="", default="", max_length=255, verbose_name="code")),
                (
                    "phone",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=40, verbose_name="telephone as given"
                    ),
                ),
                (
                    "email",
                    models.CharField(blank=True, db_default="", default="", max_length=254, verbose_name="e-mail"),
                ),
                (
                    "address",
                    models.CharField(blank=True, db_default="", default="", max_length=500, verbose_name="address"),
                ),
                (
                    "held",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Set by a person: this buyer's orders in the shop count as held back.",
                        verbose_name="held back",
                    ),
                ),
                (
                    "held_reason",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=300, verbose_name="why held back"
                    ),
                ),
                ("version", models.DateTimeField(blank=True, null=True, verbose_name="changed at the channel")),
                ("asked_at", models.DateTimeField(verbose_name="read")),
                ("search_text", models.TextField(db_default="", default="", editable=False)),
                (
                    "search_grams",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), db_default=[], default=list, editable=False, size=None
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="identities",
                        to="orders.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="customer_identities",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "customer at a channel",
                "verbose_name_plural": "customers at channels",
                "indexes": [
                    models.Index(fields=["customer"], name="identity_customer"),
                    django.contrib.postgres.indexes.GinIndex(fields=["search_grams"], name="identity_search"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("shop", "external_id"), name="one_identity_per_shop_and_id")
                ],
            },
        ),
    ]
