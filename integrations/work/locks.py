"""Session-level advisory locks of PostgreSQL: one holder at a time, over all processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import InterfaceError, OperationalError

from core.db import fetch


@contextmanager
def advisory_lock(name: str) -> Iterator[bool]:
    """Session-level PostgreSQL advisory lock; yields whether it was acquired, never blocks. Released when the connection closes.

    Not for correctness: a database that restarts lets a second holder in. Use it outside a transaction.
    """
    [(acquired,)] = fetch("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", name)
    try:
        yield acquired
    finally:
        if acquired:
            with suppress(OperationalError, InterfaceError):
                fetch("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", name)
