"""Rules that arrange shipments by themselves, and what each run of one did."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models import Shop, Warehouse


class ArrangeRule(models.Model):
    """Shipments of these shops' new orders are arranged by the hub, at the hours and under the conditions that the rule names."""

    name = models.CharField(_("name"), max_length=100)
    only_shops = models.ManyToManyField(Shop, related_name="+", verbose_name=_("shops"))
    is_active = models.BooleanField(_("switched on"), default=False, db_default=False)
    delay_minutes = models.PositiveIntegerField(
        _("wait after payment (minutes)"), default=30, db_default=30,
        help_text=_("So long a buyer may change or cancel before anything is arranged; after the order where it is not prepaid."),
    )  # fmt: skip
    from_time = models.TimeField(
        _("from"), null=True, blank=True, help_text=_("Hours of the shop's day in which it arranges. Empty: any.")
    )
    until_time = models.TimeField(_("until"), null=True, blank=True)
    warehouse = models.ForeignKey(
        Warehouse, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("warehouse"),
        help_text=_("Only orders whose goods are all reserved there. Empty: any."),
    )  # fmt: skip
    carriers = models.CharField(
        _("couriers"), max_length=300, blank=True, default="", db_default="",
        help_text=_("Only orders of these, names as the channel writes them, with commas between. Empty: any."),
    )  # fmt: skip
    created_at = models.DateTimeField(_("created"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("rule that arranges shipments")
        verbose_name_plural = _("rules that arrange shipments")
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class ArrangeRun(models.Model):
    """A run of a rule that took something, or left other orders than the run before.

    `taken`: [{"order": id, "number": text}]; `left_out`: the same with `reason`, a stored reason.
    """

    rule = models.ForeignKey(ArrangeRule, models.CASCADE, related_name="runs", verbose_name=_("rule"))
    taken = models.JSONField(_("arranged"), default=list, blank=True)
    left_out = models.JSONField(_("left"), default=list, blank=True)
    created_at = models.DateTimeField(_("when"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("run of a rule")
        verbose_name_plural = _("runs of rules")
        ordering = ("-id",)
        indexes = (models.Index(fields=("created_at",), name="arrange_run_created"),)

    def __str__(self) -> str:
        return f"#{self.pk}"
