"""Resources of the CRM, and look-ups of their records by id or code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from integrations.connectors.misa_crm.client import TenantClient
from integrations.connectors.misa_crm.mapping import fields, people, sales
from integrations.wire.answers import Row


@dataclass(frozen=True, slots=True)
class Source:
    """One resource. `id_of`: the event's id of a row; `by`: the key of its look-up; `whole`: a field that brief rows lack."""

    path: str
    id_of: Callable[[Row], str]
    by: str
    whole: str


def _contact_id(row: Row) -> str:
    number = fields.text(row, "id")
    return f"{people.CONTACT}{number}" if number else ""


CUSTOMERS = Source("/Customers", lambda row: fields.text(row, "id"), "id", "modified_date")
CONTACTS = Source("/Contacts", _contact_id, "id", "modified_date")
PRODUCTS = Source("/Products", lambda row: fields.text(row, "product_code"), "code", "modified_date")
SALES = Source("/SaleOrders", lambda row: fields.text(row, "sale_order_no"), "code", sales.LINES)
SOURCES: Mapping[str, tuple[Source, ...]] = {
    "customer": (CUSTOMERS, CONTACTS),
    "listing": (PRODUCTS,),
    "order": (SALES,),
}


def ids_by_source(kind: str, ids: Sequence[str]) -> Sequence[tuple[Source, list[str]]]:
    """Return each source of a kind with those of the ids that belong to it."""
    if kind != "customer":
        return [(SOURCES[kind][0], list(dict.fromkeys(ids)))]
    of_contacts = {external_id for external_id in ids if external_id.startswith(people.CONTACT)}
    of_customers = set(ids) - of_contacts
    return [(CUSTOMERS, sorted(of_customers)), (CONTACTS, sorted(of_contacts))]


def look_up(client: TenantClient, source: Source, ids: Sequence[str]) -> list[Row]:
    """Return whole records, in one call or two: a look-up by code may answer with a few fields only (not verified)."""
    if source.by == "id":
        return _by_number(client, source, [external_id.removeprefix(people.CONTACT) for external_id in ids])
    rows = client.found(f"{source.path}/code", "code", ids)
    brief = [row for row in rows if source.whole not in row]
    whole = _by_number(client, source, [fields.text(row, "id") for row in brief])
    return [row for row in rows if source.whole in row] + whole


def _by_number(client: TenantClient, source: Source, numbers: Sequence[str]) -> list[Row]:
    return client.found(f"{source.path}/id", "ids", numbers)
