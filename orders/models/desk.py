"""Notes and tags that people put on orders. None of it is sent to a channel."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order

TAG_LENGTH, NOTE_LENGTH = 40, 2_000


class OrderTag(models.Model):
    """A tag of the house, for orders of all shops. Its name is known without regard to case."""

    class Colour(models.TextChoices):
        DEFAULT = "default", _("Grey")
        INFO = "info", _("Blue")
        SUCCESS = "success", _("Green")
        WARNING = "warning", _("Orange")
        DANGER = "danger", _("Red")

    name = models.CharField(_("tag"), max_length=TAG_LENGTH)
    colour = models.CharField(
        _("colour"), max_length=8, choices=Colour.choices, default=Colour.DEFAULT, db_default=Colour.DEFAULT
    )
    orders = models.ManyToManyField(Order, related_name="tags", verbose_name=_("orders"))

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("name", "id")
        constraints = (models.UniqueConstraint(models.functions.Lower("name"), name="one_tag_per_name"),)

    def __str__(self) -> str:
        return self.name


class OrderNote(models.Model):
    """A note on an order: who wrote what, and when. Append-only."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="notes", verbose_name=_("order"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    text = models.CharField(_("note"), max_length=NOTE_LENGTH)
    created_at = models.DateTimeField(_("when"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("note on an order")
        verbose_name_plural = _("notes on orders")
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.text
