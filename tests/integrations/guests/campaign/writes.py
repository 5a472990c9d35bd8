"""Items of promotions: set at a price, and looked up there."""

from __future__ import annotations

from integrations.connectors.campaign.client import client_of

from integrations.contract.access import Access
from integrations.contract.writes import WriteOutcome, Writer, WriteRequest
from integrations.wire import answers
from integrations.wire.calls import Call


def perform(access: Access, command: WriteRequest) -> WriteOutcome:
    """Sell the subject, a promotion's item, at a price."""
    promotion, item = command.subject.split(":")
    sent = {"promotion": promotion, "item": item, "price": command.options["price"]}
    client_of(access).send(Call("POST", "/promotions/items", json=sent))
    return WriteOutcome(command.subject)


def outcome_of(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Look whether the item is sold at that price. May be repeated."""
    promotion, item = command.subject.split(":")
    found = answers.rows(client_of(access).send(Call("GET", "/promotions", params=[("code", promotion)])), "promotions")
    is_set = found and str(answers.part(found[0], "prices").get(item)) == str(command.options["price"])
    return WriteOutcome(command.subject) if is_set else None


PROMOTION_ITEM = Writer(perform=perform, outcome_of=outcome_of)
