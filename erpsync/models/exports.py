"""Exports: which lists were taken out as files, by whom, filtered how, with how many rows; and files that a job made, for some days."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Export(models.Model):
    """A list taken out as a file. `query`: the filters, as the list's address has them; `shop_ids`: shops whose rows it may hold.

    A small one is streamed at once and not kept. A large one waits for a job, and its file is kept as `parts` for some days.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits")
        RUNNING = "running", _("Under way")
        DONE = "done", _("Done")
        FAILED = "failed", _("Not done")

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "Excel"

    class Reason(models.TextChoices):
        TOO_MANY = "too_many", _("It has more rows than a file may have: choose narrower filters.")
        FILTERS = "filters", _("Its filters fit the list no more: take it out again from the list.")
        INTERRUPTED = (
            "interrupted",
            _("The download was broken off, or the hub was stopped meanwhile: take the list out again."),
        )
        ERROR = "error", _("An error in the hub: try again. If it happens again, tell the people who run the hub.")

    list_name = models.CharField(_("list"), max_length=32)
    file_format = models.CharField(_("file"), max_length=4, choices=Format.choices)
    query = models.TextField(_("filters"), blank=True, default="", db_default="")
    language = models.CharField(_("language"), max_length=8, db_default="vi", default="vi")
    shop_ids = ArrayField(models.BigIntegerField(), default=list, verbose_name=_("shops"))
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.RUNNING)
    reason = models.CharField(
        _("why it was not done"), max_length=16, choices=Reason.choices, blank=True, default="", db_default=""
    )
    rows = models.PositiveIntegerField(_("rows"), default=0, db_default=0)
    # a row of the list may be several of the file: an order has one for each of its lines
    listed_rows = models.PositiveIntegerField(_("rows of the list written"), default=0, db_default=0)
    expected_rows = models.PositiveIntegerField(_("rows in all"), null=True, blank=True)
    has_buyers = models.BooleanField(_("buyer data"), default=False)
    has_costs = models.BooleanField(_("costs"), default=False)
    is_kept = models.BooleanField(_("file kept"), default=False, db_default=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("when"), db_default=models.functions.Now())
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("id",), condition=models.Q(state__in=("waiting", "running")), name="export_unfinished"
            ),
        )

    def __str__(self) -> str:
        return f"#{self.pk}"


class ExportPart(models.Model):
    """A piece of a kept file, so that a file of any size is written and sent in bounded memory."""

    export = models.ForeignKey(Export, models.CASCADE, related_name="parts")
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        verbose_name = _("part of an export")
        verbose_name_plural = _("parts of exports")
        constraints = (models.UniqueConstraint(fields=("export", "position"), name="one_part_per_position"),)

    def __str__(self) -> str:
        return f"{self.export_id}/{self.position}"
