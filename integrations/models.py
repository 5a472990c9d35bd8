"""How we talk to others: registrations, consents, connections, and every change notification that ever came in."""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from integrations.secrets import EncryptedJSONField, EncryptedTextField
from inventory.models import Shop


def new_app_key() -> str:
    """The unguessable part of a webhook address."""
    return secrets.token_urlsafe(18)


class AppRegistration(models.Model):
    """Our registration at a channel: partner id and key, and the callback address exactly as registered there."""

    channel = models.SlugField(_("channel"), max_length=32)
    name = models.CharField(_("name"), max_length=200)
    key = models.CharField(
        _("app key"), max_length=64, unique=True, default=new_app_key, editable=False,
        help_text=_("The unguessable part of the webhook address."),
    )  # fmt: skip
    credentials = EncryptedJSONField(_("credentials"), default=dict, blank=True)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    base_url = models.URLField(
        _("API address"),
        blank=True,
        default="",
        help_text=_("Empty: the channel's own. Set for a sandbox or the simulator."),
    )
    callback_url = models.CharField(
        _("callback address"), max_length=500, blank=True, default="",
        help_text=_("Exactly as registered at the channel: some sign it, down to the last slash."),
    )  # fmt: skip
    queue_ack = models.CharField(max_length=200, blank=True, default="", editable=False)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("app registration")
        verbose_name_plural = _("app registrations")
        ordering = ("channel", "name")

    def __str__(self) -> str:
        return f"{self.channel}: {self.name}"


class Authorisation(models.Model):
    """One consent: tokens and their lives. One or more connections hang on it."""

    class State(models.TextChoices):
        OK = "ok", _("In order")
        EXPIRING = "expiring", _("Ends soon")
        RED = "red", _("Connect again")

    app = models.ForeignKey(AppRegistration, models.PROTECT, related_name="authorisations", verbose_name=_("app"))
    external_id = models.CharField(_("account at the channel"), max_length=100, blank=True, default="")
    access_token = EncryptedTextField(blank=True, default="")
    refresh_token = EncryptedTextField(blank=True, default="")
    # sha256 hex of the refresh token: encryption is salted, so the stored pair is compared by this
    refresh_fingerprint = models.CharField(max_length=64, blank=True, default="", editable=False)
    expires_at = models.DateTimeField(_("access token ends"), null=True, blank=True)
    refresh_expires_at = models.DateTimeField(_("refresh token ends"), null=True, blank=True)
    consent_ends_at = models.DateTimeField(_("consent ends"), null=True, blank=True)
    renewed_at = models.DateTimeField(_("last renewed"), null=True, blank=True)
    # since when every renewal has been refused with the pair that is still stored
    refused_since = models.DateTimeField(null=True, blank=True, editable=False)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.OK)
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("authorisation")
        verbose_name_plural = _("authorisations")

    def __str__(self) -> str:
        return f"{self.app} {self.external_id}".strip()


class Connection(models.Model):
    """One shop as reached through an authorisation: its id there, how far we have read, and its health."""

    authorisation = models.ForeignKey(
        Authorisation, models.PROTECT, related_name="connections", verbose_name=_("authorisation")
    )
    shop = models.OneToOneField(Shop, models.PROTECT, related_name="connection", verbose_name=_("shop"))
    external_id = models.CharField(_("shop id at the channel"), max_length=64)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    # {kind: ISO time}: the highest update time seen, moved only after its events were committed
    watermarks = models.JSONField(_("watermarks"), default=dict, blank=True)
    pos = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="handed_over", verbose_name=_("POS"),
        help_text=_("Where this shop's orders are written. Empty: nowhere."),
    )  # fmt: skip
    pos_imports_itself = models.BooleanField(
        _("the POS imports this shop by itself"), default=False,
        help_text=_("Then we never write its orders to the POS; every sale would count twice."),
    )  # fmt: skip
    is_active = models.BooleanField(_("active"), default=True)
    last_webhook_at = models.DateTimeField(_("last webhook"), null=True, blank=True)
    last_sweep_at = models.DateTimeField(_("last sweep"), null=True, blank=True)
    last_read_at = models.DateTimeField(_("orders read"), null=True, blank=True)
    # when the channel told us to wait: nothing is asked, or pushed, before
    sweep_due_at = models.DateTimeField(_("next sweep not before"), null=True, blank=True, editable=False)
    push_due_at = models.DateTimeField(_("next push not before"), null=True, blank=True, editable=False)
    trouble = models.CharField(_("trouble"), max_length=300, blank=True, default="")
    trouble_since = models.DateTimeField(_("trouble since"), null=True, blank=True)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ("id",)

    def __str__(self) -> str:
        return str(self.shop)


class InboxEvent(models.Model):
    """One thing a channel said, or a sweep found, has changed. Unique per thing only while nobody works on it.

    `seen` counts how often it was said before somebody took it. Waiting: state pending and no lease. In work: pending with a
    lease. `received = processed + duplicate + ignored + pending + dead` holds over the sum of `seen`.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        PROCESSED = "processed", _("Processed")
        DUPLICATE = "duplicate", _("Duplicate")
        IGNORED = "ignored", _("Ignored")
        DEAD = "dead", _("Dead letter")

    class Source(models.TextChoices):
        WEBHOOK = "webhook", _("Webhook")
        QUEUE = "queue", _("Channel's queue")
        SWEEP = "sweep", _("Sweep")
        BACKFILL = "backfill", _("Backfill")
        COMMAND = "command", _("Our own command")
        MAPPING = "mapping", _("Mapping")
        PERSON = "person", _("By hand")

    app = models.ForeignKey(AppRegistration, models.PROTECT, related_name="inbox_events", verbose_name=_("app"))
    connection = models.ForeignKey(
        Connection, models.PROTECT, null=True, blank=True, related_name="inbox_events", verbose_name=_("connection")
    )
    kind = models.CharField(_("kind"), max_length=32)
    external_id = models.CharField(_("id at the channel"), max_length=128)
    version = models.DateTimeField(_("changed at the channel"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=16, choices=Source.choices)
    delivery_id = models.CharField(_("delivery id"), max_length=128, blank=True, default="")
    body = models.JSONField(_("notice"), default=dict, blank=True)
    raw = models.BinaryField(_("raw body"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.PENDING)
    seen = models.PositiveIntegerField(_("seen"), default=1)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    reason_code = models.CharField(_("code"), max_length=100, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    received_at = models.DateTimeField(_("received"), db_default=models.functions.Now())
    due_at = models.DateTimeField(_("next try"), db_default=models.functions.Now())
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("inbox event")
        verbose_name_plural = _("inbox")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("app", "connection", "kind", "external_id"),
                condition=Q(state="pending", lease__isnull=True),
                nulls_distinct=False,
                name="one_waiting_event_per_thing",
            ),
        )
        indexes = (
            models.Index(fields=("connection", "due_at"), condition=Q(state="pending"), name="inbox_pending"),
            models.Index(fields=("lease",), condition=Q(lease__isnull=False), name="inbox_leased"),
            models.Index(fields=("app", "delivery_id"), condition=~Q(delivery_id=""), name="inbox_delivery"),
            models.Index(fields=("connection", "state", "-id"), name="inbox_connection_state"),
            models.Index(fields=("received_at",), name="inbox_received"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"


class Refusal(models.Model):
    """Deliveries that were not believed: a count per app and reason, with one sample of headers and size. Never the body."""

    app = models.ForeignKey(
        AppRegistration, models.CASCADE, null=True, blank=True, related_name="refusals", verbose_name=_("app")
    )
    channel = models.CharField(_("channel"), max_length=32)
    reason = models.CharField(_("reason"), max_length=32)
    count = models.PositiveBigIntegerField(_("count"), default=0)
    sample = models.JSONField(_("last sample"), default=dict, blank=True)
    first_at = models.DateTimeField(_("first"), db_default=models.functions.Now())
    last_at = models.DateTimeField(_("last"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("refused delivery")
        verbose_name_plural = _("refused deliveries")
        constraints = (
            models.UniqueConstraint(
                fields=("channel", "app", "reason"), nulls_distinct=False, name="one_count_per_app_and_reason"
            ),
        )

    def __str__(self) -> str:
        return f"{self.channel}: {self.reason} x {self.count}"
