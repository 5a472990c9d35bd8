"""Documents that a POS imported by itself for marketplace orders."""

from __future__ import annotations

from django.db import models

from core.widths import ID_LENGTH
from integrations.models.accounts import Connection


class ImportedDocument(models.Model):
    """A POS document for a marketplace order as it was last seen: it may come before the order, or before what is held for it."""

    pos = models.ForeignKey(Connection, models.CASCADE, related_name="+")
    code = models.CharField(max_length=ID_LENGTH)
    kind = models.CharField(max_length=32)
    channel = models.CharField(max_length=32)
    order_number = models.CharField(max_length=ID_LENGTH)
    is_void = models.BooleanField()
    asked_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("pos", "code"), name="one_row_per_imported_document"),)
        indexes = (
            models.Index(fields=("order_number", "channel"), name="imported_for_order"),
            # what both sides missed is looked for among the newest
            models.Index(fields=("pos", "asked_at"), name="imported_lately"),
        )

    def __str__(self) -> str:
        return self.code
