"""Restorations: the database went back in time, and the hub makes sure of the world before anything leaves."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Restoration(models.Model):
    """One restore from a backup of `backup_at`. While `released_at` is empty nothing leaves the hub, see `integrations/restoring.py`.

    `held_since`: the database's time when the check began; what was read before it does not count.
    """

    class Phase(models.TextChoices):
        SWEEPING = "sweeping", _("Reading what changed at the channels")
        COMPARING = "comparing", _("Looking up commands and comparing numbers")
        OVER = "over", _("Over")

    backup_at = models.DateTimeField(_("as of"))
    held_since = models.DateTimeField(_("restored"), db_default=models.functions.Now())
    phase = models.CharField(_("state"), max_length=16, choices=Phase.choices, db_default=Phase.SWEEPING)
    looked_up = models.PositiveIntegerField(_("commands to look up"), db_default=0)
    released_at = models.DateTimeField(_("released"), null=True, blank=True)

    class Meta:
        verbose_name = _("restoration")
        verbose_name_plural = _("restorations")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.backup_at:%Y-%m-%d %H:%M}"


# SQL: whether the hub was restored and is not sure of the world yet. The table is empty, or nearly so.
IS_HELD = "EXISTS (SELECT FROM integrations_restoration WHERE released_at IS NULL)"
