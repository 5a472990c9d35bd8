"""What is done once: ship, cancel, answer a buyer who wants to cancel or return; and whether it was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.connectors.base import Command, CommandOutcome
from integrations.connectors.shopee import reading, returns
from integrations.connectors.shopee.calls import get, post, response, whole
from integrations.connectors.shopee.mapping import errors, fields, orders, shipping
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import ChannelError, Rejected, TryLater
from integrations.wire.http import Line

Settings = Mapping[str, str]

SHIP = "ship"
CUSTOMER_REQUEST, OUT_OF_STOCK = "CUSTOMER_REQUEST", "OUT_OF_STOCK"
CANCEL_REASONS = (CUSTOMER_REQUEST, OUT_OF_STOCK, "UNDELIVERABLE_AREA", "COD_NOT_SUPPORTED")
# the courier has been asked for, or has the goods
_ARRANGED = frozenset({"PROCESSED", "SHIPPED", "TO_CONFIRM_RECEIVE", "COMPLETED", "TO_RETURN"})
_ASKED_TO_CANCEL = "IN_CANCEL"
_CANCELLED = "CANCELLED"


def perform(line: Line, settings: Settings, command: Command) -> CommandOutcome:
    """Do it, once. Raises Rejected with Shopee's reason, TryLater with `maybe_done` when nobody knows."""
    return _PERFORM[command.kind](line, settings, command)


def outcome_of(line: Line, command: Command, *, settles: timedelta) -> CommandOutcome | None:
    """Was it done? Told by the order or the return. Raises TryLater while Shopee may still be at it: only then is "no" an answer."""
    looked = returns.done(line, command) if command.kind in returns.DONE else _told_by_order(line, command)
    if looked is not None:
        return looked
    left = (command.sent_at + settles - datetime.now(UTC)).total_seconds() if command.sent_at else 0
    if left > 0:
        raise TryLater("Shopee may still be at it", after=left)
    return None


# --- doing ---


def _ship(line: Line, settings: Settings, command: Command) -> CommandOutcome:
    """Every parcel that waits, or the one that the options name. What is arranged already is left as it is."""
    row = _order(line, command.order_number)
    done = False
    for package in _waiting(row, command):
        try:
            _arrange(line, settings, command, package, is_split=len(answers.rows(row, "package_list")) > 1)
        except TryLater as error:
            error.maybe_done = error.maybe_done or done
            raise
        except Rejected as refusal:
            if not _is_arranged_by(line, package, refusal):
                raise
        done = True
    return _shipped(line, row)


def _is_arranged_by(line: Line, package: Row, refusal: Rejected) -> bool:
    """Was it refused because it is done? While Shopee arranges, the order does not tell yet."""
    number = fields.text(package, "package_number")
    if refusal.code == errors.ALREADY_SHIPPED or not number or _needs_another_pickup(package):
        return refusal.code == errors.ALREADY_SHIPPED
    return _are_arranged(line, [number])


def _are_arranged(line: Line, numbers: Sequence[str]) -> bool:
    arranged = {
        fields.text(package, "package_number")
        for package in reading.package_rows(line, numbers)
        if package.get("is_shipment_arranged") is True
    }
    return arranged >= set(numbers)


def _needs_another_pickup(package: Row) -> bool:
    """Such a parcel carries the flag of its first time."""
    return fields.text(package, "logistics_status") == shipping.RETRY


def _waiting(row: Row, command: Command) -> Sequence[Row]:
    packages = answers.rows(row, "package_list")
    if named := str(command.options.get("package_number") or ""):
        packages = [package for package in packages if fields.text(package, "package_number") == named]
        if not packages:
            raise errors.refusal("package_number_not_exist", named)
    waiting = shipping.WAITING | {shipping.RETRY}
    # an order without parcels yet is Shopee's to refuse
    return [package for package in packages or [{}] if fields.text(package, "logistics_status") in waiting]


def shipping_offered(line: Line, command: Command) -> Row | None:
    """What Shopee offers for the first parcel that waits; None when none does."""
    row = _order(line, command.order_number)
    waiting = _waiting(row, command)
    if not waiting:
        return None
    return _offered(line, _named(command, waiting[0], is_split=len(answers.rows(row, "package_list")) > 1))


def _offered(line: Line, named: Mapping[str, str]) -> Row:
    return response(get(line, "logistics/get_shipping_parameter", tuple(named.items())))


def _named(command: Command, package: Row, *, is_split: bool) -> dict[str, str]:
    named = {"order_sn": command.order_number}
    return named | {"package_number": fields.text(package, "package_number")} if is_split else named


def _arrange(line: Line, settings: Settings, command: Command, package: Row, *, is_split: bool) -> None:
    named = _named(command, package, is_split=is_split)
    again = _needs_another_pickup(package)
    told = _offered(line, named)
    prefers = shipping.PICKUP if again else settings.get("ship_by") or shipping.PICKUP
    sender = settings.get("sender_real_name", "")
    chosen = shipping.arrangement(told, command.options, prefers=prefers, sender=sender)
    post(line, "logistics/update_shipping_order" if again else "logistics/ship_order", named | chosen)


def _cancel(line: Line, settings: Settings, command: Command) -> CommandOutcome:
    reason = str(command.options.get("reason") or CUSTOMER_REQUEST)
    if reason not in CANCEL_REASONS:
        raise errors.refusal("error_param", f"cancel_reason: {', '.join(CANCEL_REASONS)}")
    body: dict[str, Any] = {"order_sn": command.order_number, "cancel_reason": reason}
    if reason == OUT_OF_STOCK:
        body["item_list"] = _items(line, command)
    return CommandOutcome(command.order_number, raw=answers.plain(response(post(line, "order/cancel_order", body))))


def _items(line: Line, command: Command) -> list[dict[str, int]]:
    """The items that are out of stock: the command's, else all of the order."""
    named = [(row.item_id, row.variation_id) for row in command.lines] or [
        (fields.item_id(row, "item_id"), fields.model_id(row))
        for row in answers.rows(_order(line, command.order_number), "item_list")
    ]
    return [
        {"item_id": whole(item, "item id"), "model_id": whole(model or "0", "model id")}
        for item, model in dict.fromkeys(named)
    ]


def _answer(operation: str) -> Callable[[Line, Settings, Command], CommandOutcome]:
    def answer(line: Line, settings: Settings, command: Command) -> CommandOutcome:
        body = {"order_sn": command.order_number, "operation": operation}
        told = response(post(line, "order/handle_buyer_cancellation", body))
        return CommandOutcome(command.order_number, raw=answers.plain(told))

    return answer


# --- looking ---


def _told_by_order(line: Line, command: Command) -> CommandOutcome | None:
    row = _order(line, command.order_number)
    if not _DONE[command.kind](line, command, row):
        return None
    return _shipped(line, row) if command.kind == SHIP else CommandOutcome(command.order_number, raw=_told(row))


def _order(line: Line, number: str) -> Row:
    """The order as Shopee writes it. Raises Rejected when there is none."""
    found = next(iter(reading.order_rows(line, [number])), None)
    if found is None:
        raise errors.refusal("error_order_not_found", number)
    return found


def _shipped(line: Line, row: Row) -> CommandOutcome:
    """The order's first parcel, and its tracking number as far as there is one yet."""
    number, packages = orders.order_sn(row), orders.package_numbers(row)
    params = [("order_sn", number), *([("package_number", packages[0])] if len(packages) > 1 else [])]
    try:
        tracking = fields.text(response(get(line, "logistics/get_tracking_number", params)), "tracking_number")
    except ChannelError:
        # done is done: the number comes with a later push
        tracking = ""
    return CommandOutcome(packages[0] if packages else number, tracking, _told(row))


def _told(row: Row) -> dict[str, Any]:
    return {"order_status": fields.text(row, "order_status"), "packages": list(orders.package_numbers(row))}


def _is_shipped(line: Line, command: Command, row: Row) -> bool:
    if fields.text(row, "order_status") in _ARRANGED:
        return True
    waiting = _waiting(row, command)
    numbers = [fields.text(package, "package_number") for package in waiting]
    if "" in numbers or any(_needs_another_pickup(package) for package in waiting):
        return False
    return _are_arranged(line, numbers)


def _is_cancelled(line: Line, command: Command, row: Row) -> bool:
    return fields.text(row, "order_status") == _CANCELLED


def _is_declined(line: Line, command: Command, row: Row) -> bool:
    return fields.text(row, "order_status") not in {_ASKED_TO_CANCEL, _CANCELLED}


_PERFORM: Mapping[str, Callable[[Line, Settings, Command], CommandOutcome]] = {
    SHIP: _ship,
    "cancel": _cancel,
    "accept_cancellation": _answer("ACCEPT"),
    "reject_cancellation": _answer("REJECT"),
    **returns.PERFORM,
}
COMMANDS = frozenset(_PERFORM)
_DONE: Mapping[str, Callable[[Line, Command, Row], bool]] = {
    SHIP: _is_shipped,
    "cancel": _is_cancelled,
    "accept_cancellation": _is_cancelled,
    "reject_cancellation": _is_declined,
}
