"""Consents in progress: visits to a channel's page where sellers agree."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from core.encryption import EncryptedJSONField
from integrations.models.accounts import AppRegistration, Connection


class Consent(models.Model):
    """Consent in progress, from the click on "Connect" to the chosen shops. A code works once, so its tokens are kept here.

    `connection` is the one to be renewed, if any. Rows live for an hour.
    """

    app = models.ForeignKey(AppRegistration, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    connection = models.ForeignKey(Connection, models.CASCADE, null=True, related_name="+")
    grant = EncryptedJSONField(default=dict)
    granted_at = models.DateTimeField(null=True)
    # one object per shop found: external_id, name, settings
    shops = models.JSONField(default=list)
    # when the code was exchanged: never twice
    redeemed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())

    def __str__(self) -> str:
        return f"{self.app} {self.created_at:%Y-%m-%d %H:%M}"
