"""Writes: customers and sale orders, found again by their code. Performed twice, each is still there once."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.connectors.misa_crm.client import TenantClient
from integrations.connectors.misa_crm.mapping import fields, sales, states
from integrations.contract.access import Access
from integrations.contract.errors import Rejected
from integrations.contract.writes import WriteOutcome, Writer, WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row

# the layout of a tenant that never changed its forms
LAYOUT = "Mẫu tiêu chuẩn"


def write_customer(access: Access, command: WriteRequest) -> WriteOutcome:
    """Write the customer of `options["customer"]`; one that is there under its code is left as people keep it.

    Raises Rejected with the CRM's reason, TryLater with `maybe_done` when the outcome is unknown.
    """
    if known := find_customer(access, command):
        return known
    buyer = command.options["customer"]
    made = TenantClient(access).write("POST", "/Customers", sales.customer_body(buyer, layout=_layout(access)))
    return WriteOutcome(fields.text(made, "data"), buyer["code"], answers.plain(made))


def find_customer(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Look up the customer by its code; None where there is no trace of it."""
    code = command.options["customer"]["code"]
    found = _with_code(TenantClient(access).found("/Customers/code", "code", [code]), "account_number", code)
    return WriteOutcome(fields.text(found, "id"), code, answers.plain(found)) if found else None


def write_order(access: Access, command: WriteRequest) -> WriteOutcome:
    """Write a sale order the first time, later only its state. Options are made by `integrations/documents/crm/`.

    Raises as `write_customer`; Rejected too where people made a sale order with this number.
    """
    client, code, label = TenantClient(access), str(command.options["code"]), _label(access, command)
    known = _sale(client, code)
    if known is not None:
        if not sales.is_ours(known):
            raise Rejected(f"MISA CRM has another sale order {code} that the hub did not write", code="sale_order_no")
        if label and fields.text(known, "status") != label:
            state = {"form_layout": _layout(access), "sale_order_no": code, "status": label}
            client.write("PUT", "/SaleOrders", state)
        return WriteOutcome(fields.text(known, "id"), code, {})
    if not command.lines:
        raise Rejected("a sale order without lines cannot be written")
    date_form = access.settings.get("date_form") or next(iter(sales.DATES))
    body = sales.sale_body(command, layout=_layout(access), label=label, date_form=date_form)
    made = client.write("POST", "/SaleOrders", body)
    return WriteOutcome(fields.text(made, "data"), code, answers.plain(made))


def find_order(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Look up our sale order by its number; None where it is missing or not in the wanted state."""
    code, label = str(command.options["code"]), _label(access, command)
    known = _sale(TenantClient(access), code)
    if known is None or not sales.is_ours(known) or (label and fields.text(known, "status") != label):
        return None
    return WriteOutcome(fields.text(known, "id"), code, {})


def _sale(client: TenantClient, code: str) -> Row | None:
    """Return the sale order with this number; a brief look-up by code is followed by one of the whole record."""
    found = _with_code(client.found("/SaleOrders/code", "code", [code]), "sale_order_no", code)
    if found is not None and not {"other_sys_order_code", "status"} <= found.keys():
        return next(iter(client.found("/SaleOrders/id", "ids", [fields.text(found, "id")])), None)
    return found


def _with_code(rows: list[Row], name: str, code: str) -> Row | None:
    """Return the row with exactly this code: a look-up may bring others too."""
    return next((row for row in rows if fields.folded(fields.text(row, name)) == fields.folded(code)), None)


def _label(access: Access, command: WriteRequest) -> str:
    return states.label_of(states.of_settings(access.settings), str(command.options.get("state", "")))


def _layout(access: Access) -> str:
    return access.settings.get("form_layout") or LAYOUT


WRITES: Mapping[str, Writer] = {
    # Both look up by code before they create, which two at once would pass: commands about one customer go one at a time.
    "crm_customer": Writer(perform=write_customer, outcome_of=find_customer),
    "crm_order": Writer(perform=write_order, outcome_of=find_order),
}
