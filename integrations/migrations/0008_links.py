"""Links take the place of `pos`, `pos_imports_itself` and `crm`; a connection may have no shop, so it has a name of its own."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

COPY_LINKS = """
INSERT INTO integrations_link (connection_id, role, target_id, settings)
SELECT id, 'pos', pos_id, CASE WHEN pos_imports_itself THEN '{"imports_itself": true}' ELSE '{}' END::jsonb
FROM integrations_connection WHERE pos_id <> id
UNION ALL
SELECT id, 'crm', crm_id, '{}'::jsonb FROM integrations_connection WHERE crm_id <> id
ORDER BY 1, 2 DESC
"""

COPY_NAMES = """
UPDATE integrations_connection c SET name = shop.name, created_at = shop.created_at
FROM inventory_shop shop WHERE shop.id = c.shop_id
"""

# to one that knows only these two roles; a connection without a shop has no place there, and stops the way back
GIVE_BACK = """
UPDATE integrations_connection c SET
    pos_id = (SELECT target_id FROM integrations_link WHERE connection_id = c.id AND role = 'pos'),
    crm_id = (SELECT target_id FROM integrations_link WHERE connection_id = c.id AND role = 'crm'),
    pos_imports_itself = EXISTS (
        SELECT FROM integrations_link WHERE connection_id = c.id AND role = 'pos' AND settings @> '{"imports_itself": true}')
"""
# the table is altered next, which checks of its keys that still wait would forbid
NOW = "SET CONSTRAINTS ALL IMMEDIATE"


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0007_command"),
        ("inventory", "0006_listing_content"),
    ]

    operations = [
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(max_length=32, verbose_name="role")),
                ("settings", models.JSONField(blank=True, default=dict, verbose_name="settings")),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links",
                        to="integrations.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="serves",
                        to="integrations.connection",
                        verbose_name="linked to",
                    ),
                ),
            ],
            options={
                "verbose_name": "link",
                "verbose_name_plural": "links",
                "ordering": ("id",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "role", "target"), name="one_link_per_role_and_target"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("role__in", ["pos", "crm", "ledger"])),
                        fields=("connection", "role"),
                        name="one_link_per_single_role",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("connection", models.F("target")), _negated=True), name="no_link_to_itself"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="connection",
            name="created_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="created"),
        ),
        migrations.AddField(
            model_name="connection",
            name="name",
            field=models.CharField(
                blank=True,
                default="",
                help_text=(
                    "As the channel or a person called the account. A shop's own name is shown instead where there is one."
                ),
                max_length=200,
                verbose_name="name",
            ),
        ),
        migrations.AlterField(
            model_name="connection",
            name="shop",
            field=models.OneToOneField(
                blank=True,
                help_text="Empty: an account that sells nothing, such as a ledger, payments or a carrier.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="connection",
                to="inventory.shop",
                verbose_name="shop",
            ),
        ),
        migrations.RunSQL([COPY_LINKS, COPY_NAMES], [GIVE_BACK, NOW]),
    ]
