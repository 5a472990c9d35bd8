"""Closing of refused commands and dead letters. Refused commands that succeeded later are closed; the orders of the others
have a problem.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils.translation import gettext_lazy as _

_SUPERSEDED = """
UPDATE integrations_command refused SET closed_at = clock_timestamp()
WHERE refused.state = 'refused' AND EXISTS (
    SELECT FROM integrations_command later WHERE later.order_id IS NOT DISTINCT FROM refused.order_id
    AND later.target_id = refused.target_id AND later.kind = refused.kind AND later.subject = refused.subject
    AND later.warehouse_id IS NOT DISTINCT FROM refused.warehouse_id
    AND later.options->>'return_number' IS NOT DISTINCT FROM refused.options->>'return_number'
    AND later.state = 'done' AND later.id > refused.id)
"""
_PROBLEMS = """
UPDATE orders_order SET has_problem = true, problems = problems || '["command_refused"]'::jsonb
WHERE NOT problems @> '["command_refused"]'::jsonb
AND id IN (SELECT order_id FROM integrations_command WHERE state = 'refused' AND closed_at IS NULL)
"""
_NO_PROBLEMS = """
UPDATE orders_order SET has_problem = problems - 'command_refused' <> '[]'::jsonb, problems = problems - 'command_refused'
WHERE problems @> '["command_refused"]'::jsonb
"""


def _columns(model: str) -> list[migrations.AddField]:
    return [
        migrations.AddField(
            model,
            "close_note",
            models.CharField(blank=True, db_default="", max_length=300, verbose_name=_("why it was closed")),
        ),
        migrations.AddField(model, "closed_at", models.DateTimeField(blank=True, null=True, verbose_name=_("closed"))),
        migrations.AddField(
            model,
            "closed_by",
            models.ForeignKey(
                settings.AUTH_USER_MODEL, django.db.models.deletion.SET_NULL, blank=True, null=True, related_name="+",
                db_index=False, verbose_name=_("closed by"),
            ),
        ),
    ]  # fmt: skip


class Migration(migrations.Migration):
    # an index cannot be made while rows that were changed wait for their foreign keys' checks
    atomic = False

    dependencies = [
        ("integrations", "0018_backfill_search"),
        ("inventory", "0016_bulk_mapping"),
        ("orders", "0012_search"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        *_columns("command"),
        *_columns("inboxevent"),
        migrations.AddIndex(
            "command",
            models.Index(
                condition=models.Q(("closed_at__isnull", True), ("state", "refused")),
                fields=["target", "kind", "order"],
                name="command_refused_open",
            ),
        ),
        migrations.AddIndex(
            "inboxevent",
            models.Index(
                condition=models.Q(("closed_at__isnull", True), ("state", "dead")),
                fields=["connection"],
                name="inbox_dead_open",
            ),
        ),
        migrations.RunSQL(_SUPERSEDED, migrations.RunSQL.noop),
        migrations.RunSQL(_PROBLEMS, _NO_PROBLEMS),
    ]
