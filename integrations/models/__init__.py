"""How we talk to others: registrations, consents, connections, and every change notification that ever came in."""

from integrations.models.access import AppRegistration, Authorisation, Connection, new_app_key
from integrations.models.backfill import BackfillChunk, BackfillRun
from integrations.models.consent import Consent
from integrations.models.inbox import InboxEvent, Refusal

__all__ = [
    "AppRegistration",
    "Authorisation",
    "BackfillChunk",
    "BackfillRun",
    "Connection",
    "Consent",
    "InboxEvent",
    "Refusal",
    "new_app_key",
]
