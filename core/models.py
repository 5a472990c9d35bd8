"""The tables of core."""

from core.erased import ErasedIdentity, PseudonymKey
from core.feed import Feed
from core.outbox import LastEvent, OutboxEvent

__all__ = ["ErasedIdentity", "Feed", "LastEvent", "OutboxEvent", "PseudonymKey"]
