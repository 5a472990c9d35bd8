"""Backups that were taken, and those that failed: the record that people see. What a restore reads is the manifest beside the dump."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Backup(models.Model):
    """One backup. `problem`: why there is none; then `name` and `size` are empty. `place`: the address, without any secret."""

    started_at = models.DateTimeField(_("when"))
    seconds = models.FloatField(_("how long"), default=0.0)
    name = models.CharField(_("file"), max_length=200, blank=True, default="")
    place = models.CharField(_("where"), max_length=500)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    problem = models.CharField(_("problem"), max_length=500, blank=True, default="")
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)

    class Meta:
        verbose_name = _("backup")
        verbose_name_plural = _("backups")
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"
