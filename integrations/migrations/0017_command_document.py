"""Index of documents at other systems, by which people look for orders; built beside running writes."""

from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("integrations", "0016_reasons")]

    operations = [
        AddIndexConcurrently(
            "command", models.Index(Upper("code"), condition=~models.Q(code=""), name="command_document")
        ),
    ]
