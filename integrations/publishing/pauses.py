"""Pauses: a connection to which nothing is pushed for a while."""

from __future__ import annotations

from core.db import execute
from integrations.models import Connection


def pause_pushes(connection: Connection, seconds: float) -> None:
    """Push nothing to this connection for so many seconds."""
    execute(
        "UPDATE integrations_connection SET push_due_at = clock_timestamp() + make_interval(secs => %s) WHERE id = %s",
        seconds, connection.pk,
    )  # fmt: skip
