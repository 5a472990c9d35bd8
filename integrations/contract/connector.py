"""The contract of a connector: identity and ports.

A connector talks to one channel and knows nothing of our models: its functions are given plain values (`AppAccess`,
`Access`) and hand back snapshots. It keeps no state between calls. `None`, or an absent key, means "cannot".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from integrations.contract.access import Access
from integrations.contract.consent import Consent
from integrations.contract.declarations import Field, Limit
from integrations.contract.labels import Labels
from integrations.contract.publisher import Publisher
from integrations.contract.queue import AppQueue
from integrations.contract.quotes import FreightQuotes
from integrations.contract.reads import Reader
from integrations.contract.statement_files import StatementFiles
from integrations.contract.terms import Terms
from integrations.contract.tracking import ReadTracking
from integrations.contract.webhooks import Webhooks
from integrations.contract.writes import Writer
from inventory.snapshots import WarehouseSnapshot


class Role(StrEnum):
    """Role of an outside system for the retailer."""

    MARKETPLACE = "marketplace"
    DIRECT = "direct"
    POS = "pos"
    CRM = "crm"
    LEDGER = "ledger"
    PAYMENTS = "payments"
    RATES = "rates"
    CARRIER = "carrier"
    CATALOGUE = "catalogue"
    OMS = "oms"


# an account of such a system has a shop: it sells, or its till sales are orders
SHOP_ROLES = frozenset({Role.MARKETPLACE, Role.DIRECT, Role.POS})
# and so has one that brings orders or listings, whatever its role: both are rows of a shop
SHOP_KINDS = frozenset({"order", "listing"})


@dataclass(frozen=True, slots=True)
class Health:
    """Answer of the cheapest is-the-link-alive call."""

    name: str
    is_open: bool = True
    authorised_until: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """One channel.

    `check`: the cheapest call that proves an account alive; may be repeated. `account_fields`: credentials of a registration,
    stored encrypted; `account_settings`: its settings, stored plain; `connection_fields`: settings of one account.
    `warehouses`: branches of a POS, or the channel's own warehouses; may be repeated.
    `sign`: the signature of one entry of a vector file, by the same code that signs calls and checks webhooks.
    `terms`: what the channel's own words mean. `tracking`: the steps of an order's parcels.
    `refusal_form`: (code, words) to the (HTTP status, body) with which the channel refuses a call; None for a bare status 400.
    """

    channel: str
    title: str
    roles: frozenset[Role]
    check: Callable[[Access], Health]
    base_url: str = ""
    account_fields: tuple[Field, ...] = ()
    account_settings: tuple[Field, ...] = ()
    connection_fields: tuple[Field, ...] = ()
    limits: tuple[Limit, ...] = ()
    consent: Consent | None = None
    webhooks: Webhooks | None = None
    queue: AppQueue | None = None
    reads: Mapping[str, Reader] = field(default_factory=dict)
    publisher: Publisher | None = None
    writes: Mapping[str, Writer] = field(default_factory=dict)
    labels: Labels | None = None
    tracking: ReadTracking | None = None
    statement_files: StatementFiles | None = None
    quotes: FreightQuotes | None = None
    warehouses: Callable[[Access], tuple[WarehouseSnapshot, ...]] | None = None
    sign: Callable[[Mapping[str, Any]], str] | None = None
    refusal_form: Callable[[str, str], tuple[int, object]] | None = None
    terms: Terms = field(default_factory=Terms)

    @property
    def sells(self) -> bool:
        """Return whether orders are placed there that the hub's people pack: not at a till, nor in a CRM."""
        return bool(self.roles & {Role.MARKETPLACE, Role.DIRECT})

    @property
    def keeps_stock(self) -> bool:
        """Return whether it is a POS: its listings are the product book, its warehouses are branches."""
        return Role.POS in self.roles

    @property
    def has_shop(self) -> bool:
        """Return whether its accounts have a shop: they bring things that belong to one."""
        return bool(self.roles & SHOP_ROLES or SHOP_KINDS & self.reads.keys())
