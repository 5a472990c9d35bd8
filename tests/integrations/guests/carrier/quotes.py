"""Freight quotes."""

from __future__ import annotations

from integrations.connectors.carrier.client import client_of

from integrations.contract.access import Access
from integrations.contract.quotes import Consignment, FreightQuotes, Quote
from integrations.wire import answers, fields
from integrations.wire.calls import Call


def get(access: Access, consignment: Consignment) -> tuple[Quote, ...]:
    """Return the offers for a consignment, cheapest first. May be repeated."""
    asked = {
        "from": consignment.from_area, "to": consignment.to_area, "grams": consignment.grams,
        "collect": consignment.cash_on_delivery,
    }  # fmt: skip
    rows = answers.rows(client_of(access).send(Call("POST", "/fee", json=asked, repeatable=True)), "services")
    offers = [
        Quote(fields.text(row, "service"), fields.number(row, "fee"), days=fields.count(row, "days") or None)
        for row in rows
    ]
    return tuple(sorted(offers, key=lambda offer: offer.price))


QUOTES = FreightQuotes(get=get)
