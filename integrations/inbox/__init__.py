"""The inbox: every change notification is a row, added, claimed and finished here."""

from integrations.inbox.answers import keep_answers
from integrations.inbox.leases import RETRY_AFTER, claim, finish, is_last_try, keep_mine, put_back, renew
from integrations.inbox.store import accounting, add, end_answered, retry_dead

__all__ = [
    "RETRY_AFTER",
    "accounting",
    "add",
    "claim",
    "end_answered",
    "finish",
    "is_last_try",
    "keep_answers",
    "keep_mine",
    "put_back",
    "renew",
    "retry_dead",
]
