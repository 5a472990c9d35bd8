"""Indexes of the lists of the inbox, commands and labels, built beside running writes."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("integrations", "0031_backfill_traceparent"),
        ("inventory", "0028_list_indexes"),
        ("orders", "0027_list_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="command",
            index=models.Index(
                condition=models.Q(("state__in", ("refused", "dropped"))),
                fields=["state", "-id"],
                name="command_not_done",
            ),
        ),
        AddIndexConcurrently(
            model_name="command",
            index=models.Index(
                condition=models.Q(("subject", ""), _negated=True), fields=["subject"], name="command_subject"
            ),
        ),
        AddIndexConcurrently(
            model_name="inboxevent",
            index=models.Index(fields=["connection", "-id"], name="inbox_connection"),
        ),
        AddIndexConcurrently(
            model_name="inboxevent",
            index=models.Index(fields=["external_id"], name="inbox_thing"),
        ),
        AddIndexConcurrently(
            model_name="inboxevent",
            index=models.Index(
                condition=models.Q(("kind", "order"), _negated=True), fields=["kind", "-id"], name="inbox_kind"
            ),
        ),
        AddIndexConcurrently(
            model_name="inboxevent",
            index=models.Index(
                condition=models.Q(("source__in", ("webhook", "sweep")), _negated=True),
                fields=["source", "-id"],
                name="inbox_source",
            ),
        ),
        AddIndexConcurrently(
            model_name="inboxevent",
            index=models.Index(
                condition=models.Q(("state__in", ("dead", "ignored"))), fields=["state", "-id"], name="inbox_state"
            ),
        ),
        AddIndexConcurrently(
            model_name="shippinglabel",
            index=models.Index(condition=models.Q(("state", "refused")), fields=["id"], name="label_refused"),
        ),
        migrations.AlterField(
            model_name="inboxevent",
            name="app",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="inbox_events",
                to="integrations.appregistration",
                verbose_name="app",
            ),
        ),
        migrations.AlterField(
            model_name="inboxevent",
            name="connection",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="inbox_events",
                to="integrations.connection",
                verbose_name="connection",
            ),
        ),
    ]
