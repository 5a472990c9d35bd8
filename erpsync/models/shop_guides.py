"""Guides for new shops that have ended."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from inventory.models import Shop


class EndedShopGuide(models.Model):
    """The guide of a shop has ended: its steps were done, or a manager dismissed it. It does not come back when a step opens again."""

    shop = models.OneToOneField(Shop, models.CASCADE, primary_key=True, related_name="+")
    ended_at = models.DateTimeField(db_default=models.functions.Now())
    # empty: its steps were done
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.shop_id} {self.ended_at}"
