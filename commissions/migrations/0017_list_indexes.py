"""Indexes of the lists of statement lines, entries and fee checks, built beside running writes; two foreign keys had two each."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("commissions", "0001_squashed_0016_month_matches"),
        ("inventory", "0028_list_indexes"),
        ("orders", "0027_list_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="commissionentry",
            index=models.Index(fields=["shop", "-id"], name="entry_shop"),
        ),
        AddIndexConcurrently(
            model_name="commissionentry",
            index=models.Index(
                condition=models.Q(("cause", "accrued"), _negated=True), fields=["cause", "-id"], name="entry_cause"
            ),
        ),
        AddIndexConcurrently(
            model_name="feematch",
            index=models.Index(fields=["shop", "-placed_at", "-id"], name="match_shop"),
        ),
        AddIndexConcurrently(
            model_name="feematch",
            index=models.Index(fields=["-settled_at", "-id"], name="match_settled"),
        ),
        AddIndexConcurrently(
            model_name="feematch",
            index=models.Index(
                condition=models.Q(("state__in", ("matched", "tolerated")), _negated=True),
                fields=["state", "-placed_at", "-id"],
                name="match_state",
            ),
        ),
        AddIndexConcurrently(
            model_name="feematch",
            index=models.Index(
                condition=models.Q(("kind__in", ("commission", "payment_fee")), _negated=True),
                fields=["kind", "-placed_at", "-id"],
                name="match_kind",
            ),
        ),
        AddIndexConcurrently(
            model_name="statementline",
            index=models.Index(fields=["-happened_at", "-id"], name="statement_line_happened"),
        ),
        AddIndexConcurrently(
            model_name="statementline",
            index=models.Index(fields=["shop", "-happened_at", "-id"], name="statement_line_newest"),
        ),
        AddIndexConcurrently(
            model_name="statementline",
            index=models.Index(
                condition=models.Q(("kind__in", ("sale", "commission", "payment_fee")), _negated=True),
                fields=["kind", "-happened_at", "-id"],
                name="statement_line_kind",
            ),
        ),
        AddIndexConcurrently(
            model_name="statementline",
            index=models.Index(
                condition=models.Q(("is_paid", False)), fields=["-happened_at", "-id"], name="statement_line_unpaid"
            ),
        ),
        RemoveIndexConcurrently(
            model_name="statementline",
            name="statement_line_shop",
        ),
        migrations.AlterField(
            model_name="commissionentry",
            name="order",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="commission_entries",
                to="orders.order",
                verbose_name="order",
            ),
        ),
        migrations.AlterField(
            model_name="commissionentry",
            name="shop",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory.shop",
                verbose_name="shop",
            ),
        ),
        migrations.AlterField(
            model_name="feematch",
            name="order",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="fee_matches",
                to="orders.order",
                verbose_name="order",
            ),
        ),
        migrations.AlterField(
            model_name="feematch",
            name="shop",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory.shop",
                verbose_name="shop",
            ),
        ),
        migrations.AlterField(
            model_name="statementline",
            name="order",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="statement_lines",
                to="orders.order",
                verbose_name="order",
            ),
        ),
        migrations.AlterField(
            model_name="statementline",
            name="shop",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="statement_lines",
                to="inventory.shop",
                verbose_name="shop",
            ),
        ),
    ]
