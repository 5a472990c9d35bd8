"""Refunds: made once, found again by our reference."""

from __future__ import annotations

from integrations.connectors.payments.client import client_of

from integrations.contract.access import Access
from integrations.contract.writes import WriteOutcome, Writer, WriteRequest
from integrations.wire.calls import Call


def perform(access: Access, command: WriteRequest) -> WriteOutcome:
    """Refund a payment. Not repeatable."""
    sent = {"tx": command.subject, "amount": command.options["amount"], "reference": command.reference}
    return WriteOutcome(client_of(access).send(Call("POST", "/refunds", json=sent))["refund"])


def outcome_of(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Look a refund up by its reference. May be repeated."""
    found = client_of(access).send(Call("GET", "/refunds", params=[("reference", command.reference)]))["refund"]
    return WriteOutcome(found) if found else None


REFUND = Writer(perform=perform, outcome_of=outcome_of)
