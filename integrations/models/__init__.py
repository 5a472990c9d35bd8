"""Tables of accounts and their links, the inbox, commands and their pictures, labels, backfills, sync runs, and sinks of events."""

from integrations.models.accounts import (
    AppRegistration,
    Authorisation,
    Connection,
    new_app_key,
)
from integrations.models.arranging import ArrangeRule, ArrangeRun
from integrations.models.backfill import BackfillChunk, BackfillRun
from integrations.models.closing import LONGEST_NOTE, Closable
from integrations.models.commands import KIND_LABELS, Command, kind_label
from integrations.models.consent import Consent
from integrations.models.events import DeliveryAttempt, EventDelivery, EventSink
from integrations.models.imported import ImportedDocument
from integrations.models.inbox import InboxEvent, Refusal
from integrations.models.labels import PrintRun, PrintRunLabel, ShippingLabel
from integrations.models.links import SINGLE_ROLES, Link
from integrations.models.pictures import CommandPicture
from integrations.models.restoration import IS_HELD, Restoration
from integrations.models.sync_runs import SyncRun

__all__ = [
    "IS_HELD",
    "KIND_LABELS",
    "LONGEST_NOTE",
    "SINGLE_ROLES",
    "AppRegistration",
    "ArrangeRule",
    "ArrangeRun",
    "Authorisation",
    "BackfillChunk",
    "BackfillRun",
    "Closable",
    "Command",
    "CommandPicture",
    "Connection",
    "Consent",
    "DeliveryAttempt",
    "EventDelivery",
    "EventSink",
    "ImportedDocument",
    "InboxEvent",
    "Link",
    "PrintRun",
    "PrintRunLabel",
    "Refusal",
    "Restoration",
    "ShippingLabel",
    "SyncRun",
    "kind_label",
    "new_app_key",
]
