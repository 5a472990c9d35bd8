"""The schema of 0028_sync_runs in one step: a fresh database is made in seconds.

One with a part of what it replaces takes the rest of the steps instead. tests/migrations compares both ways.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import core.encryption
import core.reasons
import integrations.models.accounts


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("integrations", "0001_initial"),
        ("integrations", "0002_patience"),
        ("integrations", "0003_backfill"),
        ("integrations", "0004_waiting_by_id"),
        ("integrations", "0005_connection_crm"),
        ("integrations", "0006_consent"),
        ("integrations", "0007_command"),
        ("integrations", "0008_links"),
        ("integrations", "0009_links_only"),
        ("integrations", "0010_settings_apart"),
        ("integrations", "0011_db_defaults"),
        ("integrations", "0012_wide_ids"),
        ("integrations", "0013_labels"),
        ("integrations", "0014_shown_numbers"),
        ("integrations", "0015_no_body_that_shows_a_key"),
        ("integrations", "0016_reasons"),
        ("integrations", "0017_command_document"),
        ("integrations", "0018_backfill_search"),
        ("integrations", "0019_closing"),
        ("integrations", "0020_imported_documents"),
        ("integrations", "0021_command_pictures"),
        ("integrations", "0022_imported_lately"),
        ("integrations", "0023_event_sinks"),
        ("integrations", "0024_sink_contact"),
        ("integrations", "0025_inbox_answer"),
        ("integrations", "0026_restoration"),
        ("integrations", "0027_arranging"),
        ("integrations", "0028_sync_runs"),
    ]

    dependencies = [
        ("inventory", "0024_correction_index"),
        ("orders", "0023_waiting_settlement"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AppRegistration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("channel", models.SlugField(max_length=32, verbose_name="channel")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "key",
                    models.CharField(
                        default=integrations.models.accounts.new_app_key,
                        editable=False,
                        help_text="The unguessable part of the webhook address.",
                        max_length=64,
                        unique=True,
                        verbose_name="app key",
                    ),
                ),
                (
                    "credentials",
                    core.encryption.EncryptedJSONField(
                        blank=True, default=dict, editable=False, serialize=False, verbose_name="credentials"
                    ),
                ),
                ("settings", models.JSONField(blank=True, default=dict, verbose_name="settings")),
                (
                    "base_url",
                    models.URLField(
                        blank=True,
                        default="",
                        help_text="Empty: the channel's own. Set for a sandbox or the simulator.",
                        verbose_name="API address",
                    ),
                ),
                (
                    "callback_url",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Exactly as registered at the channel: some sign it, down to the last slash.",
                        max_length=500,
                        verbose_name="callback address",
                    ),
                ),
                ("queue_ack", models.CharField(blank=True, default="", editable=False, max_length=200)),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
            ],
            options={
                "verbose_name": "app registration",
                "verbose_name_plural": "app registrations",
                "ordering": ("channel", "name"),
            },
        ),
        migrations.CreateModel(
            name="Restoration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("backup_at", models.DateTimeField(verbose_name="as of")),
                (
                    "held_since",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="restored"),
                ),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("sweeping", "Reading what changed at the channels"),
                            ("comparing", "Looking up commands and comparing numbers"),
                            ("over", "Over"),
                        ],
                        db_default="sweeping",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("looked_up", models.PositiveIntegerField(db_default=0, verbose_name="commands to look up")),
                ("released_at", models.DateTimeField(blank=True, null=True, verbose_name="released")),
            ],
            options={
                "verbose_name": "restoration",
                "verbose_name_plural": "restorations",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="ArrangeRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("is_active", models.BooleanField(db_default=False, default=False, verbose_name="switched on")),
                (
                    "delay_minutes",
                    models.PositiveIntegerField(
                        db_default=30,
                        default=30,
                        help_text="So long a buyer may change or cancel before anything is arranged; after the order where it is not prepaid.",
                        verbose_name="wait after payment (minutes)",
                    ),
                ),
                (
                    "from_time",
                    models.TimeField(
                        blank=True,
                        help_text="Hours of the shop's day in which it arranges. Empty: any.",
                        null=True,
                        verbose_name="from",
                    ),
                ),
                ("until_time", models.TimeField(blank=True, null=True, verbose_name="until")),
                (
                    "carriers",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Only orders of these, names as the channel writes them, with commas between. Empty: any.",
                        max_length=300,
                        verbose_name="couriers",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="created"),
                ),
                ("only_shops", models.ManyToManyField(related_name="+", to="inventory.shop", verbose_name="shops")),
                (
                    "warehouse",
                    models.ForeignKey(
                        blank=True,
                        help_text="Only orders whose goods are all reserved there. Empty: any.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="inventory.warehouse",
                        verbose_name="warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name": "rule that arranges shipments",
                "verbose_name_plural": "rules that arrange shipments",
                "ordering": ("name", "id"),
            },
        ),
        migrations.CreateModel(
            name="Authorisation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "external_id",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="account at the channel"),
                ),
                (
                    "access_token",
                    core.encryption.EncryptedTextField(blank=True, default="", editable=False, serialize=False),
                ),
                (
                    "refresh_token",
                    core.encryption.EncryptedTextField(blank=True, default="", editable=False, serialize=False),
                ),
                ("refresh_fingerprint", models.CharField(blank=True, default="", editable=False, max_length=64)),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="access token ends")),
                ("refresh_expires_at", models.DateTimeField(blank=True, null=True, verbose_name="refresh token ends")),
                ("consent_ends_at", models.DateTimeField(blank=True, null=True, verbose_name="consent ends")),
                ("renewed_at", models.DateTimeField(blank=True, null=True, verbose_name="last renewed")),
                ("refused_since", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("ok", "In order"), ("expiring", "Ends soon"), ("red", "Connect again")],
                        default="ok",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("reason", core.reasons.ReasonField(verbose_name="reason")),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authorisations",
                        to="integrations.appregistration",
                        verbose_name="app",
                    ),
                ),
            ],
            options={
                "verbose_name": "authorisation",
                "verbose_name_plural": "authorisations",
            },
        ),
        migrations.CreateModel(
            name="Connection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=64, verbose_name="shop id at the channel")),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="As the channel or a person called the account. A shop's own name is shown instead where there is one.",
                        max_length=200,
                        verbose_name="name",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="created"),
                ),
                ("settings", models.JSONField(blank=True, default=dict, verbose_name="settings")),
                ("watermarks", models.JSONField(blank=True, default=dict, verbose_name="watermarks")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("last_webhook_at", models.DateTimeField(blank=True, null=True, verbose_name="last webhook")),
                ("last_sweep_at", models.DateTimeField(blank=True, null=True, verbose_name="last sweep")),
                ("last_read_at", models.DateTimeField(blank=True, null=True, verbose_name="orders read")),
                (
                    "shown_after",
                    models.CharField(blank=True, db_default="", default="", editable=False, max_length=200),
                ),
                ("shown_at", models.DateTimeField(blank=True, null=True, verbose_name="numbers compared")),
                (
                    "sweep_due_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="next sweep not before"),
                ),
                (
                    "push_due_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="next push not before"),
                ),
                ("trouble", core.reasons.ReasonField(verbose_name="trouble")),
                ("trouble_since", models.DateTimeField(blank=True, null=True, verbose_name="trouble since")),
                (
                    "authorisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="connections",
                        to="integrations.authorisation",
                        verbose_name="authorisation",
                    ),
                ),
                (
                    "shop",
                    models.OneToOneField(
                        blank=True,
                        help_text="Empty: an account that sells nothing, such as a ledger, payments or a carrier.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="connection",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "connection",
                "verbose_name_plural": "connections",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Command",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                (
                    "close_note",
                    models.CharField(blank=True, db_default="", max_length=300, verbose_name="why it was closed"),
                ),
                ("kind", models.CharField(max_length=32, verbose_name="command")),
                ("subject", models.CharField(blank=True, db_default="", max_length=255, verbose_name="subject")),
                ("lane", models.CharField(db_default="orders", max_length=16, verbose_name="lane")),
                ("reference", models.CharField(max_length=80, unique=True, verbose_name="our reference")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("wanted", "Wanted"),
                            ("sent", "Sent, no answer yet"),
                            ("done", "Done"),
                            ("refused", "Refused"),
                            ("dropped", "No longer needed"),
                        ],
                        db_default="wanted",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("options", models.JSONField(blank=True, default=dict, verbose_name="options")),
                (
                    "external_id",
                    models.CharField(blank=True, db_default="", max_length=255, verbose_name="document id"),
                ),
                ("code", models.CharField(blank=True, db_default="", max_length=255, verbose_name="document code")),
                ("reason", core.reasons.ReasonField(verbose_name="reason")),
                ("tries", models.PositiveSmallIntegerField(db_default=0, verbose_name="tries")),
                ("missed", models.PositiveSmallIntegerField(db_default=0, editable=False)),
                (
                    "due_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="next try"),
                ),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="created"),
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
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="closed by",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="commands",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="inventory.warehouse",
                        verbose_name="warehouse",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="commands",
                        to="integrations.connection",
                        verbose_name="sent to",
                    ),
                ),
            ],
            options={
                "verbose_name": "command",
                "verbose_name_plural": "commands",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("wanted", "sent"))),
                        fields=["target", "due_at"],
                        name="command_open",
                    ),
                    models.Index(fields=["order", "kind"], name="command_order"),
                    models.Index(
                        condition=models.Q(("closed_at__isnull", True), ("state", "refused")),
                        fields=["target", "kind", "order"],
                        name="command_refused_open",
                    ),
                    models.Index(
                        django.db.models.functions.text.Upper("code"),
                        condition=models.Q(("code", ""), _negated=True),
                        name="command_document",
                    ),
                    models.Index(
                        condition=models.Q(("kind", "crm_customer"), ("state", "done")),
                        fields=["target", "code"],
                        name="command_in_crm",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CommandPicture",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=20, verbose_name="file")),
                ("content_type", models.CharField(max_length=20, verbose_name="format")),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
                (
                    "command",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pictures",
                        to="integrations.command",
                        verbose_name="command",
                    ),
                ),
            ],
            options={
                "verbose_name": "picture",
                "verbose_name_plural": "pictures",
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="BackfillRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=32, verbose_name="kind")),
                (
                    "since",
                    models.DateTimeField(
                        blank=True, help_text="Empty: from the beginning.", null=True, verbose_name="from"
                    ),
                ),
                ("until", models.DateTimeField(verbose_name="to")),
                ("newest_first", models.BooleanField(default=True, verbose_name="newest first")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("searching", "Looking for the beginning"),
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("done", "Done"),
                            ("failed", "Done, with failed parts"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="searching",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("reason", core.reasons.ReasonField(verbose_name="reason")),
                ("tries", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="tries")),
                (
                    "due_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="next try"),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="created"),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
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
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="backfill_runs",
                        to="integrations.connection",
                        verbose_name="connection",
                    ),
                ),
            ],
            options={
                "verbose_name": "backfill",
                "verbose_name_plural": "backfills",
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("searching", "running", "paused"))),
                        fields=("connection", "kind"),
                        name="one_open_backfill_per_kind",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("grant", core.encryption.EncryptedJSONField(default=dict, editable=False, serialize=False)),
                ("granted_at", models.DateTimeField(null=True)),
                ("shops", models.JSONField(default=list)),
                ("redeemed_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="integrations.appregistration"
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.connection",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="EventSink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.SlugField(max_length=32, verbose_name="kind")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64),
                        blank=True,
                        default=list,
                        help_text="Empty: all of them.",
                        size=None,
                        verbose_name="events",
                    ),
                ),
                (
                    "sends_personal",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Name, address and note of the buyer are sent as the channel tells them. Else they are left out.",
                        verbose_name="with the buyer's data",
                    ),
                ),
                ("settings", models.JSONField(blank=True, default=dict, verbose_name="settings")),
                (
                    "secrets",
                    core.encryption.EncryptedJSONField(
                        blank=True, default=dict, editable=False, serialize=False, verbose_name="secrets"
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "off_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("person", "Switched off by a person"),
                            ("gone", "The receiver wants no more (410)"),
                            ("failing", "Nearly everything failed for a day"),
                        ],
                        default="",
                        max_length=16,
                        verbose_name="why it is off",
                    ),
                ),
                (
                    "contact",
                    models.EmailField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Gets a mail when the hub switches the sink off by itself.",
                        max_length=254,
                        verbose_name="tell by mail",
                    ),
                ),
                ("off_at", models.DateTimeField(blank=True, null=True, verbose_name="off since")),
                ("told_at", models.DateTimeField(editable=False, null=True)),
                ("cursor", models.PositiveBigIntegerField(help_text="Feed position.", verbose_name="sent up to")),
                ("progress", models.JSONField(blank=True, default=dict)),
                ("paused_until", models.DateTimeField(blank=True, null=True, verbose_name="paused until")),
                ("failures", models.PositiveIntegerField(db_default=0, default=0, verbose_name="failures in a row")),
                (
                    "trouble",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=300, verbose_name="last trouble"
                    ),
                ),
                ("lease_pid", models.IntegerField(editable=False, null=True)),
                ("lease_session", models.DateTimeField(editable=False, null=True)),
                ("lease_until", models.DateTimeField(editable=False, null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="created"),
                ),
                (
                    "only_shops",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Only their events are sent. Empty: those of all shops, and of none.",
                        related_name="event_sinks",
                        to="inventory.shop",
                        verbose_name="shops",
                    ),
                ),
            ],
            options={
                "verbose_name": "event sink",
                "verbose_name_plural": "event sinks",
                "ordering": ("name", "id"),
            },
        ),
        migrations.CreateModel(
            name="EventDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.UUIDField(verbose_name="event")),
                ("type", models.CharField(max_length=64, verbose_name="type")),
                ("entity", models.CharField(max_length=32, verbose_name="entity")),
                ("entity_id", models.CharField(max_length=128, verbose_name="entity's id")),
                ("position", models.PositiveBigIntegerField(verbose_name="feed position")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waits"), ("parked", "Dead letter")],
                        default="waiting",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                ("first_tried_at", models.DateTimeField(blank=True, null=True, verbose_name="first tried")),
                (
                    "due_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="next try"),
                ),
                ("is_replay", models.BooleanField(default=False, verbose_name="sent again on request")),
                ("reason", models.CharField(blank=True, default="", max_length=300, verbose_name="reason")),
                (
                    "sink",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="integrations.eventsink",
                        verbose_name="event sink",
                    ),
                ),
            ],
            options={
                "verbose_name": "undelivered event",
                "verbose_name_plural": "undelivered events",
                "ordering": ("position",),
                "indexes": [
                    models.Index(fields=["sink", "entity", "entity_id", "position"], name="delivery_entity"),
                    models.Index(
                        condition=models.Q(("state", "waiting")), fields=["sink", "due_at"], name="delivery_due"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("sink", "event_id"), name="one_delivery_per_sink_and_event")
                ],
            },
        ),
        migrations.CreateModel(
            name="DeliveryAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.UUIDField(verbose_name="event")),
                ("type", models.CharField(max_length=64, verbose_name="type")),
                (
                    "outcome",
                    models.CharField(
                        choices=[("delivered", "Delivered"), ("failed", "Failed")],
                        max_length=16,
                        verbose_name="outcome",
                    ),
                ),
                ("status", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="HTTP status")),
                (
                    "answer",
                    models.TextField(
                        blank=True, default="", help_text="Its first 2,000 characters.", verbose_name="answer"
                    ),
                ),
                ("milliseconds", models.PositiveIntegerField(default=0, verbose_name="ms")),
                ("is_test", models.BooleanField(default=False, verbose_name="test")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="when")),
                (
                    "sink",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="integrations.eventsink",
                        verbose_name="event sink",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery attempt",
                "verbose_name_plural": "delivery attempts",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["sink", "at"], name="attempt_sink"),
                    models.Index(fields=["event_id"], name="attempt_event"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportedDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=255)),
                ("kind", models.CharField(max_length=32)),
                ("channel", models.CharField(max_length=32)),
                ("order_number", models.CharField(max_length=255)),
                ("is_void", models.BooleanField()),
                ("asked_at", models.DateTimeField()),
                (
                    "pos",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="integrations.connection"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["order_number", "channel"], name="imported_for_order"),
                    models.Index(fields=["pos", "asked_at"], name="imported_lately"),
                ],
                "constraints": [models.UniqueConstraint(fields=("pos", "code"), name="one_row_per_imported_document")],
            },
        ),
        migrations.CreateModel(
            name="InboxEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                (
                    "close_note",
                    models.CharField(blank=True, db_default="", max_length=300, verbose_name="why it was closed"),
                ),
                ("kind", models.CharField(max_length=32, verbose_name="kind")),
                ("external_id", models.CharField(max_length=255, verbose_name="id at the channel")),
                ("version", models.DateTimeField(blank=True, null=True, verbose_name="changed at the channel")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("webhook", "Webhook"),
                            ("queue", "Channel's queue"),
                            ("sweep", "Sweep"),
                            ("backfill", "Backfill"),
                            ("command", "Our own command"),
                            ("mapping", "Mapping"),
                            ("person", "By hand"),
                        ],
                        max_length=16,
                        verbose_name="source",
                    ),
                ),
                ("delivery_id", models.CharField(blank=True, default="", max_length=255, verbose_name="delivery id")),
                ("body", models.JSONField(blank=True, default=dict, verbose_name="notice")),
                ("raw", models.BinaryField(blank=True, null=True, verbose_name="raw body")),
                (
                    "answer",
                    models.TextField(blank=True, db_default="", default="", verbose_name="what the channel answered"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("processed", "Processed"),
                            ("duplicate", "Duplicate"),
                            ("ignored", "Ignored"),
                            ("dead", "Dead letter"),
                        ],
                        db_default="pending",
                        default="pending",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("seen", models.PositiveIntegerField(default=1, verbose_name="seen")),
                ("tries", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="tries")),
                (
                    "reason_code",
                    models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="code"),
                ),
                ("reason", core.reasons.ReasonField(verbose_name="reason")),
                ("lease", models.UUIDField(blank=True, editable=False, null=True)),
                ("lease_until", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "received_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="received"),
                ),
                (
                    "due_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="next try"),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inbox_events",
                        to="integrations.appregistration",
                        verbose_name="app",
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="closed by",
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inbox_events",
                        to="integrations.connection",
                        verbose_name="connection",
                    ),
                ),
            ],
            options={
                "verbose_name": "inbox event",
                "verbose_name_plural": "inbox",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "pending")), fields=["connection", "due_at"], name="inbox_pending"
                    ),
                    models.Index(condition=models.Q(("lease__isnull", False)), fields=["lease"], name="inbox_leased"),
                    models.Index(
                        condition=models.Q(("delivery_id", ""), _negated=True),
                        fields=["app", "delivery_id"],
                        name="inbox_delivery",
                    ),
                    models.Index(fields=["connection", "state", "-id"], name="inbox_connection_state"),
                    models.Index(fields=["received_at"], name="inbox_received"),
                    models.Index(
                        condition=models.Q(("closed_at__isnull", True), ("state", "dead")),
                        fields=["connection"],
                        name="inbox_dead_open",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lease__isnull", True), ("state", "pending")),
                        fields=("app", "external_id", "kind", "connection"),
                        name="one_waiting_event_per_thing",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
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
        migrations.CreateModel(
            name="PrintRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("left_out", models.JSONField(blank=True, default=list, verbose_name="left out")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="created"),
                ),
                ("printed_at", models.DateTimeField(blank=True, null=True, verbose_name="printed")),
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
            ],
            options={
                "verbose_name": "label print",
                "verbose_name_plural": "label prints",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Refusal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("channel", models.CharField(max_length=32, verbose_name="channel")),
                ("reason", models.CharField(max_length=32, verbose_name="reason")),
                ("count", models.PositiveBigIntegerField(default=0, verbose_name="count")),
                ("sample", models.JSONField(blank=True, default=dict, verbose_name="last sample")),
                (
                    "first_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="first"),
                ),
                (
                    "last_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="last"),
                ),
                (
                    "app",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refusals",
                        to="integrations.appregistration",
                        verbose_name="app",
                    ),
                ),
            ],
            options={
                "verbose_name": "refused delivery",
                "verbose_name_plural": "refused deliveries",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("channel", "app", "reason"), name="one_count_per_app_and_reason", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ShippingLabel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("parcel", models.CharField(max_length=200, verbose_name="parcel number")),
                ("order_number", models.CharField(max_length=200, verbose_name="order number")),
                ("tracking_number", models.TextField(blank=True, db_default="", verbose_name="tracking number")),
                (
                    "state",
                    models.CharField(
                        choices=[("wanted", "Being made"), ("ready", "Ready"), ("refused", "Refused")],
                        db_default="wanted",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("content", models.BinaryField(null=True)),
                ("content_type", models.CharField(blank=True, db_default="", max_length=100, verbose_name="format")),
                ("file_name", models.CharField(blank=True, db_default="", max_length=200, verbose_name="file")),
                ("pages", models.PositiveIntegerField(blank=True, null=True, verbose_name="pages")),
                ("reason", core.reasons.ReasonField(verbose_name="reason")),
                ("tries", models.PositiveSmallIntegerField(db_default=0, verbose_name="tries")),
                (
                    "wanted_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="wanted"),
                ),
                (
                    "due_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="next try"),
                ),
                ("ready_at", models.DateTimeField(blank=True, null=True, verbose_name="ready")),
                ("printed_at", models.DateTimeField(blank=True, null=True, verbose_name="last printed")),
                ("prints", models.PositiveSmallIntegerField(db_default=0, verbose_name="times printed")),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="labels",
                        to="integrations.connection",
                        verbose_name="connection",
                    ),
                ),
                ("orders", models.ManyToManyField(related_name="labels", to="orders.order", verbose_name="orders")),
                (
                    "printed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="printed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "label",
                "verbose_name_plural": "labels",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "wanted")), fields=["connection", "due_at"], name="label_wanted"
                    ),
                    models.Index(
                        condition=models.Q(("content__isnull", False)), fields=["ready_at"], name="label_kept"
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("connection", "parcel"), name="one_label_per_parcel")],
            },
        ),
        migrations.CreateModel(
            name="PrintRunLabel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="places", to="integrations.printrun"
                    ),
                ),
                (
                    "label",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="places",
                        to="integrations.shippinglabel",
                    ),
                ),
            ],
            options={
                "ordering": ("position",),
                "constraints": [models.UniqueConstraint(fields=("run", "label"), name="one_place_per_label")],
            },
        ),
        migrations.CreateModel(
            name="SyncRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("sweep", "Sweep"),
                            ("day_sweep", "Sweep of the last day"),
                            ("backfill", "Part of a backfill"),
                            ("numbers", "Check of shown numbers"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Broken off"),
                            ("lost", "Ended without a word"),
                        ],
                        db_default="running",
                        default="running",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "started_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="began"),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                ("seconds", models.FloatField(blank=True, null=True, verbose_name="seconds")),
                (
                    "fetched",
                    models.PositiveIntegerField(
                        db_default=0,
                        default=0,
                        help_text="Things that the channel listed, or numbers that it showed.",
                        verbose_name="fetched",
                    ),
                ),
                (
                    "written",
                    models.PositiveIntegerField(
                        db_default=0,
                        default=0,
                        help_text="Things stored or put into the inbox because they are new or changed; of a check, wrong numbers.",
                        verbose_name="new or changed",
                    ),
                ),
                ("calls", models.PositiveIntegerField(db_default=0, default=0, verbose_name="calls")),
                ("answer_seconds", models.FloatField(db_default=0.0, default=0)),
                ("reason", core.reasons.ReasonField(verbose_name="reason")),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sync_runs",
                        to="integrations.connection",
                        verbose_name="connection",
                    ),
                ),
            ],
            options={
                "verbose_name": "sync run",
                "verbose_name_plural": "sync runs",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["connection", "-id"], name="sync_run_connection"),
                    models.Index(
                        condition=models.Q(("state__in", ("failed", "lost"))),
                        fields=["connection", "-id"],
                        name="sync_run_failed",
                    ),
                    models.Index(
                        condition=models.Q(("state", "running")), fields=["connection", "kind"], name="sync_run_running"
                    ),
                    models.Index(fields=["started_at"], name="sync_run_started"),
                    models.Index(fields=["seconds"], name="sync_run_seconds"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ArrangeRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("taken", models.JSONField(blank=True, default=list, verbose_name="arranged")),
                ("left_out", models.JSONField(blank=True, default=list, verbose_name="left")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="when"),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="integrations.arrangerule",
                        verbose_name="rule",
                    ),
                ),
            ],
            options={
                "verbose_name": "run of a rule",
                "verbose_name_plural": "runs of rules",
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["created_at"], name="arrange_run_created")],
            },
        ),
        migrations.CreateModel(
            name="BackfillChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField(verbose_name="from")),
                ("until", models.DateTimeField(verbose_name="to")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed")],
                        db_default="waiting",
                        default="waiting",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("seen", models.PositiveIntegerField(db_default=0, default=0, verbose_name="listed")),
                ("stored", models.PositiveIntegerField(db_default=0, default=0, verbose_name="stored")),
                ("tries", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="tries")),
                ("problems", models.JSONField(blank=True, db_default={}, default=dict, verbose_name="problems")),
                ("reason", core.reasons.ReasonField(verbose_name="reason")),
                (
                    "due_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="next try"),
                ),
                ("lease", models.UUIDField(blank=True, editable=False, null=True)),
                ("lease_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="integrations.backfillrun",
                        verbose_name="backfill",
                    ),
                ),
            ],
            options={
                "verbose_name": "part of a backfill",
                "verbose_name_plural": "parts of backfills",
                "ordering": ("since",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")), fields=["run", "due_at"], name="backfill_waiting"
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("run", "since"), name="one_chunk_per_run_and_start")],
            },
        ),
        migrations.AddField(
            model_name="printrun",
            name="labels",
            field=models.ManyToManyField(
                related_name="runs", through="integrations.PrintRunLabel", to="integrations.shippinglabel"
            ),
        ),
    ]
