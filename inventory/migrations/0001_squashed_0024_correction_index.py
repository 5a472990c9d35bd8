"""The schema of 0024_correction_index in one step: a fresh database is made in seconds.

One with a part of what it replaces takes the rest of the steps instead. tests/migrations compares both ways.
"""

from decimal import Decimal

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.math
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import core.reasons


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("inventory", "0001_initial"),
        ("inventory", "0002_shop_stock_since"),
        ("inventory", "0003_breach"),
        ("inventory", "0004_unsettled_pushes"),
        ("inventory", "0005_returns_to"),
        ("inventory", "0006_listing_content"),
        ("inventory", "0007_db_defaults"),
        ("inventory", "0008_wide_ids"),
        ("inventory", "0009_product_book"),
        ("inventory", "0010_stock_drift"),
        ("inventory", "0011_reasons"),
        ("inventory", "0012_fulfilled_by"),
        ("inventory", "0013_prices_asked_about"),
        ("inventory", "0014_number_before_the_mapping"),
        ("inventory", "0015_search"),
        ("inventory", "0016_bulk_mapping"),
        ("inventory", "0017_stock_mark"),
        ("inventory", "0018_fees"),
        ("inventory", "0019_product_pairs"),
        ("inventory", "0020_fee_facts"),
        ("inventory", "0021_fee_facts_indexes"),
        ("inventory", "0022_selling_stopped"),
        ("inventory", "0023_labels_after_packing"),
        ("inventory", "0024_correction_index"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sku", models.CharField(db_index=True, max_length=255, verbose_name="SKU")),
                ("barcode", models.CharField(blank=True, default="", max_length=255, verbose_name="barcode")),
                ("name", models.CharField(max_length=500, verbose_name="name")),
                (
                    "price",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="price"),
                ),
                (
                    "cost",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="cost"),
                ),
                ("is_bundle", models.BooleanField(default=False, verbose_name="bundle")),
                ("is_active", models.BooleanField(db_default=True, default=True, verbose_name="active")),
                (
                    "selling_stopped",
                    models.BooleanField(db_default=False, default=False, verbose_name="selling stopped"),
                ),
                ("gone_at", models.DateTimeField(blank=True, null=True, verbose_name="deleted at the stock master")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
                ("search_text", models.TextField(db_default="", default="", editable=False)),
                (
                    "search_grams",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), db_default=[], default=list, editable=False, size=None
                    ),
                ),
            ],
            options={
                "verbose_name": "product",
                "verbose_name_plural": "products",
                "ordering": ("sku",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("barcode", ""), _negated=True), fields=["barcode"], name="product_barcode"
                    ),
                    models.Index(django.db.models.functions.text.Upper("sku"), name="product_sku_upper"),
                    django.contrib.postgres.indexes.GinIndex(fields=["search_grams"], name="product_search"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Shop",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("channel", models.SlugField(max_length=32, verbose_name="channel")),
                ("currency", models.CharField(default="VND", max_length=3, verbose_name="currency")),
                ("time_zone", models.CharField(default="Asia/Ho_Chi_Minh", max_length=64, verbose_name="time zone")),
                (
                    "keeps_stock",
                    models.BooleanField(
                        default=False,
                        help_text="A POS: its products are the product book and its branches hold the stock.",
                        verbose_name="stock master",
                    ),
                ),
                (
                    "safety_stock",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Units of each product that this shop never offers.",
                        verbose_name="safety stock",
                    ),
                ),
                (
                    "share_percent",
                    models.PositiveSmallIntegerField(
                        default=100,
                        help_text="How much of the available stock this shop may show while there is plenty.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="share in percent",
                    ),
                ),
                (
                    "scarce_below",
                    models.PositiveIntegerField(
                        default=10,
                        help_text="With fewer units left, all shops together show no more than the stock.",
                        verbose_name="scarce below",
                    ),
                ),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        default=100,
                        help_text="Who gets the last units: the lowest number first.",
                        verbose_name="priority",
                    ),
                ),
                (
                    "pushes_paused",
                    models.BooleanField(
                        default=False,
                        help_text="While set, no stock and no price leaves for this shop.",
                        verbose_name="pushes paused",
                    ),
                ),
                (
                    "asks_about_drift",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="The channel shows another number than it should: usually the right one is sent at once. With this, a person decides.",
                        verbose_name="ask before a number is put right",
                    ),
                ),
                (
                    "price_move_percent",
                    models.PositiveSmallIntegerField(
                        db_default=50,
                        default=50,
                        help_text="A new price further than this from the one shown, or one below cost, has to be confirmed.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1000),
                        ],
                        verbose_name="ask when a price moves by more than (%)",
                    ),
                ),
                (
                    "zero_when_unmapped",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Else the channel gets back the number that it showed before the mapping, less what was sold since.",
                        verbose_name="show 0 when a mapping is undone",
                    ),
                ),
                (
                    "labels_after_packing",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="A label is printed only once every piece of its parcel was scanned, and opens by itself then.",
                        verbose_name="labels only of packed parcels",
                    ),
                ),
                (
                    "shop_type",
                    models.CharField(
                        choices=[("normal", "Normal shop"), ("mall", "Mall shop")],
                        db_default="normal",
                        default="normal",
                        help_text="Channels charge malls other fees.",
                        max_length=16,
                        verbose_name="kind of shop",
                    ),
                ),
                (
                    "legal_form",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("organisation", "Organisation"),
                            ("household", "Household business"),
                            ("individual", "Individual"),
                        ],
                        db_default="",
                        default="",
                        help_text="Decides which taxes a channel withholds.",
                        max_length=16,
                        verbose_name="legal form",
                    ),
                ),
                (
                    "stock_since",
                    models.DateTimeField(
                        blank=True,
                        help_text="Orders placed before are history: once shipped they move no stock and are not written to the POS.",
                        null=True,
                        verbose_name="counts stock since",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ],
            options={
                "verbose_name": "shop",
                "verbose_name_plural": "shops",
                "ordering": ("name", "id"),
            },
        ),
        migrations.CreateModel(
            name="Listing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item_id", models.CharField(max_length=255, verbose_name="item id")),
                ("variation_id", models.CharField(blank=True, default="", max_length=255, verbose_name="variation id")),
                (
                    "outlet_item_id",
                    models.CharField(blank=True, default="", max_length=255, verbose_name="outlet item id"),
                ),
                ("sku", models.CharField(blank=True, default="", max_length=255, verbose_name="seller SKU")),
                ("barcode", models.CharField(blank=True, default="", max_length=255, verbose_name="barcode")),
                ("title", models.CharField(max_length=500, verbose_name="title")),
                ("variation_name", models.CharField(blank=True, default="", max_length=300, verbose_name="variation")),
                ("description", models.TextField(blank=True, default="", verbose_name="description")),
                ("images", models.JSONField(blank=True, default=list, verbose_name="images")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("inactive", "Inactive"),
                            ("banned", "Banned"),
                            ("deleted", "Deleted"),
                        ],
                        default="active",
                        max_length=16,
                        verbose_name="status",
                    ),
                ),
                (
                    "category_id",
                    models.CharField(blank=True, db_default="", default="", max_length=255, verbose_name="category"),
                ),
                (
                    "category_name",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=200, verbose_name="category's name"
                    ),
                ),
                (
                    "price",
                    models.DecimalField(
                        blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="price shown"
                    ),
                ),
                (
                    "wanted_price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="Sent to the channel when it differs from the price shown. Empty: we leave the price alone.",
                        max_digits=18,
                        null=True,
                        verbose_name="price wanted",
                    ),
                ),
                ("price_failure", core.reasons.ReasonField(verbose_name="price refused because")),
                ("currency", models.CharField(default="VND", max_length=3, verbose_name="currency")),
                (
                    "units",
                    models.PositiveIntegerField(
                        db_default=1,
                        default=1,
                        help_text="How many of the product one sold piece takes (a pack of six: 6).",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="units per listing",
                    ),
                ),
                ("version", models.DateTimeField(blank=True, null=True, verbose_name="changed at the channel")),
                ("asked_at", models.DateTimeField(blank=True, null=True, verbose_name="read")),
                ("raw", models.JSONField(blank=True, default=dict, verbose_name="raw answer")),
                ("search_text", models.TextField(db_default="", default="", editable=False)),
                (
                    "search_grams",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), db_default=[], default=list, editable=False, size=None
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="listings",
                        to="inventory.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="listings",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "listing",
                "verbose_name_plural": "listings",
                "ordering": ("shop", "title", "id"),
                "indexes": [
                    models.Index(fields=["shop", "sku"], name="listing_sku"),
                    models.Index(
                        condition=models.Q(("product__isnull", True)), fields=["shop"], name="listing_unmapped"
                    ),
                    models.Index(
                        condition=models.Q(("category_id", ""), _negated=True),
                        fields=["shop", "category_id"],
                        name="listing_category",
                    ),
                    models.Index(
                        condition=models.Q(("wanted_price__isnull", False)), fields=["shop"], name="listing_own_price"
                    ),
                    django.contrib.postgres.indexes.GinIndex(fields=["search_grams"], name="listing_search"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("shop", "item_id", "variation_id"), name="one_listing_per_variation"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("wanted_price__isnull", True),
                            models.Q(
                                ("wanted_price__gt", 0),
                                models.Q(("currency__in", ["JPY", "KRW", "VND"]), _negated=True),
                            ),
                            models.Q(
                                ("wanted_price", django.db.models.functions.math.Floor("wanted_price")),
                                ("wanted_price__gte", 1),
                            ),
                            _connector="OR",
                        ),
                        name="wanted_price_can_be_paid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StockMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("product_id", models.BigIntegerField(verbose_name="product")),
            ],
            options={
                "verbose_name": "stock mark",
                "verbose_name_plural": "stock marks",
            },
        ),
        migrations.CreateModel(
            name="Breach",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("check_code", models.CharField(max_length=40, verbose_name="rule")),
                ("subject_id", models.BigIntegerField(editable=False)),
                ("subject", models.CharField(max_length=200, verbose_name="where")),
                ("expected", models.DecimalField(decimal_places=3, max_digits=18, verbose_name="expected")),
                ("found", models.DecimalField(decimal_places=3, max_digits=18, verbose_name="found")),
                (
                    "first_seen_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="first seen"
                    ),
                ),
                (
                    "last_seen_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="last seen"
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
            ],
            options={
                "verbose_name": "breach",
                "verbose_name_plural": "breaches",
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("check_code", "subject_id"),
                        name="one_open_breach",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("pairs", models.JSONField(default=list)),
                ("undone_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "bulk mapping",
                "verbose_name_plural": "bulk mappings",
            },
        ),
        migrations.CreateModel(
            name="ListingStock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "warehouse",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255, verbose_name="channel warehouse"
                    ),
                ),
                ("wanted", models.IntegerField(blank=True, null=True, verbose_name="wanted")),
                ("published", models.IntegerField(blank=True, null=True, verbose_name="published")),
                ("expected", models.IntegerField(blank=True, null=True, verbose_name="expected")),
                ("observed", models.IntegerField(blank=True, null=True, verbose_name="observed")),
                (
                    "promotion_reserved",
                    models.IntegerField(
                        db_default=0,
                        default=0,
                        help_text="The channel refuses a smaller number while a campaign holds it.",
                        verbose_name="held by a campaign",
                    ),
                ),
                ("pushing", models.IntegerField(blank=True, null=True, verbose_name="on its way")),
                ("push_started_at", models.DateTimeField(blank=True, null=True, verbose_name="push started")),
                ("shelf_moved", models.BooleanField(db_default=False, default=False, editable=False)),
                ("unsettled", models.IntegerField(blank=True, null=True, verbose_name="may still arrive")),
                ("unsettled_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("pushed_at", models.DateTimeField(blank=True, null=True, verbose_name="last accepted")),
                ("observed_at", models.DateTimeField(blank=True, null=True, verbose_name="last read back")),
                ("wanted_at", models.DateTimeField(blank=True, null=True, verbose_name="wanted since")),
                ("read_back_due", models.BooleanField(db_default=False, default=False)),
                ("before_mapping", models.IntegerField(blank=True, null=True, verbose_name="before the mapping")),
                ("before_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("giving_back", models.BooleanField(db_default=False, default=False, verbose_name="goes back")),
                (
                    "failures",
                    models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="refusals in a row"),
                ),
                ("blocked_until", models.DateTimeField(blank=True, null=True, verbose_name="next try")),
                ("failure_code", models.CharField(blank=True, db_default="", default="", max_length=100)),
                ("failure", core.reasons.ReasonField(verbose_name="refused because")),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stocks",
                        to="inventory.listing",
                        verbose_name="listing",
                    ),
                ),
            ],
            options={
                "verbose_name": "listing stock",
                "verbose_name_plural": "listing stocks",
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("wanted__isnull", False),
                            models.Q(
                                ("expected__isnull", True),
                                models.Q(("wanted", models.F("expected")), _negated=True),
                                ("unsettled__isnull", False),
                                ("pushing__isnull", False),
                                _connector="OR",
                            ),
                        ),
                        fields=["listing"],
                        name="listing_stock_due",
                    ),
                    models.Index(
                        condition=models.Q(("giving_back", True)), fields=["listing"], name="listing_stock_giving_back"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("listing", "warehouse"), name="one_stock_per_listing_and_warehouse")
                ],
            },
        ),
        migrations.CreateModel(
            name="BundleComponent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "units",
                    models.DecimalField(db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="units"),
                ),
                (
                    "bundle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="components",
                        to="inventory.product",
                        verbose_name="bundle",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="part_of",
                        to="inventory.product",
                        verbose_name="component",
                    ),
                ),
            ],
            options={
                "verbose_name": "bundle component",
                "verbose_name_plural": "bundle components",
                "constraints": [
                    models.UniqueConstraint(fields=("bundle", "product"), name="component_once_per_bundle")
                ],
            },
        ),
        migrations.CreateModel(
            name="ProductPair",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "decision",
                    models.CharField(
                        choices=[("joined", "Joined"), ("differ", "They differ")], max_length=8, verbose_name="decision"
                    ),
                ),
                ("moved", models.JSONField(db_default={}, default=dict, editable=False)),
                (
                    "decided_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="when"),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.product",
                        verbose_name="the other product",
                    ),
                ),
            ],
            options={
                "verbose_name": "pair of products",
                "verbose_name_plural": "pairs of products",
                "constraints": [models.UniqueConstraint(fields=("first", "second"), name="one_decision_per_pair")],
            },
        ),
        migrations.CreateModel(
            name="ShopMembership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[("viewer", "Viewer"), ("operator", "Operator"), ("manager", "Manager")],
                        default="viewer",
                        max_length=16,
                        verbose_name="role",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shop_memberships",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "shop membership",
                "verbose_name_plural": "shop memberships",
                "constraints": [models.UniqueConstraint(fields=("user", "shop"), name="one_role_per_user_and_shop")],
            },
        ),
        migrations.CreateModel(
            name="StockDrift",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("expected", models.IntegerField(verbose_name="expected")),
                ("observed", models.IntegerField(verbose_name="found")),
                (
                    "cause",
                    models.CharField(
                        choices=[("unknown", "Unknown"), ("campaign", "A campaign holds units")],
                        default="unknown",
                        max_length=16,
                        verbose_name="cause",
                    ),
                ),
                (
                    "decision",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for a decision"),
                            ("put_right", "Put right"),
                            ("left", "Left as it is"),
                        ],
                        max_length=16,
                        verbose_name="what is done",
                    ),
                ),
                ("found_at", models.DateTimeField(verbose_name="found at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                (
                    "decided_by",
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
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drifts",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
                (
                    "stock",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drifts",
                        to="inventory.listingstock",
                        verbose_name="listing",
                    ),
                ),
            ],
            options={
                "verbose_name": "stock drift",
                "verbose_name_plural": "stock drifts",
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["shop", "-id"], name="drift_shop")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)), fields=("stock",), name="one_open_drift"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Warehouse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("external_id", models.CharField(blank=True, default="", max_length=255, verbose_name="channel's id")),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Orders are taken from the warehouse with the lowest position first.",
                        verbose_name="position",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "shop",
                    models.ForeignKey(
                        blank=True,
                        help_text="The POS whose branch this is. Empty: stock is managed here.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="branches",
                        to="inventory.shop",
                        verbose_name="managed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "warehouse",
                "verbose_name_plural": "warehouses",
                "ordering": ("position", "id"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("shop__isnull", False)),
                        fields=("shop", "external_id"),
                        name="one_row_per_branch",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StockLevel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "on_hand",
                    models.DecimalField(
                        db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="on hand"
                    ),
                ),
                (
                    "reserved",
                    models.DecimalField(
                        db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="reserved"
                    ),
                ),
                (
                    "pos_reserved",
                    models.DecimalField(
                        db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="reserved at the POS"
                    ),
                ),
                (
                    "pos_own",
                    models.DecimalField(
                        db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="of these our own orders"
                    ),
                ),
                (
                    "available",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("on_hand"),
                                "-",
                                django.db.models.functions.comparison.Greatest(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("pos_reserved"), "-", models.F("pos_own")
                                    ),
                                    models.Value(Decimal("0")),
                                ),
                            ),
                            "-",
                            models.F("reserved"),
                        ),
                        output_field=models.DecimalField(decimal_places=3, max_digits=14),
                        verbose_name="left to sell",
                    ),
                ),
                ("read_at", models.DateTimeField(blank=True, null=True, verbose_name="last reading")),
                ("discard_before", models.DateTimeField(blank=True, null=True)),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="levels",
                        to="inventory.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="levels",
                        to="inventory.warehouse",
                        verbose_name="warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name": "stock level",
                "verbose_name_plural": "stock levels",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product", "warehouse"), name="one_level_per_product_and_warehouse"
                    ),
                    models.CheckConstraint(condition=models.Q(("reserved__gte", 0)), name="reserved_is_never_negative"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order_number", models.CharField(max_length=255, verbose_name="order number")),
                ("line_key", models.CharField(max_length=255)),
                (
                    "quantity",
                    models.DecimalField(db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="held"),
                ),
                (
                    "deducted",
                    models.DecimalField(
                        db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="deducted"
                    ),
                ),
                (
                    "is_soft",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Held on a guess: the listing is not mapped yet.",
                        verbose_name="soft hold",
                    ),
                ),
                (
                    "released",
                    models.BooleanField(db_default=False, default=False, verbose_name="released by a POS reading"),
                ),
                ("invoiced_at", models.DateTimeField(blank=True, null=True, verbose_name="invoice known")),
                (
                    "pos_quantity",
                    models.DecimalField(
                        db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="in our POS order"
                    ),
                ),
                ("pos_written_at", models.DateTimeField(blank=True, null=True, verbose_name="POS order known")),
                ("pos_closed_at", models.DateTimeField(blank=True, null=True, verbose_name="POS order closed")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="since"),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reservations",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
                (
                    "level",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reservations",
                        to="inventory.stocklevel",
                        verbose_name="stock level",
                    ),
                ),
            ],
            options={
                "verbose_name": "reservation",
                "verbose_name_plural": "reservations",
                "indexes": [
                    models.Index(condition=models.Q(("quantity__gt", 0)), fields=["level"], name="reservation_held"),
                    models.Index(
                        condition=models.Q(("pos_closed_at__isnull", True), ("pos_written_at__isnull", False)),
                        fields=["level"],
                        name="reservation_open_at_pos",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("shop", "order_number", "line_key", "level"), name="one_reservation_per_line_and_level"
                    ),
                    models.CheckConstraint(condition=models.Q(("quantity__gte", 0)), name="held_is_never_negative"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StockMovement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "quantity",
                    models.DecimalField(
                        db_default=0, decimal_places=3, default=0, max_digits=14, verbose_name="quantity"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("opening", "Opening stock"),
                            ("reading", "POS reading"),
                            ("sale", "Sale shipped"),
                            ("receipt", "Receipt"),
                            ("correction", "Correction"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                (
                    "order_number",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=255, verbose_name="order number"
                    ),
                ),
                ("line_key", models.CharField(blank=True, db_default="", default="", max_length=255)),
                ("note", models.CharField(blank=True, db_default="", default="", max_length=300, verbose_name="note")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="when"),
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
                    "level",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="inventory.stocklevel",
                        verbose_name="stock level",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "stock movement",
                "verbose_name_plural": "stock movements",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["level", "-id"], name="movement_level"),
                    models.Index(
                        condition=models.Q(("kind", "correction")), fields=["created_at"], name="movement_correction"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="shop",
            name="platform_warehouse",
            field=models.ForeignKey(
                blank=True,
                help_text="What the platform sends from its own warehouse is taken from here. A warehouse managed here is lowered by the orders; for a branch of the POS documents are written there, as for your own orders. Empty: such orders move nothing and are not written to the POS.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="inventory.warehouse",
                verbose_name="stock at the platform",
            ),
        ),
        migrations.AddField(
            model_name="shop",
            name="returns_to",
            field=models.ForeignKey(
                blank=True,
                help_text="Offered first when a parcel that came back is opened. Nothing is put on sale by itself.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="inventory.warehouse",
                verbose_name="returned goods go to",
            ),
        ),
        migrations.AddField(
            model_name="shop",
            name="sells_from",
            field=models.ManyToManyField(
                blank=True,
                help_text="The warehouses whose stock this shop offers.",
                related_name="selling_shops",
                to="inventory.warehouse",
                verbose_name="sells from",
            ),
        ),
    ]
