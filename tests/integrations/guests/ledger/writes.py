"""Journal entries: written once, found again by our reference."""

from __future__ import annotations

from integrations.connectors.ledger.client import client_of

from integrations.contract.access import Access
from integrations.contract.writes import WriteOutcome, Writer, WriteRequest
from integrations.wire.calls import Call


def perform(access: Access, command: WriteRequest) -> WriteOutcome:
    """Write an entry. Not repeatable."""
    entry = {"Reference": command.reference, "Memo": command.order_number, "Lines": command.options["lines"]}
    return _outcome(client_of(access).send(Call("POST", "/JournalEntries", json=entry)))


def outcome_of(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Look an entry up by its reference. May be repeated."""
    found = client_of(access).send(Call("GET", "/JournalEntries", params=[("Reference", command.reference)]))["value"]
    return _outcome(found[0]) if found else None


def _outcome(entry: dict[str, int]) -> WriteOutcome:
    return WriteOutcome(str(entry["Number"]), f"JE{entry['Number']}")


JOURNAL_ENTRY = Writer(perform=perform, outcome_of=outcome_of)
