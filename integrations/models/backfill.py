"""History read in once, chunk by chunk."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.reasons import ReasonField
from core.tracing import TRACEPARENT_LENGTH
from integrations.models.accounts import Connection


class BackfillRun(models.Model):
    """One request to read the history of a kind of thing, from `since` to `until`, of one connection. Its chunks hold the progress."""

    class State(models.TextChoices):
        SEARCHING = "searching", _("Looking for the beginning")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")
        FAILED = "failed", _("Done, with failed parts")
        CANCELLED = "cancelled", _("Cancelled")

    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="backfill_runs", verbose_name=_("connection")
    )
    kind = models.CharField(_("kind"), max_length=32)
    since = models.DateTimeField(_("from"), null=True, blank=True, help_text=_("Empty: from the beginning."))
    until = models.DateTimeField(_("to"))
    newest_first = models.BooleanField(_("newest first"), default=True)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.SEARCHING)
    reason = ReasonField(_("reason"))
    # of the search for the beginning; a chunk has its own
    tries = models.PositiveSmallIntegerField(_("tries"), default=0, db_default=0)
    due_at = models.DateTimeField(_("next try"), db_default=models.functions.Now())
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    # of the request that began it, or resumed it last; "" where it was not traced
    traceparent = models.CharField(max_length=TRACEPARENT_LENGTH, blank=True, default="", db_default="", editable=False)
    created_at = models.DateTimeField(_("created"), db_default=models.functions.Now())
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("backfill")
        verbose_name_plural = _("backfills")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("connection", "kind"), condition=models.Q(state__in=("searching", "running", "paused")),
                name="one_open_backfill_per_kind",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return str(self.connection)


class BackfillChunk(models.Model):
    """A span of days of a run, retried alone. `seen` things were listed, `stored` of them read and stored."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    run = models.ForeignKey(BackfillRun, models.CASCADE, related_name="chunks", verbose_name=_("backfill"))
    since = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("to"))
    state = models.CharField(
        _("state"), max_length=16, choices=State.choices, default=State.WAITING, db_default=State.WAITING
    )
    seen = models.PositiveIntegerField(_("listed"), default=0, db_default=0)
    stored = models.PositiveIntegerField(_("stored"), default=0, db_default=0)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0, db_default=0)
    # {id at the channel: why it could not be stored}, the first hundred
    problems = models.JSONField(_("problems"), default=dict, db_default={}, blank=True)
    reason = ReasonField(_("reason"))
    due_at = models.DateTimeField(_("next try"), db_default=models.functions.Now())
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("part of a backfill")
        verbose_name_plural = _("parts of backfills")
        ordering = ("since",)
        constraints = (models.UniqueConstraint(fields=("run", "since"), name="one_chunk_per_run_and_start"),)
        indexes = (
            models.Index(fields=("run", "due_at"), condition=models.Q(state="waiting"), name="backfill_waiting"),
        )

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d} - {self.until:%Y-%m-%d}"
