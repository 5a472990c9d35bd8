"""Customers and sale orders that we write, found again by their code. Done twice, each is still there once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from integrations.connectors.base import Command, CommandOutcome
from integrations.connectors.misa_crm.calls import Api
from integrations.connectors.misa_crm.mapping import fields, sales, states
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected

# the layout of a tenant that never changed its forms
LAYOUT = "Mẫu tiêu chuẩn"
Settings = Mapping[str, str]


def perform(api: Api, settings: Settings, command: Command) -> CommandOutcome:
    """Do it, once. Raises Rejected with the CRM's reason, TryLater with `maybe_done` when nobody knows."""
    return _PERFORM[command.kind](api, settings, command)


def outcome_of(api: Api, settings: Settings, command: Command) -> CommandOutcome | None:
    """Was it done? None: it was not, or not wholly, and may be sent again."""
    return _OUTCOME[command.kind](api, settings, command)


def _write_customer(api: Api, settings: Settings, command: Command) -> CommandOutcome:
    """Who is there under that code is left as people keep them."""
    if known := _customer_outcome(api, settings, command):
        return known
    told = command.options["customer"]
    made = api.write("POST", "/Customers", sales.customer_body(told, layout=_layout(settings)))
    return CommandOutcome(fields.text(made, "data"), told["code"], answers.plain(made))


def _customer_outcome(api: Api, settings: Settings, command: Command) -> CommandOutcome | None:
    code = command.options["customer"]["code"]
    found = _one(api.found("/Customers/code", "code", [code]), "account_number", code)
    return CommandOutcome(fields.text(found, "id"), code, answers.plain(found)) if found else None


def _write_sale(api: Api, settings: Settings, command: Command) -> CommandOutcome:
    """The first time the whole order, later only its state."""
    code, label = str(command.options["code"]), _label(settings, command)
    known = _sale(api, code)
    if known is not None:
        if not sales.is_ours(known):
            raise Rejected(f"MISA CRM has another sale order {code} that the hub did not write", code="sale_order_no")
        if label and fields.text(known, "status") != label:
            api.write("PUT", "/SaleOrders", {"form_layout": _layout(settings), "sale_order_no": code, "status": label})
        return CommandOutcome(fields.text(known, "id"), code, {})
    if not command.lines:
        raise Rejected("a sale order without lines cannot be written")
    date_form = settings.get("date_form") or next(iter(sales.DATES))
    body = sales.sale_body(command, layout=_layout(settings), label=label, date_form=date_form)
    made = api.write("POST", "/SaleOrders", body)
    return CommandOutcome(fields.text(made, "data"), code, answers.plain(made))


def _sale_outcome(api: Api, settings: Settings, command: Command) -> CommandOutcome | None:
    code, label = str(command.options["code"]), _label(settings, command)
    known = _sale(api, code)
    if known is None or not sales.is_ours(known) or (label and fields.text(known, "status") != label):
        return None
    return CommandOutcome(fields.text(known, "id"), code, {})


def _sale(api: Api, code: str) -> Row | None:
    """The sale order with this number as far as it matters here; a brief look-up is followed by one of the whole."""
    found = _one(api.found("/SaleOrders/code", "code", [code]), "sale_order_no", code)
    if found is not None and not {"other_sys_order_code", "status"} <= found.keys():
        return next(iter(api.found("/SaleOrders/id", "ids", [fields.text(found, "id")])), None)
    return found


def _one(rows: list[Row], name: str, code: str) -> Row | None:
    """The row with just this code, whatever else a look-up tells."""
    return next((row for row in rows if fields.folded(fields.text(row, name)) == fields.folded(code)), None)


def _label(settings: Settings, command: Command) -> str:
    return states.label_of(states.read(settings.get("states") or states.DEFAULT), str(command.options.get("state", "")))


def _layout(settings: Settings) -> str:
    return settings.get("form_layout") or LAYOUT


_PERFORM: Mapping[str, Callable[[Api, Settings, Command], CommandOutcome]] = {
    "crm_customer": _write_customer,
    "crm_order": _write_sale,
}
_OUTCOME: Mapping[str, Callable[[Api, Settings, Command], CommandOutcome | None]] = {
    "crm_customer": _customer_outcome,
    "crm_order": _sale_outcome,
}
