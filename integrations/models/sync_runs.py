"""Log of the runs that read a connection: sweeps, chunks of backfills and checks of the numbers shown."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.reasons import ReasonField
from integrations.models.accounts import Connection


class SyncRun(models.Model):
    """One run: what it read and wrote, the calls it made and why it broke off. Written at its start and once at its end."""

    class Kind(models.TextChoices):
        SWEEP = "sweep", _("Sweep")
        DAY_SWEEP = "day_sweep", _("Sweep of the last day")
        BACKFILL = "backfill", _("Part of a backfill")
        NUMBERS = "numbers", _("Check of shown numbers")

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Broken off")
        LOST = "lost", _("Ended without a word")

    connection = models.ForeignKey(
        Connection, models.CASCADE, db_index=False, related_name="sync_runs", verbose_name=_("connection")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    state = models.CharField(
        _("state"), max_length=16, choices=State.choices, default=State.RUNNING, db_default=State.RUNNING
    )
    started_at = models.DateTimeField(_("began"), db_default=models.functions.Now())
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    seconds = models.FloatField(_("seconds"), null=True, blank=True)
    fetched = models.PositiveIntegerField(
        _("fetched"), default=0, db_default=0, help_text=_("Things that the channel listed, or numbers that it showed.")
    )
    written = models.PositiveIntegerField(
        _("new or changed"), default=0, db_default=0,
        help_text=_("Things stored or put into the inbox because they are new or changed; of a check, wrong numbers."),
    )  # fmt: skip
    calls = models.PositiveIntegerField(_("calls"), default=0, db_default=0)
    # of all calls together
    answer_seconds = models.FloatField(default=0, db_default=0.0)
    reason = ReasonField(_("reason"))

    class Meta:
        verbose_name = _("sync run")
        verbose_name_plural = _("sync runs")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("connection", "-id"), name="sync_run_connection"),
            models.Index(fields=("connection", "-id"), condition=Q(state__in=("failed", "lost")), name="sync_run_failed"),
            models.Index(fields=("connection", "kind"), condition=Q(state="running"), name="sync_run_running"),
            models.Index(fields=("started_at",), name="sync_run_started"),
            models.Index(fields=("seconds",), name="sync_run_seconds"),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"
