"""Shape of ORDERS.json, of which `schema` makes the published JSON Schema. `reading` turns it into `order.Order`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from commissions.rules import words
from commissions.rules.formula import FeeKind, Name, Number, Rate, Word, one_of
from commissions.rules.order import ZERO
from commissions.rules.rule import ShopType

Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Currency = Annotated[str, Meta(extra_json_schema={"pattern": "^[A-Z]{3}$"})]
AnyLegalForm = Annotated[str, one_of(["", *words.LEGAL_FORMS])]
EventKind = Annotated[str, one_of([*words.CHARGED_WHEN, *words.BACK_KINDS])]
PayeeWithId = Annotated[str, one_of(kind for kind in words.PAYEES if kind != words.MARKETPLACE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """A line in ORDERS.json. Amounts are of the whole line, `price` is per unit; `rates` in percent, by fee kind."""

    key: Word
    quantity: Annotated[int, Meta(ge=1, le=1_000_000_000)]
    price: Number
    sku: Name = ""
    category: Name = ""
    campaigns: tuple[Word, ...] = ()
    seller_discount: Number = ZERO
    seller_voucher: Number = ZERO
    platform_discount: Number = ZERO
    platform_voucher: Number = ZERO
    coins: Number = ZERO
    tax: Number = ZERO
    rates: dict[FeeKind, Rate] = field(default_factory=dict)
    payees: dict[PayeeWithId, Word] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBack:
    """A line's part of an event: units that came back, and the money given back for them if it is told."""

    key: Word
    quantity: Count = 0
    refund: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEvent:
    """An event of an order. Without `lines`, a thing that comes back is the whole order."""

    kind: EventKind
    lines: tuple[FileBack, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOrder:
    """An order in ORDERS.json. Vouchers and coins of the whole order are spread over its lines by value.

    `events` in the order in which they happened; left out: delivered, and nothing came back.
    """

    number: Word
    channel: Word
    created_at: Annotated[datetime, Meta(tz=True)]
    lines: Annotated[tuple[FileLine, ...], Meta(min_length=1)]
    shop: Name = ""
    shop_type: ShopType = ""
    legal_form: AnyLegalForm = ""
    payment_method: Name = ""
    shipping: Number = ZERO
    seller_voucher: Number = ZERO
    platform_voucher: Number = ZERO
    coins: Number = ZERO
    parcels: Count = 1
    currency: Currency = "VND"
    events: tuple[FileEvent, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFile:
    """ORDERS.json."""

    orders: tuple[FileOrder, ...]
