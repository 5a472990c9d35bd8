"""Shipments of many orders that a person wants arranged: how far a job is, and what it left out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class ShipRun(models.Model):
    """Orders that a person ticked, in their order; the first `done` of them are settled.

    `left_out`: ids of orders by the reason, in the language of whoever asked.
    """

    order_ids = ArrayField(models.BigIntegerField(), verbose_name=_("orders"))
    done = models.PositiveIntegerField(_("looked at"), default=0, db_default=0)
    asked = models.PositiveIntegerField(_("being arranged"), default=0, db_default=0)
    left_out = models.JSONField(_("not arranged"), default=dict, blank=True)
    language = models.CharField(_("language"), max_length=8, db_default="vi", default="vi")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("when"), db_default=models.functions.Now())
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("arranging of shipments")
        verbose_name_plural = _("arrangings of shipments")
        ordering = ("-id",)
        indexes = (models.Index(fields=("id",), condition=models.Q(finished_at=None), name="ship_run_unfinished"),)

    def __str__(self) -> str:
        return f"#{self.pk}"
