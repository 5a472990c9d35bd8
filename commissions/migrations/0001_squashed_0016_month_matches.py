"""The schema of 0016_month_matches in one step: a fresh database is made in seconds.

One with a part of what it replaces takes the rest of the steps instead. tests/migrations compares both ways.
"""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from commissions.migrations._append_only import ALLOW, REFUSE


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("commissions", "0001_initial"),
        ("commissions", "0002_index_name"),
        ("commissions", "0003_wide_ids"),
        ("commissions", "0004_statement_files"),
        ("commissions", "0005_scopes"),
        ("commissions", "0006_fees"),
        ("commissions", "0007_entries_are_append_only"),
        ("commissions", "0008_matches"),
        ("commissions", "0009_rule_examples"),
        ("commissions", "0010_months"),
        ("commissions", "0011_entry_skus"),
        ("commissions", "0012_findings"),
        ("commissions", "0013_shadow"),
        ("commissions", "0014_payout_balances"),
        ("commissions", "0015_wrong_category"),
        ("commissions", "0016_month_matches"),
    ]

    dependencies = [
        ("inventory", "0024_correction_index"),
        ("orders", "0023_waiting_settlement"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CommissionRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80, verbose_name="rule")),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="title")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("shadow", "In the shadow"),
                            ("active", "Active"),
                            ("retired", "Withdrawn"),
                        ],
                        default="draft",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "starts",
                    models.DateField(
                        help_text="Orders created on this day and later, in Vietnam's time.", verbose_name="from"
                    ),
                ),
                ("channel", models.SlugField(max_length=32, verbose_name="channel")),
                ("shop_type", models.CharField(blank=True, max_length=16, verbose_name="kind of shop")),
                ("payee", models.CharField(default="marketplace", max_length=16, verbose_name="paid to")),
                ("payee_id", models.CharField(blank=True, max_length=200, verbose_name="who")),
                ("fee_kind", models.CharField(max_length=32, verbose_name="fee")),
                ("strategy", models.CharField(max_length=16, verbose_name="strategy")),
                ("formula_json", models.JSONField(default=dict, verbose_name="formula")),
                ("conditions_json", models.JSONField(blank=True, default=dict, verbose_name="conditions")),
                (
                    "charged_when",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32), size=None, verbose_name="charged when"
                    ),
                ),
                ("given_back", models.CharField(max_length=16, verbose_name="given back")),
                ("vat_json", models.JSONField(blank=True, default=dict, verbose_name="VAT")),
                ("rate_from", models.CharField(default="rule", max_length=16, verbose_name="rate")),
                ("rounding_json", models.JSONField(blank=True, default=dict, verbose_name="rounding")),
                ("source_json", models.JSONField(default=dict, verbose_name="source")),
                (
                    "examples_json",
                    models.JSONField(
                        blank=True,
                        db_default=models.Value([], models.JSONField()),
                        default=list,
                        editable=False,
                        help_text="Orders with the amounts that are expected of this version: activation needs them to hold.",
                        verbose_name="examples",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="written"),
                ),
                (
                    "shadowed_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="Computed beside the active version since then, and not accrued, until somebody activates it.",
                        null=True,
                        verbose_name="in the shadow since",
                    ),
                ),
                ("activated_at", models.DateTimeField(blank=True, null=True, verbose_name="activated")),
                (
                    "reaccrued_to",
                    models.BigIntegerField(
                        blank=True,
                        editable=False,
                        help_text="Activation accrues the orders since the start again, by id. Empty: nothing left to do.",
                        null=True,
                        verbose_name="accrued again up to order",
                    ),
                ),
                (
                    "activated_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="activated by",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="written by",
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
                "verbose_name": "commission rule",
                "verbose_name_plural": "commission rules",
                "ordering": ("channel", "fee_kind", "key", "-version"),
                "constraints": [
                    models.UniqueConstraint(fields=("key", "version"), name="one_rule_per_version"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "active")),
                        fields=("key", "starts"),
                        name="one_active_version_per_start",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CommissionEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(blank=True, null=True, verbose_name="month")),
                ("line_key", models.CharField(max_length=255, verbose_name="line")),
                ("sku", models.CharField(blank=True, db_default="", default="", max_length=255, verbose_name="SKU")),
                ("fee_kind", models.CharField(max_length=32, verbose_name="fee")),
                ("payee", models.CharField(max_length=16, verbose_name="paid to")),
                (
                    "payee_id",
                    models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="who"),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("accrued", "Accrued"),
                            ("changed", "The order changed"),
                            ("month", "The month's sum changed"),
                            ("rule", "Another rule version applies"),
                            ("cancelled", "Cancelled"),
                            ("returned", "Returned"),
                            ("refunded", "Refunded, goods kept"),
                            ("undone", "The reversal was undone"),
                        ],
                        max_length=16,
                        verbose_name="why",
                    ),
                ),
                ("units", models.PositiveIntegerField(verbose_name="units")),
                ("base", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="base")),
                (
                    "rate",
                    models.DecimalField(
                        blank=True, decimal_places=20, max_digits=24, null=True, verbose_name="rate (%)"
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount")),
                ("currency", models.CharField(default="VND", max_length=3, verbose_name="currency")),
                ("rounding", models.CharField(blank=True, max_length=32, verbose_name="rounding")),
                ("working", models.JSONField(default=list, verbose_name="working")),
                ("effective_at", models.DateTimeField(verbose_name="order created")),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded"),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="commission_entries",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "reverses",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversals",
                        to="commissions.commissionentry",
                        verbose_name="takes back",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="commissions.commissionrule",
                        verbose_name="rule",
                    ),
                ),
            ],
            options={
                "verbose_name": "commission entry",
                "verbose_name_plural": "commission entries",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["order", "id"], name="entry_order"),
                    models.Index(fields=["shop", "-effective_at"], name="entry_shop_effective"),
                    models.Index(
                        condition=models.Q(("month__isnull", False)),
                        fields=["rule", "shop", "month"],
                        name="entry_month",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reverses__isnull", False), ("amount__gte", 0), _connector="OR"),
                        name="an_accrual_is_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("month__isnull", True), ("order__isnull", False)),
                            models.Q(("month__isnull", False), ("order__isnull", True)),
                            _connector="OR",
                        ),
                        name="an_entry_is_of_an_order_or_a_month",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FeeCategory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("channel", models.SlugField(max_length=32, verbose_name="channel")),
                ("code", models.CharField(max_length=255, verbose_name="category")),
                ("parent", models.CharField(blank=True, max_length=255, verbose_name="below")),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="title")),
            ],
            options={
                "verbose_name": "category",
                "verbose_name_plural": "categories",
                "ordering": ("channel", "code"),
                "constraints": [models.UniqueConstraint(fields=("channel", "code"), name="one_category_per_code")],
            },
        ),
        migrations.CreateModel(
            name="FeeMatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("sale", "Sale"),
                            ("commission", "Commission"),
                            ("payment_fee", "Payment fee"),
                            ("service_fee", "Service fee"),
                            ("shipping", "Shipping"),
                            ("voucher", "Voucher"),
                            ("tax", "Tax"),
                            ("affiliate", "Affiliate"),
                            ("refund", "Refund"),
                            ("penalty", "Penalty"),
                            ("adjustment", "Adjustment"),
                            ("other", "Other"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("expected", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="expected")),
                ("settled", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="settled")),
                ("difference", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="difference")),
                (
                    "accrued",
                    models.DecimalField(
                        db_default=0, decimal_places=4, default=0, max_digits=18, verbose_name="expected at first"
                    ),
                ),
                (
                    "charged",
                    models.DecimalField(
                        db_default=0, decimal_places=4, default=0, max_digits=18, verbose_name="charged"
                    ),
                ),
                (
                    "given_back",
                    models.DecimalField(
                        db_default=0, decimal_places=4, default=0, max_digits=18, verbose_name="given back"
                    ),
                ),
                (
                    "doubled",
                    models.DecimalField(
                        db_default=0, decimal_places=4, default=0, max_digits=18, verbose_name="charged once more"
                    ),
                ),
                (
                    "corrected",
                    models.DecimalField(
                        db_default=0, decimal_places=4, default=0, max_digits=18, verbose_name="corrected"
                    ),
                ),
                ("currency", models.CharField(default="VND", max_length=3, verbose_name="currency")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("due", "Not settled yet"),
                            ("matched", "Matched"),
                            ("tolerated", "Within tolerance"),
                            ("under", "Charged too little"),
                            ("over", "Charged too much"),
                            ("double", "Charged twice"),
                            ("unexpected", "Not expected"),
                            ("unknown", "No rule for this fee"),
                            ("corrected", "Corrected later"),
                            ("ambiguous", "Corrected, unclear what"),
                            ("disputed", "Disputed"),
                            ("written_off", "Written off"),
                        ],
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("placed_at", models.DateTimeField(verbose_name="order created")),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled on")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                ("note", models.CharField(blank=True, db_default="", default="", max_length=300, verbose_name="why")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fee_matches",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="commissions.commissionrule",
                        verbose_name="rule",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "fee check",
                "verbose_name_plural": "fee checks",
                "ordering": ("-placed_at", "-id"),
                "indexes": [
                    models.Index(fields=["-placed_at", "-id"], name="match_placed"),
                    models.Index(
                        condition=models.Q(
                            ("state__in", ("under", "over", "double", "unexpected", "unknown", "ambiguous", "disputed"))
                        ),
                        fields=["shop", "-placed_at"],
                        name="match_open",
                    ),
                    models.Index(
                        condition=models.Q(("doubled__gt", 0)), fields=["shop", "placed_at"], name="match_doubled"
                    ),
                    models.Index(
                        condition=models.Q(("state", "tolerated")), fields=["shop", "placed_at"], name="match_tolerated"
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("order", "kind"), name="one_match_per_order_and_kind")],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("wrong_rate", "Another rate than the rule's"),
                            ("wrong_category", "Charged as another category"),
                            ("double_charge", "Charged twice"),
                            ("cancelled_fee", "Fee on a cancelled order"),
                            ("unexpected_fee", "Fee that no rule expects of the order"),
                            ("unknown_fee", "Fee without a rule"),
                            ("overcharged", "Charged too much"),
                            ("undercharged", "Charged too little"),
                            ("ambiguous", "Correction that may be of several fees"),
                            ("tolerance", "Rounding to one side"),
                            ("month_fee", "Fee of a month that differs"),
                            ("late_money", "Order not paid out in time"),
                            ("missing_payout", "Transfer missing"),
                            ("short_payout", "Too little transferred"),
                            ("over_payout", "Too much transferred"),
                        ],
                        max_length=24,
                        verbose_name="finding",
                    ),
                ),
                ("family", models.CharField(editable=False, max_length=120)),
                (
                    "fee_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("sale", "Sale"),
                            ("commission", "Commission"),
                            ("payment_fee", "Payment fee"),
                            ("service_fee", "Service fee"),
                            ("shipping", "Shipping"),
                            ("voucher", "Voucher"),
                            ("tax", "Tax"),
                            ("affiliate", "Affiliate"),
                            ("refund", "Refund"),
                            ("penalty", "Penalty"),
                            ("adjustment", "Adjustment"),
                            ("other", "Other"),
                        ],
                        default="",
                        max_length=16,
                        verbose_name="fee",
                    ),
                ),
                (
                    "since",
                    models.DateField(help_text="Day of the first order, in Vietnam's time.", verbose_name="since"),
                ),
                (
                    "until",
                    models.DateField(blank=True, help_text="Empty: it goes on.", null=True, verbose_name="until"),
                ),
                ("orders", models.PositiveIntegerField(default=0, verbose_name="orders")),
                ("open_orders", models.PositiveIntegerField(default=0, verbose_name="open orders")),
                ("amount", models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="open amount")),
                ("total", models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="whole amount")),
                ("currency", models.CharField(default="VND", max_length=3, verbose_name="currency")),
                ("proposal", models.JSONField(blank=True, default=dict, verbose_name="proposal")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("disputed", "Disputed"),
                            ("written_off", "Written off"),
                            ("closed", "Put right"),
                        ],
                        default="open",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "severity",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "low"), (2, "medium"), (3, "high"), (4, "urgent")],
                        default=1,
                        verbose_name="severity",
                    ),
                ),
                ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="due")),
                (
                    "decided_amount",
                    models.DecimalField(blank=True, decimal_places=4, editable=False, max_digits=18, null=True),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                ("note", models.CharField(blank=True, default="", max_length=300, verbose_name="why")),
                (
                    "opened_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="found on"),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="put right on")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="commissions.commissionrule",
                        verbose_name="rule",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "finding",
                "verbose_name_plural": "findings",
                "ordering": ("-severity", "-id"),
                "indexes": [
                    models.Index(fields=["shop", "family"], name="finding_family"),
                    models.Index(
                        condition=models.Q(("state__in", ("open", "disputed"))),
                        fields=["shop", "-severity"],
                        name="finding_active",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FindingComment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=1000, verbose_name="comment")),
                (
                    "written_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="written"),
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
                    "finding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comments",
                        to="commissions.finding",
                        verbose_name="finding",
                    ),
                ),
            ],
            options={
                "verbose_name": "comment",
                "verbose_name_plural": "comments",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="MonthBase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "payee_id",
                    models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="who"),
                ),
                ("month", models.DateField(verbose_name="month")),
                ("currency", models.CharField(default="VND", max_length=3, verbose_name="currency")),
                ("base", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="base")),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded"),
                ),
                ("is_settled", models.BooleanField(db_default=False, default=False, verbose_name="settled")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="month_bases",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="month_bases",
                        to="commissions.commissionrule",
                        verbose_name="rule",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "base of a month",
                "verbose_name_plural": "bases of months",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["order", "rule"], name="month_base_order"),
                    models.Index(fields=["rule", "shop", "month"], name="month_base_month"),
                    models.Index(condition=models.Q(("is_settled", False)), fields=["id"], name="month_base_due"),
                ],
            },
        ),
        migrations.CreateModel(
            name="MonthMatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("sale", "Sale"),
                            ("commission", "Commission"),
                            ("payment_fee", "Payment fee"),
                            ("service_fee", "Service fee"),
                            ("shipping", "Shipping"),
                            ("voucher", "Voucher"),
                            ("tax", "Tax"),
                            ("affiliate", "Affiliate"),
                            ("refund", "Refund"),
                            ("penalty", "Penalty"),
                            ("adjustment", "Adjustment"),
                            ("other", "Other"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("month", models.DateField(verbose_name="month")),
                ("currency", models.CharField(default="VND", max_length=3, verbose_name="currency")),
                ("expected", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="expected")),
                ("settled", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="settled")),
                ("difference", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="difference")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("due", "Not settled yet"),
                            ("matched", "Matched"),
                            ("tolerated", "Within tolerance"),
                            ("under", "Charged too little"),
                            ("over", "Charged too much"),
                        ],
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled on")),
                (
                    "rule",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="commissions.commissionrule",
                        verbose_name="rule",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "monthly fee check",
                "verbose_name_plural": "monthly fee checks",
                "ordering": ("-month", "-id"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("shop", "kind", "month", "currency"), name="one_match_per_kind_and_month"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Payout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=255, verbose_name="id at the channel")),
                (
                    "kind",
                    models.CharField(
                        choices=[("bank", "Transfer to the bank"), ("wallet", "Released into the wallet")],
                        default="bank",
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("statement", models.CharField(blank=True, default="", max_length=255, verbose_name="statement")),
                ("order_number", models.CharField(blank=True, default="", max_length=255, verbose_name="order number")),
                ("reference", models.CharField(blank=True, default="", max_length=300, verbose_name="bank's text")),
                ("amount", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount")),
                (
                    "carried",
                    models.DecimalField(
                        db_default=0,
                        decimal_places=4,
                        default=0,
                        max_digits=18,
                        verbose_name="of it balance of an earlier statement",
                    ),
                ),
                ("currency", models.CharField(default="VND", max_length=3, verbose_name="currency")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="statement closed")),
                (
                    "by_sum",
                    models.BooleanField(db_default=False, default=False, verbose_name="statement found by its sum"),
                ),
                ("paid_at", models.DateTimeField(blank=True, null=True, verbose_name="transferred")),
                ("from_file", models.BooleanField(default=False, verbose_name="from a file")),
                ("asked_at", models.DateTimeField(verbose_name="read")),
                ("raw", models.JSONField(blank=True, default=dict, verbose_name="raw answer")),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payouts",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "payout",
                "verbose_name_plural": "payouts",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("statement", ""), _negated=True),
                        fields=["shop", "statement"],
                        name="payout_statement",
                    ),
                    models.Index(
                        condition=models.Q(("order_number", ""), _negated=True),
                        fields=["shop", "order_number"],
                        name="payout_order",
                    ),
                    models.Index(fields=["shop", "-paid_at"], name="payout_shop"),
                ],
                "constraints": [models.UniqueConstraint(fields=("shop", "external_id"), name="one_payout_per_id")],
            },
        ),
        migrations.CreateModel(
            name="PayoutMatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("statement", models.CharField(blank=True, default="", max_length=255, verbose_name="statement")),
                ("order_number", models.CharField(blank=True, default="", max_length=255, verbose_name="order number")),
                ("expected", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="sum of the statement")),
                ("paid", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="transferred sum")),
                ("difference", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="difference")),
                ("currency", models.CharField(default="VND", max_length=3, verbose_name="currency")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("due", "Not transferred yet"),
                            ("reported", "Transferred, as the channel says"),
                            ("matched", "Matched"),
                            ("missing", "Transfer missing"),
                            ("short", "Too little transferred"),
                            ("over", "Too much transferred"),
                        ],
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("settled_at", models.DateTimeField(verbose_name="settled on")),
                ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="due")),
                ("paid_at", models.DateTimeField(blank=True, null=True, verbose_name="transferred")),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "payout check",
                "verbose_name_plural": "payout checks",
                "ordering": ("-settled_at", "-id"),
                "indexes": [
                    models.Index(fields=["-settled_at", "-id"], name="payout_match_settled"),
                    models.Index(
                        condition=models.Q(("state__in", ("missing", "short", "over"))),
                        fields=["shop", "-settled_at"],
                        name="payout_match_open",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("shop", "statement", "order_number"), name="one_payout_match_per_statement"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FindingItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount")),
                ("open_amount", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="open amount")),
                ("since", models.DateTimeField(verbose_name="since")),
                (
                    "fee_match",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="finding_item",
                        to="commissions.feematch",
                        verbose_name="fee check",
                    ),
                ),
                (
                    "finding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="commissions.finding",
                        verbose_name="finding",
                    ),
                ),
                (
                    "order",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="late_money",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "month_match",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="finding_item",
                        to="commissions.monthmatch",
                        verbose_name="monthly fee check",
                    ),
                ),
                (
                    "payout_match",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="finding_item",
                        to="commissions.payoutmatch",
                        verbose_name="payout check",
                    ),
                ),
            ],
            options={
                "verbose_name": "item of a finding",
                "verbose_name_plural": "items of findings",
                "ordering": ("since", "id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("fee_match__isnull", False),
                            ("payout_match__isnull", False),
                            ("month_match__isnull", False),
                            ("order__isnull", False),
                            _connector="OR",
                        ),
                        name="an_item_is_of_something",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PayoutTerm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "after",
                    models.CharField(
                        choices=[("delivered", "delivered"), ("completed", "completed")],
                        default="delivered",
                        max_length=16,
                        verbose_name="counted from",
                    ),
                ),
                ("days", models.PositiveSmallIntegerField(default=7, verbose_name="days")),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ],
                        help_text="Empty: on any day.",
                        null=True,
                        verbose_name="paid out on",
                    ),
                ),
                ("grace_days", models.PositiveSmallIntegerField(default=2, verbose_name="late after (working days)")),
                (
                    "set_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="set"),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="set by",
                    ),
                ),
                (
                    "shop",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="payout_term",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "payout term",
                "verbose_name_plural": "payout terms",
            },
        ),
        migrations.CreateModel(
            name="RateTable",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("channel", models.SlugField(max_length=32, verbose_name="channel")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("rates", models.JSONField(default=dict, verbose_name="rates")),
                (
                    "default",
                    models.DecimalField(
                        blank=True,
                        decimal_places=20,
                        max_digits=24,
                        null=True,
                        verbose_name="rate of all other categories (%)",
                    ),
                ),
                ("source_json", models.JSONField(default=dict, verbose_name="source")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="written"),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="written by",
                    ),
                ),
            ],
            options={
                "verbose_name": "rate table",
                "verbose_name_plural": "rate tables",
                "ordering": ("channel", "name", "-version"),
                "constraints": [models.UniqueConstraint(fields=("name", "version"), name="one_rate_table_per_version")],
            },
        ),
        migrations.CreateModel(
            name="StatementFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("upload", models.UUIDField(db_index=True, default=uuid.uuid4, editable=False, verbose_name="upload")),
                ("name", models.CharField(max_length=255, verbose_name="file")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("size", models.PositiveIntegerField(verbose_name="size")),
                ("content", models.BinaryField(null=True)),
                ("channel", models.SlugField(blank=True, default="", max_length=32, verbose_name="channel")),
                ("kind", models.CharField(blank=True, default="", max_length=32, verbose_name="kind")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("checked", "Checked, not imported"),
                            ("imported", "Imported"),
                            ("refused", "Refused"),
                        ],
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("shop_confirmed", models.BooleanField(default=False, verbose_name="shop checked by a person")),
                (
                    "shop_name",
                    models.CharField(blank=True, default="", max_length=200, verbose_name="shop named in the file"),
                ),
                ("tax_codes", models.JSONField(blank=True, default=list, verbose_name="tax codes")),
                ("first_day", models.DateField(blank=True, null=True, verbose_name="from")),
                ("last_day", models.DateField(blank=True, null=True, verbose_name="to")),
                ("totals", models.JSONField(blank=True, default=dict, verbose_name="totals")),
                ("payouts", models.JSONField(blank=True, default=list, verbose_name="transfers to the bank")),
                ("problems", models.JSONField(blank=True, default=list, verbose_name="problems")),
                ("warnings", models.JSONField(blank=True, default=list, verbose_name="warnings")),
                ("rows", models.PositiveIntegerField(default=0, verbose_name="rows")),
                ("new_lines", models.PositiveIntegerField(default=0, verbose_name="new lines")),
                ("same_lines", models.PositiveIntegerField(default=0, verbose_name="lines that were here")),
                ("changed_lines", models.PositiveIntegerField(default=0, verbose_name="changed lines")),
                (
                    "uploaded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="uploaded"),
                ),
                ("imported_at", models.DateTimeField(blank=True, null=True, verbose_name="imported")),
                (
                    "imported_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="imported by",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statement_files",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="uploaded by",
                    ),
                ),
            ],
            options={
                "verbose_name": "statement file",
                "verbose_name_plural": "statement files",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["shop", "sha256"], name="statement_file_content"),
                    models.Index(
                        condition=models.Q(("content__isnull", False)),
                        fields=["uploaded_at"],
                        name="statement_file_kept",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StatementLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=255, verbose_name="id at the channel")),
                ("order_number", models.CharField(blank=True, default="", max_length=255, verbose_name="order number")),
                ("line_key", models.CharField(blank=True, default="", max_length=255)),
                ("scope", models.CharField(blank=True, db_default="", default="", max_length=255)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("sale", "Sale"),
                            ("commission", "Commission"),
                            ("payment_fee", "Payment fee"),
                            ("service_fee", "Service fee"),
                            ("shipping", "Shipping"),
                            ("voucher", "Voucher"),
                            ("tax", "Tax"),
                            ("affiliate", "Affiliate"),
                            ("refund", "Refund"),
                            ("penalty", "Penalty"),
                            ("adjustment", "Adjustment"),
                            ("other", "Other"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("fee", models.CharField(max_length=100, verbose_name="channel's name")),
                ("amount", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount")),
                ("currency", models.CharField(default="VND", max_length=3, verbose_name="currency")),
                ("statement", models.CharField(blank=True, default="", max_length=255, verbose_name="statement")),
                ("happened_at", models.DateTimeField(blank=True, null=True, verbose_name="when")),
                ("is_paid", models.BooleanField(default=False, verbose_name="paid out")),
                ("paid_at", models.DateTimeField(blank=True, null=True, verbose_name="paid out on")),
                ("asked_at", models.DateTimeField(verbose_name="read")),
                ("raw", models.JSONField(blank=True, default=dict, verbose_name="raw answer")),
                (
                    "corrects",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="The fee check that an adjustment puts right.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="commissions.feematch",
                        verbose_name="corrects",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="Empty: the channel itself told us.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="commissions.statementfile",
                        verbose_name="statement file",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statement_lines",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statement_lines",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "statement line",
                "verbose_name_plural": "statement lines",
                "ordering": ("-happened_at", "-id"),
                "indexes": [
                    models.Index(fields=["order"], name="statement_line_order"),
                    models.Index(fields=["shop", "-happened_at"], name="statement_line_shop"),
                    models.Index(
                        condition=models.Q(("scope", ""), _negated=True),
                        fields=["shop", "scope"],
                        name="statement_line_scope",
                    ),
                    models.Index(
                        condition=models.Q(("file__isnull", False)), fields=["file"], name="statement_line_file"
                    ),
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="statement_line_corrects",
                    ),
                    models.Index(
                        condition=models.Q(("statement", ""), _negated=True),
                        fields=["shop", "statement"],
                        name="statement_line_statement",
                    ),
                    models.Index(
                        condition=models.Q(("order", None)),
                        fields=["shop", "order_number"],
                        name="statement_line_unassigned",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("shop", "external_id"), name="one_statement_line_per_id")
                ],
            },
        ),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
