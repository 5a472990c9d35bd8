"""Steps on a parcel's way, the same list for all channels."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ParcelStep(models.TextChoices):
    """Our code of a step; "" where the channel's own words are all there is."""

    READY = "ready", _("Ready for the carrier")
    PICKUP_FAILED = "pickup_failed", _("Pick-up failed")
    PICKED_UP = "picked_up", _("Taken by the carrier")
    IN_TRANSIT = "in_transit", _("On its way")
    OUT_FOR_DELIVERY = "out_for_delivery", _("Out for delivery")
    DELIVERED = "delivered", _("Delivered")
    DELIVERY_FAILED = "delivery_failed", _("Delivery failed")
    RETURNING = "returning", _("On its way back")
    RETURNED = "returned", _("Back at the seller")
    CANCELLED = "cancelled", _("Shipment cancelled")
    LOST = "lost", _("Lost or damaged")


# whether a step is good news, for its colour; the others are neutral
COLOURS = {
    ParcelStep.DELIVERED: "success", ParcelStep.PICKUP_FAILED: "danger", ParcelStep.DELIVERY_FAILED: "danger",
    ParcelStep.LOST: "danger", ParcelStep.RETURNING: "warning", ParcelStep.RETURNED: "warning",
}  # fmt: skip
