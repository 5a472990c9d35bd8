"""Tables of registrations, authorisations, connections and their links, the inbox, commands, and backfills."""

from integrations.models.accounts import (
    AppRegistration,
    Authorisation,
    Connection,
    new_app_key,
)
from integrations.models.backfill import BackfillChunk, BackfillRun
from integrations.models.commands import KIND_LABELS, Command, kind_label
from integrations.models.consent import Consent
from integrations.models.inbox import InboxEvent, Refusal
from integrations.models.links import SINGLE_ROLES, Link

__all__ = [
    "KIND_LABELS",
    "SINGLE_ROLES",
    "AppRegistration",
    "Authorisation",
    "BackfillChunk",
    "BackfillRun",
    "Command",
    "Connection",
    "Consent",
    "InboxEvent",
    "Link",
    "Refusal",
    "kind_label",
    "new_app_key",
]
