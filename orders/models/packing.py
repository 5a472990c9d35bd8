"""Waves: orders that are picked, packed and handed over together; parcels that are packed by scanning and scanned out to couriers."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.reasons import ReasonField
from core.widths import ID_LENGTH
from inventory.models import Shop, Warehouse
from orders.models.order import TRACKING_LENGTH, Order


class Wave(models.Model):
    """Orders that one person picks in one go, in a fixed order. `shop_ids`: the shops of its orders; who acts on it has the role in all.

    `carrier`: empty for orders of any. `begin_by`: when picking begins at the latest, so that this wave and those planned after
    it are packed before the cut-off.
    """

    class State(models.TextChoices):
        OPEN = "open", _("To pick")
        PICKING = "picking", _("Being picked")
        PACKED = "packed", _("All packed")
        HANDED_OVER = "handed_over", _("Handed over")
        DISSOLVED = "dissolved", _("Dissolved")

    # of these the orders are taken: they can join no other wave
    UNDER_WAY = (State.OPEN, State.PICKING, State.PACKED)

    carrier = models.CharField(_("courier"), max_length=100, blank=True, db_default="", default="")
    shop_ids = ArrayField(models.BigIntegerField(), verbose_name=_("shops"), db_default=[], default=list)
    warehouse = models.ForeignKey(
        Warehouse, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("warehouse")
    )
    cut_off = models.DateTimeField(_("cut-off"), null=True, blank=True)
    begin_by = models.DateTimeField(_("begin by"), null=True, blank=True)
    size_limit = models.PositiveIntegerField(_("orders at most"))
    state = models.CharField(_("state"), max_length=16, choices=State.choices, db_default=State.OPEN)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("picked by")
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made"), db_default=models.functions.Now())
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("wave")
        verbose_name_plural = _("waves")
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("cut_off",), condition=models.Q(state__in=("open", "picking", "packed")), name="wave_under_way"
            ),
        )

    def __str__(self) -> str:
        return f"#{self.pk} {self.carrier}".strip()


class WaveOrder(models.Model):
    """Place of an order in a wave. One that fell out keeps its place and says why; an order is active in one wave at most."""

    wave = models.ForeignKey(Wave, models.CASCADE, related_name="places", verbose_name=_("wave"))
    order = models.ForeignKey(Order, models.CASCADE, related_name="wave_places", verbose_name=_("order"))
    position = models.PositiveIntegerField(_("place"))
    is_active = models.BooleanField(_("in the wave"), db_default=True, default=True)
    left_at = models.DateTimeField(_("left"), null=True, blank=True)
    left_reason = ReasonField(_("reason"))

    class Meta:
        verbose_name = _("order of a wave")
        verbose_name_plural = _("orders of waves")
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=("wave", "order"), name="one_place_per_order_and_wave"),
            models.UniqueConstraint(
                fields=("order",), condition=models.Q(is_active=True), name="one_wave_under_way_per_order"
            ),
        )

    def __str__(self) -> str:
        return f"{self.wave_id} {self.position}"


class PackedParcel(models.Model):
    """A parcel as it is packed by scanning. Known by its shop and its number there; an order without parcels is its own parcel.

    `scanned`: {key of a piece: how many were scanned}. `last_scan`: the scanner page's id of the scan that was counted last, so that a
    request which is sent again counts once.
    """

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="packed_parcels", verbose_name=_("shop"),
        db_index=False,  # packed_parcel_shop
    )  # fmt: skip
    number = models.CharField(_("parcel number"), max_length=ID_LENGTH)
    tracking_number = models.CharField(
        _("tracking number"), max_length=TRACKING_LENGTH, blank=True, db_default="", default="", db_index=True
    )
    carrier = models.CharField(_("courier"), max_length=100, blank=True, db_default="", default="")
    scanned = models.JSONField(_("scanned"), db_default={}, default=dict, blank=True)
    last_scan = models.CharField(max_length=64, blank=True, db_default="", default="")
    started_at = models.DateTimeField(_("begun"), db_default=models.functions.Now())
    packed_at = models.DateTimeField(_("packed"), null=True, blank=True)
    packed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("packed by")
    )

    class Meta:
        verbose_name = _("packed parcel")
        verbose_name_plural = _("packed parcels")
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("shop", "number"), name="one_packing_per_parcel"),)
        indexes = (models.Index(fields=("shop", "-id"), name="packed_parcel_shop"),)

    def __str__(self) -> str:
        return self.number


class HandOver(models.Model):
    """A courier's pick-up on one day: parcels of these shops are scanned out to it. `shop_ids`: as of a wave."""

    carrier = models.CharField(_("courier"), max_length=100)
    day = models.DateField(_("day"))
    shop_ids = ArrayField(models.BigIntegerField(), verbose_name=_("shops"), db_default=[], default=list)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("opened by")
    )
    opened_at = models.DateTimeField(_("opened"), db_default=models.functions.Now())
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("carrier", "day", "shop_ids"), name="one_hand_over_per_courier_and_day"),
        )

    def __str__(self) -> str:
        return f"{self.carrier} {self.day:%d/%m/%Y}"


class HandOverScan(models.Model):
    """A code that was scanned in a hand-over, and what came of it. A parcel goes out once, whatever the hand-over."""

    class Outcome(models.TextChoices):
        OUT = "out", _("Went out")
        ALREADY_OUT = "already_out", _("Went out before")
        OTHER_COURIER = "other_courier", _("Of another courier")
        NOT_PACKED = "not_packed", _("Not packed whole")
        NOT_ARRANGED = "not_arranged", _("Shipment not arranged")
        CANCELLED = "cancelled", _("Cancelled")
        CANCELLING = "cancelling", _("Buyer wishes to cancel")
        HELD = "held", _("Held back")
        UNKNOWN = "unknown", _("Not known here")

    handover = models.ForeignKey(HandOver, models.CASCADE, related_name="scans", verbose_name=_("hand-over"))
    code = models.CharField(_("scanned code"), max_length=ID_LENGTH)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices)
    shop = models.ForeignKey(
        Shop, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("shop")
    )  # fmt: skip
    number = models.CharField(_("parcel number"), max_length=ID_LENGTH, blank=True, db_default="", default="")
    carrier = models.CharField(_("courier"), max_length=100, blank=True, db_default="", default="")
    orders = models.CharField(_("orders"), max_length=500, blank=True, db_default="", default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    scanned_at = models.DateTimeField(_("scanned"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("scan of a hand-over")
        verbose_name_plural = _("scans of hand-overs")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("handover", "code"), name="one_scan_per_code"),
            models.UniqueConstraint(
                fields=("shop", "number"), condition=models.Q(outcome="out"), name="one_way_out_per_parcel"
            ),
        )

    def __str__(self) -> str:
        return self.code
