"""The tables of core."""

from core.outbox import OutboxEvent

__all__ = ["OutboxEvent"]
