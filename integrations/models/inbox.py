"""Every change notification that ever came in, and counts of those that were not believed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.reasons import ReasonField
from core.tracing import TRACEPARENT_LENGTH
from core.widths import ID_LENGTH
from integrations.models.accounts import AppRegistration, Connection
from integrations.models.closing import Closable


class InboxEvent(Closable):
    """One thing a channel said, or a sweep found, has changed. Unique per thing only while nobody works on it.

    `seen` counts how often it was said before somebody took it. Waiting: state pending and no lease. In work: pending with a
    lease. `received = processed + duplicate + ignored + pending + dead` holds over the sum of `seen`: a dead letter that a
    person closed is still one.
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

    app = models.ForeignKey(
        AppRegistration, models.PROTECT, related_name="inbox_events", verbose_name=_("app"),
        db_index=False,  # one_waiting_event_per_thing: of the others nothing is asked by app
    )  # fmt: skip
    connection = models.ForeignKey(
        Connection, models.PROTECT, null=True, blank=True, related_name="inbox_events", verbose_name=_("connection"),
        db_index=False,  # inbox_connection
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=32)
    external_id = models.CharField(_("id at the channel"), max_length=ID_LENGTH)
    version = models.DateTimeField(_("changed at the channel"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=16, choices=Source.choices)
    delivery_id = models.CharField(_("delivery id"), max_length=ID_LENGTH, blank=True, default="")
    body = models.JSONField(_("notice"), default=dict, blank=True)
    raw = models.BinaryField(_("raw body"), null=True, blank=True)
    # JSON text: {"calls": [path, status, body]}, or {"row": ...} of what was read and could not be stored; names are replaced
    answer = models.TextField(_("what the channel answered"), blank=True, default="", db_default="")
    state = models.CharField(
        _("state"), max_length=16, choices=State.choices, default=State.PENDING, db_default=State.PENDING
    )
    seen = models.PositiveIntegerField(_("seen"), default=1)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0, db_default=0)
    reason_code = models.CharField(_("code"), max_length=100, blank=True, default="", db_default="")
    reason = ReasonField(_("reason"))
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    received_at = models.DateTimeField(_("received"), db_default=models.functions.Now())
    due_at = models.DateTimeField(_("next try"), db_default=models.functions.Now())
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # of the span that wanted it, "" where that was not traced
    traceparent = models.CharField(max_length=TRACEPARENT_LENGTH, blank=True, default="", db_default="", editable=False)

    class Meta:
        verbose_name = _("inbox event")
        verbose_name_plural = _("inbox")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                # the id first: it is what one looks for
                fields=("app", "external_id", "kind", "connection"),
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
            models.Index(fields=("connection", "-id"), name="inbox_connection"),
            models.Index(fields=("received_at",), name="inbox_received"),
            models.Index(fields=("external_id",), name="inbox_thing"),
            # lists of what is rare: a list of the others finds its page on the way through the newest
            models.Index(fields=("kind", "-id"), condition=~Q(kind="order"), name="inbox_kind"),
            models.Index(fields=("source", "-id"), condition=~Q(source__in=("webhook", "sweep")), name="inbox_source"),
            models.Index(fields=("state", "-id"), condition=Q(state__in=("dead", "ignored")), name="inbox_state"),
            models.Index(
                fields=("connection",), condition=Q(state="dead", closed_at__isnull=True), name="inbox_dead_open"
            ),
        )

    def __str__(self) -> str:
        return self.external_id


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
        return f"{self.app.name if self.app else self.channel}: {self.count}"
