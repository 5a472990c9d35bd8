"""An order as fees are computed of it. Amounts are of the whole line, in the shop's currency; only `price` is per unit.

Named tuples, since a report makes a million of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

ZERO = Decimal(0)
UNTOLD: Mapping[str, Any] = MappingProxyType({})


class Line(NamedTuple):
    """A sold line. `rates`: told by the channel, by fee kind; `payees`: who sold it, by kind of payee; `category`: the leaf."""

    key: str
    quantity: int
    price: Decimal
    sku: str = ""
    category: str = ""
    campaigns: tuple[str, ...] = ()
    seller_discount: Decimal = ZERO
    platform_discount: Decimal = ZERO
    platform_voucher: Decimal = ZERO
    coins: Decimal = ZERO
    tax: Decimal = ZERO
    rates: Mapping[str, Decimal] = UNTOLD
    payees: Mapping[str, str] = UNTOLD


class Order(NamedTuple):
    """An order. A seller's voucher is within the lines' `seller_discount`; `shipping` is what the buyer pays for it."""

    number: str
    channel: str
    shop: str
    created_at: datetime
    lines: tuple[Line, ...]
    shop_type: str = ""
    legal_form: str = ""
    payment_method: str = ""
    shipping: Decimal = ZERO
    parcels: int = 1
    currency: str = "VND"


class Back(NamedTuple):
    """Units that came back, or money: `quantity` and `refund` by line key. A refund that is absent is not told."""

    kind: str
    quantity: Mapping[str, int] = UNTOLD
    refund: Mapping[str, Decimal] = UNTOLD
