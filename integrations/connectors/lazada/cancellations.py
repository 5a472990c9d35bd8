"""Cancelling an order, and the answer to a buyer who wants to cancel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integrations.connectors.lazada.client import compact, get, get_once, payload, shop_client
from integrations.connectors.lazada.mapping import errors, fields, orders
from integrations.connectors.lazada.reads import order_items
from integrations.contract.access import Access
from integrations.contract.writes import WriteOutcome, WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient
from integrations.wire.known_orders import with_known

# where a known order has its items
ITEMS = "order_items"
# reasons that also set the SKU's stock to 0: only when somebody chose one
EMPTYING = frozenset({"10000021", "10000023"})


def cancel(access: Access, command: WriteRequest) -> WriteOutcome:
    """Cancel all that remains of an order: validate, then create. Option: reason, by id or name.

    In a package every item is cancelled with the others anyway.
    """
    client = shop_client(access)
    return with_known(
        command.known,
        lambda: {ITEMS: order_items(client, command.order_number)},
        lambda order: _cancel(client, command, orders.remaining(answers.rows(order, ITEMS))),
        waits=lambda order: orders.remaining(answers.rows(order, ITEMS)),
    )


def _cancel(client: ChannelClient, command: WriteRequest, items: Sequence[Row]) -> WriteOutcome:
    if not items:
        return WriteOutcome(command.order_number)
    subject = _subject(command, items)
    reason = _chosen(_reasons(client, subject), str(command.options.get("reason") or ""))
    tip = payload(get_once(client, "/order/reverse/cancel/create", subject | {"reason_id": reason}))
    _raise_error_tip(tip)
    return WriteOutcome(command.order_number, raw=answers.plain(tip))


def find_cancelled(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Look up whether every item of the order is cancelled."""
    items = order_items(shop_client(access), command.order_number)
    if not items or orders.remaining(items):
        return None
    return WriteOutcome(command.order_number, raw=orders.progress(items))


def reasons(access: Access, command: WriteRequest) -> list[tuple[str, str]]:
    """Return the reasons that Lazada takes for the rest of this order, those that leave the stock alone first."""
    client = shop_client(access)
    items = orders.remaining(order_items(client, command.order_number))
    return _reasons(client, _subject(command, items)) if items else []


def accept(access: Access, command: WriteRequest) -> WriteOutcome:
    """Agree to the buyer's cancellation. Option: reverse_order_id."""
    return _decide(access, command, agree="true")


def reject(access: Access, command: WriteRequest) -> WriteOutcome:
    """Refuse the buyer's cancellation. Options: reverse_order_id, reason."""
    return _decide(access, command, agree="false")


def find_rejected(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Look up whether the order goes on without a wish to cancel."""
    items = orders.remaining(order_items(shop_client(access), command.order_number))
    if not items or any(orders.is_cancel_asked(row) for row in items):
        return None
    return WriteOutcome(command.order_number, raw=orders.progress(items))


def _subject(command: WriteRequest, items: Sequence[Row]) -> dict[str, str]:
    ids = compact([fields.first_id(row, "order_item_id") for row in items])
    return {"order_id": command.order_number, "order_item_id_list": ids}


def _reasons(client: ChannelClient, subject: Mapping[str, str]) -> list[tuple[str, str]]:
    offered = payload(get(client, "/order/reverse/cancel/validate", subject))
    _raise_error_tip(offered)
    found = [
        (fields.text(row, "reason_id"), fields.text(row, "reason_name"))
        for row in answers.rows(offered, "reason_options")
    ]
    return sorted(found, key=lambda reason: reason[0] in EMPTYING)


def _raise_error_tip(tip: Row) -> None:
    """Raise a refusal, which comes at code "0", as a tip."""
    if fields.text(tip, "tip_type") == "error":
        raise errors.refusal(errors.WRONG_STATE, fields.text(tip, "tip_content"))


def _chosen(offered: Sequence[tuple[str, str]], wanted: str) -> str:
    """Return the wanted reason by id or name, else the first."""
    fitting = (number for number, name in offered if wanted.lower() in ("", number, name.lower()))
    found = next(fitting, "")
    if wanted and not found:
        raise errors.refusal("104", ", ".join(f"{number} {name}" for number, name in offered))
    return found


def _decide(access: Access, command: WriteRequest, *, agree: str) -> WriteOutcome:
    client = shop_client(access)
    items = orders.remaining(order_items(client, command.order_number))
    numbers = dict.fromkeys(fields.text(row, "reverse_order_id") for row in items if orders.is_cancel_asked(row))
    if named := str(command.options.get("reverse_order_id") or ""):
        numbers = {named: None}
    if not numbers or "" in numbers:
        raise errors.refusal("131")
    reason = str(command.options.get("reason") or "")
    for number in numbers:
        params = {"reverse_order_id": number, "agree_cancel": agree} | ({"reason_code": reason} if reason else {})
        get_once(client, "/order/reverse/cancel/seller/decide", params)
    return WriteOutcome(next(iter(numbers)))
