"""Shipping labels as channels made them, and the runs in which people print them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.reasons import ReasonField
from integrations.models.accounts import Connection
from orders.models import Order


class ShippingLabel(models.Model):
    """The label of one parcel of one account. A parcel may hold several orders: its label is fetched and printed once.

    `parcel` is the channel's number of the parcel, or the order's where the order is the parcel. The file holds the
    buyer's name and address: it is deleted after some days, and fetched anew when somebody prints it again.
    """

    class State(models.TextChoices):
        WANTED = "wanted", _("Being made")
        READY = "ready", _("Ready")
        REFUSED = "refused", _("Refused")

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="labels", verbose_name=_("connection"))
    parcel = models.CharField(_("parcel number"), max_length=200)
    order_number = models.CharField(_("order number"), max_length=200)
    tracking_number = models.TextField(_("tracking number"), blank=True, db_default="")
    orders = models.ManyToManyField(Order, related_name="labels", verbose_name=_("orders"))
    state = models.CharField(_("state"), max_length=16, choices=State.choices, db_default=State.WANTED)
    content = models.BinaryField(null=True, editable=False)
    content_type = models.CharField(_("format"), max_length=100, blank=True, db_default="")
    file_name = models.CharField(_("file"), max_length=200, blank=True, db_default="")
    # of a PDF; empty for a file in another format
    pages = models.PositiveIntegerField(_("pages"), null=True, blank=True)
    reason = ReasonField(_("reason"))
    tries = models.PositiveSmallIntegerField(_("tries"), db_default=0)
    wanted_at = models.DateTimeField(_("wanted"), db_default=models.functions.Now())
    due_at = models.DateTimeField(_("next try"), db_default=models.functions.Now())
    ready_at = models.DateTimeField(_("ready"), null=True, blank=True)
    printed_at = models.DateTimeField(_("last printed"), null=True, blank=True)
    printed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("printed by")
    )
    prints = models.PositiveSmallIntegerField(_("times printed"), db_default=0)

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("connection", "parcel"), name="one_label_per_parcel"),)
        indexes = (
            models.Index(fields=("connection", "due_at"), condition=models.Q(state="wanted"), name="label_wanted"),
            models.Index(fields=("ready_at",), condition=models.Q(content__isnull=False), name="label_kept"),
            models.Index(fields=("id",), condition=models.Q(state="refused"), name="label_refused"),
        )

    def __str__(self) -> str:
        return self.parcel


class PrintRun(models.Model):
    """Labels that a person wants in one file, in the order in which they were chosen.

    `left_out`: orders without a label, [{"order": id, "number": text, "reason": code}].
    """

    labels = models.ManyToManyField(ShippingLabel, through="PrintRunLabel", related_name="runs")
    left_out = models.JSONField(_("left out"), default=list, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"), db_default=models.functions.Now())
    printed_at = models.DateTimeField(_("printed"), null=True, blank=True)

    class Meta:
        verbose_name = _("label print")
        verbose_name_plural = _("label prints")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"#{self.pk}"


class PrintRunLabel(models.Model):
    """Place of a label in a run."""

    run = models.ForeignKey(PrintRun, models.CASCADE, related_name="places")
    label = models.ForeignKey(ShippingLabel, models.CASCADE, related_name="places")
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("run", "label"), name="one_place_per_label"),)

    def __str__(self) -> str:
        return f"{self.run} {self.position}"
