"""One at a time, over all processes: a named lock that PostgreSQL holds for the session that took it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import InterfaceError, OperationalError

from inventory.sql import fetch


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """True inside if nobody else is, False at once if somebody is. A killed process is out when its session ends.

    Not for correctness: a database that restarts lets a second one in. Use it outside a transaction.
    """
    [(ours,)] = fetch("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", name)
    try:
        yield ours
    finally:
        if ours:
            with suppress(OperationalError, InterfaceError):
                fetch("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", name)
