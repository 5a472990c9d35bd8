"""The inbox: every change notification is a row, added, claimed and finished here."""

from integrations.inbox.leases import claim, finish, keep_mine, put_back, renew
from integrations.inbox.store import accounting, add, retry_dead

__all__ = ["accounting", "add", "claim", "finish", "keep_mine", "put_back", "renew", "retry_dead"]
