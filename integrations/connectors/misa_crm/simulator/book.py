"""The tenant's records and the rules each kind of them keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.connectors.misa_crm.simulator.wire import Row


@dataclass(frozen=True)
class Kind:
    """One resource. `links`: field -> (resource, its code field, its name field); written as a code, read as a name.

    `unique`: fields that this tenant's form wants without duplicates. `brief`: fields of a look-up by code where the
    tenant's server is brief.
    """

    path: str
    code: str
    name: str
    first_id: int
    unique: tuple[str, ...] = ()
    links: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    brief: tuple[str, ...] = ()
    buried: bool = False  # a deleted one stays, marked


_CUSTOMER = ("Customers", "account_number", "account_name")
_CONTACT = ("Contacts", "contact_code", "contact_name")
KINDS: Mapping[str, Kind] = {
    kind.path: kind
    for kind in (
        Kind("Customers", "account_number", "account_name", 1001, ("tax_code", "office_tel"), {}, ("is_personal",)),
        Kind("Contacts", "contact_code", "contact_name", 2001, ("mobile", "email"), {"account_name": _CUSTOMER}),
        Kind("Products", "product_code", "product_name", 3001),
        Kind(
            "SaleOrders", "sale_order_no", "sale_order_name", 5001, (),
            {"account_name": _CUSTOMER, "contact_name": _CONTACT}, ("other_sys_order_code", "status"), buried=True,
        ),
    )
}  # fmt: skip


@dataclass
class Switches:
    """Switches for behaviour that sources disagree about.

    `page_base`: 0, 1, or None where both are the first page. `brief_lookups`: a look-up by code shows only a few fields.
    `account_refusal`: HTTP status of a bad `/Account`.
    """

    page_base: int | None = None
    brief_lookups: bool = False
    account_refusal: int = 200


@dataclass
class Book:
    """Records of the tenant. Rows by id, oldest first; link fields hold codes in here."""

    company: str
    tables: dict[str, dict[int, Row]] = field(default_factory=lambda: {path: {} for path in KINDS})
    stocks: dict[str, Row] = field(default_factory=dict)  # by async_id
    warehouses: dict[str, str] = field(default_factory=dict)  # async_id -> warehouse of the world
    switches: Switches = field(default_factory=Switches)
    last_line: int = 70_000

    def by_code(self, path: str, code: str) -> Row | None:
        """Return the record with this code; letter case and outer spaces do not matter."""
        kind, wanted = KINDS[path], folded(code)
        return next((row for row in self.tables[path].values() if folded(row[kind.code]) == wanted), None)

    def add(self, path: str, row: Mapping[str, Any], now: str) -> int:
        """Add a record and return its id."""
        table = self.tables[path]
        number = max(table, default=KINDS[path].first_id - 1) + 1
        table[number] = {"id": number, **row, "modified_date": now}
        return number


def folded(code: object) -> str:
    """Normalise a code for comparison."""
    return str(code or "").strip().casefold()
