"""The schema of 0012_ended_shop_guides in one step: a fresh database is made in seconds.

One with a part of what it replaces takes the rest of the steps instead. tests/migrations compares both ways.
"""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import core.encryption


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("erpsync", "0001_sign_in"),
        ("erpsync", "0002_api_keys"),
        ("erpsync", "0003_data_requests"),
        ("erpsync", "0004_second_factor"),
        ("erpsync", "0005_backups"),
        ("erpsync", "0006_exports"),
        ("erpsync", "0007_alerts"),
        ("erpsync", "0008_export_progress"),
        ("erpsync", "0009_saved_filters"),
        ("erpsync", "0010_data_request_files"),
        ("erpsync", "0011_account_settings"),
        ("erpsync", "0012_ended_shop_guides"),
    ]

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("inventory", "0024_correction_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountSettings",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("language", models.CharField(blank=True, db_default="", default="", max_length=10)),
            ],
        ),
        migrations.CreateModel(
            name="Backup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField(verbose_name="when")),
                ("seconds", models.FloatField(default=0.0, verbose_name="how long")),
                ("name", models.CharField(blank=True, default="", max_length=200, verbose_name="file")),
                ("place", models.CharField(max_length=500, verbose_name="where")),
                ("size", models.PositiveBigIntegerField(default=0, verbose_name="size")),
                ("problem", models.CharField(blank=True, default="", max_length=500, verbose_name="problem")),
                ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="deleted")),
            ],
            options={
                "verbose_name": "backup",
                "verbose_name_plural": "backups",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="SignIn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True, db_index=True, verbose_name="when")),
                ("name", models.CharField(blank=True, max_length=150, verbose_name="account")),
                ("address", models.CharField(blank=True, max_length=45, verbose_name="address")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("in", "Signed in"),
                            ("out", "Signed out"),
                            ("failed", "Wrong name or password"),
                            ("stopped", "Wrong again: has to wait"),
                            ("code", "Wrong second factor"),
                        ],
                        max_length=8,
                        verbose_name="what happened",
                    ),
                ),
            ],
            options={
                "verbose_name": "sign-in",
                "verbose_name_plural": "sign-ins",
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=32, verbose_name="alert")),
                ("channel", models.CharField(blank=True, default="", max_length=32, verbose_name="channel")),
                ("value", models.DecimalField(decimal_places=2, max_digits=18, verbose_name="measured")),
                (
                    "fired_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="since"),
                ),
                (
                    "seen_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="last seen"
                    ),
                ),
                ("resolved_at", models.DateTimeField(blank=True, null=True, verbose_name="resolved")),
                (
                    "shop",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="inventory.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "alert",
                "verbose_name_plural": "alerts",
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["shop", "-id"], name="alert_shop")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resolved_at", None)),
                        fields=("kind", "channel", "shop"),
                        name="one_firing_alert",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="Which system uses it: the web shop, the warehouse ...",
                        max_length=100,
                        verbose_name="name",
                    ),
                ),
                ("start", models.CharField(editable=False, max_length=20, verbose_name="begins with")),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("old_start", models.CharField(blank=True, default="", editable=False, max_length=20)),
                ("old_digest", models.CharField(blank=True, default="", editable=False, max_length=64)),
                (
                    "old_ends_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="the key before it ends"),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("viewer", "Viewer"), ("operator", "Operator"), ("manager", "Manager")],
                        default="viewer",
                        help_text="As for people: viewers read, operators write, managers see costs too.",
                        max_length=16,
                        verbose_name="role",
                    ),
                ),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        help_text="What it may do, by resource and verb.",
                        size=None,
                        verbose_name="scopes",
                    ),
                ),
                (
                    "addresses",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50),
                        blank=True,
                        default=list,
                        help_text="Addresses or ranges such as 203.0.113.0/24, separated by commas. Empty: from anywhere.",
                        size=None,
                        verbose_name="only from these addresses",
                    ),
                ),
                (
                    "per_minute",
                    models.PositiveIntegerField(
                        default=600,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(60000),
                        ],
                        verbose_name="requests per minute",
                    ),
                ),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, help_text="Empty: no end.", null=True, verbose_name="ends"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("leaked_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="leaked")),
                ("last_used_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last used")),
                (
                    "last_used_from",
                    models.CharField(
                        blank=True, default="", editable=False, max_length=45, verbose_name="last used from"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                ("shops", models.ManyToManyField(related_name="api_keys", to="inventory.shop", verbose_name="shops")),
            ],
            options={
                "verbose_name": "API key",
                "verbose_name_plural": "API keys",
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("old_digest", ""), _negated=True),
                        fields=("old_digest",),
                        name="one_key_per_old_digest",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AuthenticatorApp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="The human-readable name of this device.", max_length=64)),
                ("confirmed", models.BooleanField(default=True, help_text="Is this device ready for use?")),
                (
                    "throttling_failure_timestamp",
                    models.DateTimeField(
                        blank=True,
                        default=None,
                        help_text="A timestamp of the last failed verification attempt. Null if last attempt succeeded.",
                        null=True,
                    ),
                ),
                (
                    "throttling_failure_count",
                    models.PositiveIntegerField(default=0, help_text="Number of successive failed attempts."),
                ),
                ("secret", core.encryption.EncryptedTextField(editable=False, serialize=False)),
                ("last_step", models.BigIntegerField(default=-1)),
                (
                    "user",
                    models.ForeignKey(
                        help_text="The user that this device belongs to.",
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user",), name="one_authenticator_app_per_person")],
            },
        ),
        migrations.CreateModel(
            name="ContactPoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.SlugField(max_length=32, verbose_name="kind")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "alert_kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32),
                        blank=True,
                        default=list,
                        help_text="Empty: all of them.",
                        size=None,
                        verbose_name="alerts",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("vi", "Vietnamese")],
                        default="vi",
                        max_length=8,
                        verbose_name="language",
                    ),
                ),
                (
                    "quiet_from",
                    models.TimeField(
                        blank=True,
                        help_text="What is not urgent waits until the quiet hours have ended; what has passed by then is not sent.",
                        null=True,
                        verbose_name="quiet from",
                    ),
                ),
                ("quiet_until", models.TimeField(blank=True, null=True, verbose_name="quiet until")),
                ("settings", models.JSONField(blank=True, default=dict, verbose_name="settings")),
                (
                    "secrets",
                    core.encryption.EncryptedJSONField(
                        blank=True, default=dict, editable=False, serialize=False, verbose_name="secrets"
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("off_at", models.DateTimeField(blank=True, null=True, verbose_name="switched off by the hub")),
                ("paused_until", models.DateTimeField(blank=True, null=True, verbose_name="paused until")),
                ("trouble", models.CharField(blank=True, default="", max_length=300, verbose_name="last trouble")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="created"),
                ),
                (
                    "only_shops",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Only their alerts are sent. Empty: those of all shops, and of none.",
                        related_name="contact_points",
                        to="inventory.shop",
                        verbose_name="shops",
                    ),
                ),
            ],
            options={
                "verbose_name": "contact point",
                "verbose_name_plural": "contact points",
                "ordering": ("name", "id"),
            },
        ),
        migrations.CreateModel(
            name="AlertMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("change", models.CharField(choices=[("fired", "Firing"), ("resolved", "Resolved")], max_length=16)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waits"), ("sent", "Sent"), ("refused", "Refused")],
                        default="waiting",
                        max_length=16,
                    ),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("reference", models.CharField(blank=True, default="", max_length=200)),
                ("reason", models.CharField(blank=True, default="", max_length=300)),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="messages", to="erpsync.alert"
                    ),
                ),
                (
                    "contact_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="messages", to="erpsync.contactpoint"
                    ),
                ),
            ],
            options={
                "verbose_name": "alert message",
                "verbose_name_plural": "alert messages",
                "indexes": [
                    models.Index(condition=models.Q(("state", "waiting")), fields=["due_at"], name="alert_message_due")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("alert", "contact_point", "change"), name="one_message_per_change")
                ],
            },
        ),
        migrations.CreateModel(
            name="DataRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("find", "Looked up"), ("export", "Handed out"), ("erase", "Erased")],
                        max_length=16,
                        verbose_name="request",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits"),
                            ("running", "Under way"),
                            ("done", "Done"),
                            ("failed", "Not done"),
                        ],
                        default="waiting",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        help_text="Who asked, and how: without name or number.", max_length=300, verbose_name="reason"
                    ),
                ),
                (
                    "terms",
                    core.encryption.EncryptedJSONField(blank=True, default=dict, editable=False, serialize=False),
                ),
                (
                    "shop_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), blank=True, null=True, size=None, verbose_name="shops"
                    ),
                ),
                ("counts", models.JSONField(blank=True, default=dict, verbose_name="rows")),
                ("kept", models.JSONField(blank=True, default=dict, verbose_name="kept")),
                ("elsewhere", models.JSONField(blank=True, default=dict, verbose_name="at other systems")),
                ("step", models.PositiveSmallIntegerField(default=0, verbose_name="tables done")),
                ("problem", models.CharField(blank=True, default="", max_length=32, verbose_name="problem")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="when"),
                ),
                ("file_until", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                (
                    "asked_by",
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
                "verbose_name": "data request",
                "verbose_name_plural": "data requests",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="EndedShopGuide",
            fields=[
                (
                    "shop",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="inventory.shop",
                    ),
                ),
                ("ended_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("list_name", models.CharField(max_length=32, verbose_name="list")),
                (
                    "file_format",
                    models.CharField(choices=[("csv", "CSV"), ("xlsx", "Excel")], max_length=4, verbose_name="file"),
                ),
                ("query", models.TextField(blank=True, db_default="", default="", verbose_name="filters")),
                ("language", models.CharField(db_default="vi", default="vi", max_length=8, verbose_name="language")),
                (
                    "shop_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None, verbose_name="shops"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits"),
                            ("running", "Under way"),
                            ("done", "Done"),
                            ("failed", "Not done"),
                        ],
                        default="running",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("too_many", "It has more rows than a file may have: choose narrower filters."),
                            ("filters", "Its filters fit the list no more: take it out again from the list."),
                            (
                                "interrupted",
                                "The download was broken off, or the hub was stopped meanwhile: take the list out again.",
                            ),
                            (
                                "error",
                                "An error in the hub: try again. If it happens again, tell the people who run the hub.",
                            ),
                        ],
                        db_default="",
                        default="",
                        max_length=16,
                        verbose_name="why it was not done",
                    ),
                ),
                ("rows", models.PositiveIntegerField(db_default=0, default=0, verbose_name="rows")),
                (
                    "listed_rows",
                    models.PositiveIntegerField(db_default=0, default=0, verbose_name="rows of the list written"),
                ),
                ("expected_rows", models.PositiveIntegerField(blank=True, null=True, verbose_name="rows in all")),
                ("has_buyers", models.BooleanField(default=False, verbose_name="buyer data")),
                ("has_costs", models.BooleanField(default=False, verbose_name="costs")),
                ("is_kept", models.BooleanField(db_default=False, default=False, verbose_name="file kept")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="when"),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                (
                    "asked_by",
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
                "verbose_name": "export",
                "verbose_name_plural": "exports",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("waiting", "running"))),
                        fields=["id"],
                        name="export_unfinished",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ExportPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
                (
                    "export",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="erpsync.export"
                    ),
                ),
            ],
            options={
                "verbose_name": "part of an export",
                "verbose_name_plural": "parts of exports",
                "constraints": [models.UniqueConstraint(fields=("export", "position"), name="one_part_per_position")],
            },
        ),
        migrations.CreateModel(
            name="KeptAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("caller", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=255)),
                ("fingerprint", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField()),
                ("headers", models.JSONField(default=dict)),
                ("body", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("caller", "key"), name="one_answer_per_caller_and_key")
                ],
            },
        ),
        migrations.CreateModel(
            name="OpenSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=40, unique=True)),
                ("address", models.CharField(blank=True, max_length=45, verbose_name="address")),
                ("browser", models.CharField(blank=True, max_length=200, verbose_name="browser")),
                ("began_at", models.DateTimeField(auto_now_add=True, verbose_name="signed in")),
                ("seen_at", models.DateTimeField(auto_now_add=True, verbose_name="last seen")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="open_sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "ordering": ("-seen_at",),
            },
        ),
        migrations.CreateModel(
            name="RecoveryCodes",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="The human-readable name of this device.", max_length=64)),
                ("confirmed", models.BooleanField(default=True, help_text="Is this device ready for use?")),
                (
                    "throttling_failure_timestamp",
                    models.DateTimeField(
                        blank=True,
                        default=None,
                        help_text="A timestamp of the last failed verification attempt. Null if last attempt succeeded.",
                        null=True,
                    ),
                ),
                (
                    "throttling_failure_count",
                    models.PositiveIntegerField(default=0, help_text="Number of successive failed attempts."),
                ),
                (
                    "digests",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), default=list, size=None
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        help_text="The user that this device belongs to.",
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user",), name="one_set_of_recovery_codes_per_person")],
            },
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("list_name", models.CharField(max_length=80)),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("query", models.CharField(max_length=2000, verbose_name="filters")),
                ("is_shared", models.BooleanField(db_default=False, default=False, verbose_name="shared")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="when"),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved filter",
                "verbose_name_plural": "saved filters",
                "ordering": ("name", "id"),
                "indexes": [models.Index(fields=["list_name", "owner"], name="saved_filter_list")],
            },
        ),
    ]
