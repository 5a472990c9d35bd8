"""Writes: customers and sale orders, found again by their code. Performed twice, each is still there once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrations.connectors.misa_crm.client import TenantClient
from integrations.connectors.misa_crm.mapping import errors, fields, sales, states
from integrations.contract.access import Access
from integrations.contract.errors import Rejected
from integrations.contract.reasons import NO_LINES
from integrations.contract.writes import WriteOutcome, Writer, WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row

# the layout of a tenant that never changed its forms
LAYOUT = "Mẫu tiêu chuẩn"
# the fields of our codes: a refusal that names one says that it is taken, or unknown
CUSTOMER_CODE, ORDER_CODE = "account_number", "sale_order_no"


def write_customer(access: Access, command: WriteRequest) -> WriteOutcome:
    """Write the customer of `options["customer"]`; one that is there under its code is left as people keep it.

    The CRM keeps codes unique: it is asked what is there only when it refuses one as taken. Raises Rejected with the CRM's
    reason, TryLater with `maybe_done` when the outcome is unknown.
    """
    buyer = command.options["customer"]
    try:
        made = TenantClient(access).write("POST", "/Customers", sales.customer_body(buyer, layout=_layout(access)))
    except Rejected as refusal:
        known = find_customer(access, command) if refusal.code == CUSTOMER_CODE else None
        if known is None:
            raise
        return known
    return WriteOutcome(fields.text(made, "data"), buyer["code"], answers.plain(made))


def find_customer(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Look up the customer by its code; None where there is no trace of it."""
    code = command.options["customer"]["code"]
    found = _with_code(TenantClient(access).found("/Customers/code", "code", [code]), CUSTOMER_CODE, code)
    return WriteOutcome(fields.text(found, "id"), code, answers.plain(found)) if found else None


def write_order(access: Access, command: WriteRequest) -> WriteOutcome:
    """Write a sale order the first time, later (`external_id` names it) only its state, and its lines where they changed. Options
    are made by `integrations/documents/crm/`.

    Where the CRM says otherwise, it is asked what is there. Raises as `write_customer`; Rejected too where people made a sale
    order with this number.
    """
    client = TenantClient(access)
    try:
        return _change(client, access, command) if command.external_id else _create(client, access, command)
    except Rejected as refusal:
        if refusal.code != ORDER_CODE:
            raise
    known = _sale(client, str(command.options["code"]))
    if known is None:
        return _create(client, access, command)
    if not sales.is_ours(known):
        raise Rejected(errors.ANOTHER_ORDER(number=command.options["code"]), code=ORDER_CODE)
    found = replace(command, external_id=fields.text(known, "id"))
    if _stands(command, _label(access, command), known):
        return WriteOutcome(found.external_id, str(command.options["code"]), {})
    return _change(client, access, found)


def _create(client: TenantClient, access: Access, command: WriteRequest) -> WriteOutcome:
    if not command.lines:
        raise Rejected(NO_LINES)
    date_form = access.settings.get("date_form") or next(iter(sales.DATES))
    body = sales.sale_body(command, layout=_layout(access), label=_label(access, command), date_form=date_form)
    made = client.write("POST", "/SaleOrders", body)
    return WriteOutcome(fields.text(made, "data"), str(command.options["code"]), answers.plain(made))


def _change(client: TenantClient, access: Access, command: WriteRequest) -> WriteOutcome:
    """Send the state, and the lines where they changed. Whether lines that are sent replace the former ones is not verified:
    the CRM is asked what stands there, and anything else is refused, for a person to correct.
    """
    code, label = str(command.options["code"]), _label(access, command)
    changed: dict[str, Any] = {"status": label} if label else {}
    if _is_corrected(command):
        if not command.lines:
            raise Rejected(NO_LINES)
        changed |= sales.lines_body(command)
    if changed:
        client.write("PUT", "/SaleOrders", {"form_layout": _layout(access), ORDER_CODE: code, **changed})
    if _is_corrected(command):
        known = _sale(client, code)
        if known is None or sales.units(known) != sales.units_to_write(command):
            raise Rejected(errors.OTHER_LINES(number=code), code=sales.LINES)
    return WriteOutcome(command.external_id, code, {})


def _is_corrected(command: WriteRequest) -> bool:
    return bool(command.options.get("is_corrected"))


def _stands(command: WriteRequest, label: str, known: Row) -> bool:
    """Return whether a sale order says what the command wants it to say."""
    if label and fields.text(known, "status") != label:
        return False
    return not _is_corrected(command) or sales.units(known) == sales.units_to_write(command)


def find_order(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Look up our sale order by its number; None where it is missing, not in the wanted state or with other lines."""
    code, label = str(command.options["code"]), _label(access, command)
    known = _sale(TenantClient(access), code)
    if known is None or not sales.is_ours(known) or not _stands(command, label, known):
        return None
    return WriteOutcome(fields.text(known, "id"), code, {})


def _sale(client: TenantClient, code: str) -> Row | None:
    """Return the sale order with this number; a brief look-up by code is followed by one of the whole record."""
    found = _with_code(client.found("/SaleOrders/code", "code", [code]), ORDER_CODE, code)
    if found is not None and not {"other_sys_order_code", "status", sales.LINES} <= found.keys():
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
    "crm_customer": Writer(perform=write_customer, outcome_of=find_customer),
    "crm_order": Writer(perform=write_order, outcome_of=find_order),
}
