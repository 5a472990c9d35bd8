"""Steps on the way of an order's parcels, and how far they were read."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.widths import ID_LENGTH
from orders.models.order import Order
from orders.parcel_steps import ParcelStep
from orders.statuses import Status

# longer words are cut: the carrier's sentence, not an essay
WORDS_LENGTH, PLACE_LENGTH, DIGEST_LENGTH = 500, 200, 32


class ParcelEvent(models.Model):
    """One step of a parcel, as its channel told it. `digest` of the words: reading twice writes once, also after an erasure."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="parcel_events", verbose_name=_("order"))
    parcel = models.CharField(
        _("parcel number"), max_length=ID_LENGTH, blank=True, default="",
        help_text=_("Empty: the channel tells the way of the whole order."),
    )  # fmt: skip
    happened_at = models.DateTimeField(_("when"))
    code = models.CharField(_("step"), max_length=20, choices=ParcelStep.choices, blank=True, default="")
    words = models.CharField(_("channel's words"), max_length=WORDS_LENGTH, blank=True, default="")
    place = models.CharField(_("place"), max_length=PLACE_LENGTH, blank=True, default="")
    digest = models.CharField(max_length=DIGEST_LENGTH)
    created_at = models.DateTimeField(_("received"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("step of a parcel")
        verbose_name_plural = _("steps of parcels")
        ordering = ("-happened_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("order", "happened_at", "parcel", "digest"), name="one_parcel_event"),
        )

    def __str__(self) -> str:
        return str(self.get_code_display() or self.words)


class TrackingRead(models.Model):
    """Time of the last reading of an order's parcel steps, and the order's status then: another status is news."""

    order = models.OneToOneField(Order, models.CASCADE, primary_key=True, related_name="tracking_read")
    status = models.CharField(max_length=16, choices=Status.choices, blank=True, default="")
    read_at = models.DateTimeField(db_default=models.functions.Now())

    def __str__(self) -> str:
        return str(self.order_id)
