"""Filters of lists that people saved under a name."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

NAME_LENGTH, QUERY_LENGTH = 60, 2_000


class SavedFilter(models.Model):
    """The query of a list under a name, for its owner or for everybody with a shop in common. `list_name`: orders_order, ..."""

    list_name = models.CharField(max_length=80)
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    query = models.CharField(_("filters"), max_length=QUERY_LENGTH)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("owner"))
    is_shared = models.BooleanField(_("shared"), default=False, db_default=False)
    created_at = models.DateTimeField(_("when"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ("name", "id")
        indexes = (models.Index(fields=("list_name", "owner"), name="saved_filter_list"),)

    def __str__(self) -> str:
        return self.name
