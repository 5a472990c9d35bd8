"""Closing: a person decides that nothing more is to be done about a row, and says why."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

LONGEST_NOTE = 300


class Closable(models.Model):
    """Columns of a row that may be closed: by whom, when and why. Its state stays; it waits for nobody any more."""

    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    # no index: the inbox is written a thousand times for each time that a row is closed
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("closed by"),
    )  # fmt: skip
    # "": closed by the hub, after another one succeeded
    close_note = models.CharField(_("why it was closed"), max_length=LONGEST_NOTE, blank=True, db_default="")

    class Meta:
        abstract = True
