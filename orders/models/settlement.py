"""Amounts of settlements that came before their order."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.widths import ID_LENGTH
from inventory.models import Shop


class WaitingSettlement(models.Model):
    """Discounts and shipping that a settlement told of an order that is not here yet; gone once the order has them.

    `amounts`: a `SettledAmountsSnapshot` as JSON.
    """

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="+", verbose_name=_("shop"))
    number = models.CharField(_("order number"), max_length=ID_LENGTH)
    asked_at = models.DateTimeField(_("settlement read"))
    amounts = models.JSONField(_("amounts"))

    class Meta:
        verbose_name = _("waiting settlement")
        verbose_name_plural = _("waiting settlements")
        constraints = (models.UniqueConstraint(fields=("shop", "number"), name="waiting_settlement_unique"),)

    def __str__(self) -> str:
        return self.number
