"""Freight quotes of a carrier."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from integrations.contract.access import Access


@dataclass(frozen=True, slots=True)
class Consignment:
    """A parcel to be carried: addresses by the carrier's own area codes, weight in grams, sizes in centimetres."""

    from_area: str
    to_area: str
    grams: int
    length: int = 0
    width: int = 0
    height: int = 0
    cash_on_delivery: Decimal = Decimal(0)
    declared_value: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Quote:
    """Price of one service of a carrier for a consignment. `days`: promised days of transit, None where it tells none."""

    service: str
    price: Decimal
    currency: str = "VND"
    days: int | None = None


class GetQuotes(Protocol):
    def __call__(self, access: Access, consignment: Consignment) -> tuple[Quote, ...]:
        """Return the offers for a consignment, cheapest first; empty where the carrier does not go. May be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreightQuotes:
    """Freight quotes of a carrier."""

    get: GetQuotes
