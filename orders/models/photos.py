"""Photos and clips of parcels as they were packed, and of goods that came back."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.widths import ID_LENGTH
from inventory.models import Shop
from orders.models.order import TRACKING_LENGTH, Order
from orders.models.returns import Return, ReturnLine


class ParcelPhoto(models.Model):
    """A photo or clip of a parcel. The file lies sealed in the place of `PHOTO_URL`, in `pieces`; the row says what it must be.

    `ret`: it shows what came back with a return, and then `number` is the return's. `stored_at`: all of it arrived and was looked
    into. `dropped_at`: the file is gone, the row with its hash stays: who kept a copy can still show that it is the same.
    """

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="parcel_photos", verbose_name=_("shop"))
    number = models.CharField(_("parcel number"), max_length=ID_LENGTH)
    tracking_number = models.CharField(
        _("tracking number"), max_length=TRACKING_LENGTH, blank=True, db_default="", default="", db_index=True
    )
    orders = models.ManyToManyField(Order, related_name="photos", verbose_name=_("orders"))
    ret = models.ForeignKey(
        Return, models.PROTECT, null=True, blank=True, related_name="photos", verbose_name=_("return")
    )
    return_line = models.ForeignKey(
        ReturnLine, models.SET_NULL, null=True, blank=True, related_name="photos", verbose_name=_("return line")
    )
    file_name = models.CharField(max_length=80, unique=True)
    content_type = models.CharField(_("format"), max_length=20)
    pieces = models.PositiveSmallIntegerField(db_default=0, default=0)
    size = models.PositiveIntegerField(_("size"), db_default=0, default=0)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True, db_default="", default="")
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("taken by")
    )
    taken_at = models.DateTimeField(_("taken"), db_default=models.functions.Now())
    stored_at = models.DateTimeField(_("stored"), null=True, blank=True)
    dropped_at = models.DateTimeField(_("file deleted"), null=True, blank=True)

    class Meta:
        verbose_name = _("packing photo")
        verbose_name_plural = _("packing photos")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("shop", "number"), name="photo_of_parcel"),
            models.Index(fields=("taken_at",), condition=models.Q(dropped_at=None), name="photo_kept"),
        )

    def __str__(self) -> str:
        return self.tracking_number or self.number

    @property
    def is_clip(self) -> bool:
        return self.content_type.startswith("video/")
