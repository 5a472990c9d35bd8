"""Data requests: what people did about the data of a buyer, by whom, when and why. The record stays when the data are gone."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.encryption import EncryptedJSONField


class DataRequest(models.Model):
    """A buyer's request. `terms`, what the person is found by, is encrypted, and emptied when the request ends; of an export that
    the API was asked for when its file is no longer there: `file_until`, the file is made of them each time.

    `counts`: rows written, or handed out, by table; `kept`: rows with something that is kept; `elsewhere`: documents at other
    systems, by connection, which are erased there.
    """

    class Kind(models.TextChoices):
        FIND = "find", _("Looked up")
        EXPORT = "export", _("Handed out")
        ERASE = "erase", _("Erased")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits")
        RUNNING = "running", _("Under way")
        DONE = "done", _("Done")
        FAILED = "failed", _("Not done")

    kind = models.CharField(_("request"), max_length=16, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.WAITING)
    reason = models.CharField(_("reason"), max_length=300, help_text=_("Who asked, and how: without name or number."))
    terms = EncryptedJSONField(default=dict, blank=True)
    shop_ids = ArrayField(models.BigIntegerField(), null=True, blank=True, verbose_name=_("shops"))
    counts = models.JSONField(_("rows"), default=dict, blank=True)
    kept = models.JSONField(_("kept"), default=dict, blank=True)
    elsewhere = models.JSONField(_("at other systems"), default=dict, blank=True)
    step = models.PositiveSmallIntegerField(_("tables done"), default=0)
    problem = models.CharField(_("problem"), max_length=32, blank=True, default="")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("when"), db_default=models.functions.Now())
    file_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("data request")
        verbose_name_plural = _("data requests")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"#{self.pk}"
