"""Sinks of business events: where they go, what waits for another try, and each attempt."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.encryption import EncryptedJSONField
from inventory.models import Shop


class EventSink(models.Model):
    """A system that gets business events: one endpoint, one stream. Its progress is a feed position, its failures are rows.

    The lease is held by a database session: it is void once that session has ended, and after `lease_until` in any case.
    """

    class Off(models.TextChoices):
        PERSON = "person", _("Switched off by a person")
        GONE = "gone", _("The receiver wants no more (410)")
        FAILING = "failing", _("Nearly everything failed for a day")

    kind = models.SlugField(_("kind"), max_length=32)
    name = models.CharField(_("name"), max_length=200)
    only_shops = models.ManyToManyField(
        Shop, blank=True, related_name="event_sinks", verbose_name=_("shops"),
        help_text=_("Only their events are sent. Empty: those of all shops, and of none."),
    )  # fmt: skip
    types = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, verbose_name=_("events"),
        help_text=_("Empty: all of them."),
    )  # fmt: skip
    sends_personal = models.BooleanField(
        _("with the buyer's data"), default=False, db_default=False,
        help_text=_("Name, address and note of the buyer are sent as the channel tells them. Else they are left out."),
    )  # fmt: skip
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    secrets = EncryptedJSONField(_("secrets"), default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    off_reason = models.CharField(_("why it is off"), max_length=16, choices=Off.choices, blank=True, default="")
    contact = models.EmailField(
        _("tell by mail"), blank=True, default="", db_default="",
        help_text=_("Gets a mail when the hub switches the sink off by itself."),
    )  # fmt: skip
    off_at = models.DateTimeField(_("off since"), null=True, blank=True)
    # the mail about it was sent
    told_at = models.DateTimeField(null=True, editable=False)
    cursor = models.PositiveBigIntegerField(_("sent up to"), help_text=_("Feed position."))
    # what the kind of sink remembers of the other side
    progress = models.JSONField(default=dict, blank=True)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, db_default=0)
    trouble = models.CharField(_("last trouble"), max_length=300, blank=True, default="", db_default="")
    lease_pid = models.IntegerField(null=True, editable=False)
    lease_session = models.DateTimeField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("event sink")
        verbose_name_plural = _("event sinks")
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class EventDelivery(models.Model):
    """An event that a sink has not taken yet, although its cursor is past it: it waits for another try, or is parked."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits")
        PARKED = "parked", _("Dead letter")

    sink = models.ForeignKey(EventSink, models.CASCADE, related_name="deliveries", verbose_name=_("event sink"))
    event_id = models.UUIDField(_("event"))
    type = models.CharField(_("type"), max_length=64)
    entity = models.CharField(_("entity"), max_length=32)
    entity_id = models.CharField(_("entity's id"), max_length=128)
    position = models.PositiveBigIntegerField(_("feed position"))
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    first_tried_at = models.DateTimeField(_("first tried"), null=True, blank=True)
    due_at = models.DateTimeField(_("next try"), db_default=models.functions.Now())
    is_replay = models.BooleanField(_("sent again on request"), default=False)
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("undelivered event")
        verbose_name_plural = _("undelivered events")
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("sink", "event_id"), name="one_delivery_per_sink_and_event"),)
        indexes = (
            models.Index(fields=("sink", "entity", "entity_id", "position"), name="delivery_entity"),
            models.Index(fields=("sink", "due_at"), condition=models.Q(state="waiting"), name="delivery_due"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.entity}/{self.entity_id}"


class DeliveryAttempt(models.Model):
    """One call of an endpoint with an event, and its answer."""

    class Outcome(models.TextChoices):
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")

    sink = models.ForeignKey(EventSink, models.CASCADE, related_name="attempts", verbose_name=_("event sink"))
    event_id = models.UUIDField(_("event"))
    type = models.CharField(_("type"), max_length=64)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True, default="", help_text=_("Its first 2,000 characters."))
    milliseconds = models.PositiveIntegerField(_("ms"), default=0)
    is_test = models.BooleanField(_("test"), default=False)
    at = models.DateTimeField(_("when"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("delivery attempt")
        verbose_name_plural = _("delivery attempts")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("sink", "at"), name="attempt_sink"),
            models.Index(fields=("event_id",), name="attempt_event"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.status or self.outcome}"
