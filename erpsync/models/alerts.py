"""Alerts: what is wrong and since when, whom the hub tells of it, and the messages on their way."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.encryption import EncryptedJSONField
from inventory.models import Shop


class Alert(models.Model):
    """A condition of `erpsync.alerts.kinds` that holds, or held, at one channel and shop: at most one firing row per (kind, channel, shop).

    Written by `erpsync.alerts.evaluate` only. `value` is in the kind's unit. `seen_at`: when the condition held last.
    """

    # free text: the kinds are one table in code
    kind = models.CharField(_("alert"), max_length=32)
    channel = models.CharField(_("channel"), max_length=32, blank=True, default="")
    shop = models.ForeignKey(Shop, models.CASCADE, null=True, blank=True, related_name="alerts", verbose_name=_("shop"))
    value = models.DecimalField(_("measured"), max_digits=18, decimal_places=2)
    fired_at = models.DateTimeField(_("since"), db_default=models.functions.Now())
    seen_at = models.DateTimeField(_("last seen"), db_default=models.functions.Now())
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "channel", "shop"), condition=models.Q(resolved_at=None), nulls_distinct=False,
                name="one_firing_alert",
            ),
        )  # fmt: skip
        indexes = (models.Index(fields=("shop", "-id"), name="alert_shop"),)

    def __str__(self) -> str:
        return str(self.shop or self.channel or self.pk)


class ContactPoint(models.Model):
    """A person, room or telephone that alerts are sent to. `settings` and `secrets` are those that its kind declares."""

    kind = models.SlugField(_("kind"), max_length=32)
    name = models.CharField(_("name"), max_length=200)
    alert_kinds = ArrayField(
        models.CharField(max_length=32), default=list, blank=True, verbose_name=_("alerts"),
        help_text=_("Empty: all of them."),
    )  # fmt: skip
    only_shops = models.ManyToManyField(
        Shop, blank=True, related_name="contact_points", verbose_name=_("shops"),
        help_text=_("Only their alerts are sent. Empty: those of all shops, and of none."),
    )  # fmt: skip
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="vi")
    quiet_from = models.TimeField(
        _("quiet from"), null=True, blank=True,
        help_text=_("What is not urgent waits until the quiet hours have ended; what has passed by then is not sent."),
    )  # fmt: skip
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    secrets = EncryptedJSONField(_("secrets"), default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    # set when the other side wants no more: only then the hub has switched it off by itself
    off_at = models.DateTimeField(_("switched off by the hub"), null=True, blank=True)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    trouble = models.CharField(_("last trouble"), max_length=300, blank=True, default="")
    created_at = models.DateTimeField(_("created"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("contact point")
        verbose_name_plural = _("contact points")
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class AlertMessage(models.Model):
    """The news of one change of an alert's state for one contact point, sent once. `reference` is the other side's id."""

    class Change(models.TextChoices):
        FIRED = "fired", pgettext_lazy("alert", "Firing")
        RESOLVED = "resolved", pgettext_lazy("alert", "Resolved")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits")
        SENT = "sent", pgettext_lazy("alert", "Sent")
        REFUSED = "refused", _("Refused")

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="messages")
    contact_point = models.ForeignKey(ContactPoint, models.CASCADE, related_name="messages")
    change = models.CharField(max_length=16, choices=Change.choices)
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=models.functions.Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    reference = models.CharField(max_length=200, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("alert message")
        verbose_name_plural = _("alert messages")
        constraints = (
            models.UniqueConstraint(fields=("alert", "contact_point", "change"), name="one_message_per_change"),
        )
        indexes = (models.Index(fields=("due_at",), condition=models.Q(state="waiting"), name="alert_message_due"),)

    def __str__(self) -> str:
        return f"{self.alert_id} {self.change}"
