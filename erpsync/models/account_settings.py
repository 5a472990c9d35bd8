"""Settings of people's own accounts."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class AccountSettings(models.Model):
    """A person's choices, kept with the account: they hold on every machine. No row: nothing was chosen yet."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    # a code of LANGUAGES
    language = models.CharField(max_length=10, blank=True, default="", db_default="")

    def __str__(self) -> str:
        return f"{self.user_id}: {self.language}"
