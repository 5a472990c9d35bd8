"""What is done to an order once: ship, cancel, answer a buyer who wants to cancel; and whether it was done.

Each begins by reading where the order is, so doing one again goes on where it broke off.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.connectors.base import Command, CommandOutcome, Document
from integrations.connectors.lazada import aftersales
from integrations.connectors.lazada.calls import act, get, listed, packed, post, told
from integrations.connectors.lazada.mapping import errors, fields, orders
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected, TryLater
from integrations.wire.http import Line

SHIP, CANCEL = "ship", "cancel"
ACCEPT, REJECT = "accept_cancellation", "reject_cancellation"
# Lazada's batches of packages
_MOST = 20
_TO_PACK = frozenset({"pending", "repacked", "topack"})
_TO_HAND_OVER = frozenset({"packed"})
# reasons that also set the SKU's stock to 0: only when somebody chose one
EMPTYING = frozenset({"10000021", "10000023"})


def perform(line: Line, command: Command) -> CommandOutcome:
    """Do it, once. Raises Rejected with Lazada's reason, TryLater with `maybe_done` when nobody knows."""
    return _PERFORM[command.kind](line, command)


def outcome_of(line: Line, command: Command, *, settles: timedelta) -> CommandOutcome | None:
    """Was it done? Told by the order or the return. Raises TryLater while Lazada may still be at it: only then "no" counts."""
    found = _DONE[command.kind](line, command)
    if found is None:
        left = (command.sent_at + settles - datetime.now(UTC)).total_seconds() if command.sent_at else 0
        if left > 0:
            raise TryLater("Lazada may still be at it", after=left)
    return found


def label(line: Line, package: str) -> Document:
    """The label of a package as a page to print. Asked for as HTML: a "PDF" is an iframe around an address of ten minutes."""
    wanted = {"doc_type": "HTML", "packages": [{"package_id": package}]}
    body = get(line, "/order/package/document/get", {"getDocumentReq": packed(wanted)})
    try:
        content = b64decode(fields.text(told(body), "file"), validate=True)
    except NoBase64:
        content = b""
    if not content:
        raise TryLater("the label is not ready yet")
    return Document(content, "text/html; charset=utf-8", f"{package}.html")


# --- ship: pack what is not packed, then hand every package over ---


def _ship(line: Line, command: Command) -> CommandOutcome:
    items = _live(line, command.order_number)
    if waiting := [row for row in items if fields.text(row, "status") in _TO_PACK]:
        _pack(line, command.order_number, waiting)
        items = _live(line, command.order_number)
    handed = [row for row in items if fields.text(row, "status") in _TO_HAND_OVER]
    try:
        _hand_over(line, orders.package_ids(handed))
    except TryLater as error:
        # what is packed stays packed: the next try goes on from here
        error.maybe_done = error.maybe_done or bool(waiting)
        raise
    return _shipped(command.order_number, items)


def _pack(line: Line, number: str, rows: Sequence[Row]) -> None:
    if any(orders.is_cancel_asked(row) for row in rows):
        raise errors.refusal(errors.NOT_PACKABLE)
    ids = [int(fields.identity(row, "order_item_id")) for row in rows]
    wanted = {
        "pack_order_list": [{"order_id": int(number), "order_item_list": ids}],
        "delivery_type": "dropship",
        "shipping_allocate_type": "TFS",
    }
    body = post(line, "/order/fulfill/pack", {"packReq": packed(wanted)})
    for order in answers.rows(told(body), "pack_order_list"):
        _all_done(answers.rows(order, "order_item_list"))


def _hand_over(line: Line, packages: Sequence[str]) -> None:
    for start in range(0, len(packages), _MOST):
        wanted = {"packages": [{"package_id": package} for package in packages[start : start + _MOST]]}
        body = post(line, "/order/package/rts", {"readyToShipReq": packed(wanted)})
        _all_done(answers.rows(told(body), "packages"))


def _all_done(rows: Sequence[Row]) -> None:
    """`success` does not mean done: every row has a code of its own. Raises the first that is not "0"."""
    for row in rows:
        code = fields.text(row, "item_err_code")
        if code in ("", errors.OK):
            continue
        found = errors.problem(code, fields.text(row, "msg"))
        if fields.flag(row, "retry") and isinstance(found, Rejected):
            raise TryLater(found.reason, code=code)
        raise found


def _is_shipped(line: Line, command: Command) -> CommandOutcome | None:
    items = _live(line, command.order_number)
    left = [row for row in items if fields.text(row, "status") in _TO_PACK | _TO_HAND_OVER]
    return None if left or not items else _shipped(command.order_number, items)


def _shipped(number: str, items: Sequence[Row]) -> CommandOutcome:
    """The order's first package, and its tracking number."""
    first = next((row for row in items if fields.text(row, "package_id")), {})
    return CommandOutcome(fields.text(first, "package_id") or number, fields.text(first, "tracking_code"), _told(items))


# --- cancel: validate, then create ---


def _cancel(line: Line, command: Command) -> CommandOutcome:
    """All of the order that was not cancelled. In a package every item is cancelled with the others anyway."""
    items = _live(line, command.order_number)
    if not items:
        return CommandOutcome(command.order_number)
    named = _of_items(command, items)
    reason = _reason(_reasons(line, named), str(command.options.get("reason") or ""))
    done = told(act(line, "/order/reverse/cancel/create", named | {"reason_id": reason}))
    _not_an_error(done)
    return CommandOutcome(command.order_number, raw=answers.plain(done))


def cancel_reasons(line: Line, command: Command) -> list[tuple[str, str]]:
    """The reasons that Lazada takes for the rest of this order, those that leave the stock alone first."""
    items = _live(line, command.order_number)
    return _reasons(line, _of_items(command, items)) if items else []


def _of_items(command: Command, items: Sequence[Row]) -> dict[str, str]:
    ids = packed([fields.identity(row, "order_item_id") for row in items])
    return {"order_id": command.order_number, "order_item_id_list": ids}


def _reasons(line: Line, named: Mapping[str, str]) -> list[tuple[str, str]]:
    offered = told(get(line, "/order/reverse/cancel/validate", named))
    _not_an_error(offered)
    found = [
        (fields.text(row, "reason_id"), fields.text(row, "reason_name"))
        for row in answers.rows(offered, "reason_options")
    ]
    return sorted(found, key=lambda reason: reason[0] in EMPTYING)


def _not_an_error(tip: Row) -> None:
    """A refusal comes at code "0", as a tip."""
    if fields.text(tip, "tip_type") == "error":
        raise errors.refusal(errors.WRONG_STATE, fields.text(tip, "tip_content"))


def _reason(offered: Sequence[tuple[str, str]], wanted: str) -> str:
    """The wanted reason by id or name, else the first."""
    fitting = (number for number, name in offered if wanted.lower() in ("", number, name.lower()))
    found = next(fitting, "")
    if wanted and not found:
        raise errors.refusal("104", ", ".join(f"{number} {name}" for number, name in offered))
    return found


def _is_cancelled(line: Line, command: Command) -> CommandOutcome | None:
    items = _items(line, command.order_number)
    return None if _remaining(items) or not items else CommandOutcome(command.order_number, raw=_told(items))


# --- a buyer who wants to cancel ---


def _answer(agree: str) -> Callable[[Line, Command], CommandOutcome]:
    def answer(line: Line, command: Command) -> CommandOutcome:
        asked = [row for row in _live(line, command.order_number) if orders.is_cancel_asked(row)]
        numbers = dict.fromkeys(fields.text(row, "reverse_order_id") for row in asked)
        if named := str(command.options.get("reverse_order_id") or ""):
            numbers = {named: None}
        if not numbers or "" in numbers:
            raise errors.refusal("131")
        for number in numbers:
            wanted = {"reverse_order_id": number, "agree_cancel": agree}
            if reason := str(command.options.get("reason") or ""):
                wanted["reason_code"] = reason
            act(line, "/order/reverse/cancel/seller/decide", wanted)
        return CommandOutcome(next(iter(numbers)))

    return answer


def _is_declined(line: Line, command: Command) -> CommandOutcome | None:
    live = _live(line, command.order_number)
    asked = any(orders.is_cancel_asked(row) for row in live)
    return CommandOutcome(command.order_number, raw=_told(live)) if live and not asked else None


# --- looking ---


def _items(line: Line, number: str) -> list[Row]:
    """The order's items. Raises Rejected when the shop has no such order."""
    if not (number.isascii() and number.isdecimal()):
        raise errors.refusal("16", number)
    return listed(get(line, "/order/items/get", {"order_id": number}))


def _live(line: Line, number: str) -> list[Row]:
    return _remaining(_items(line, number))


def _remaining(items: Sequence[Row]) -> list[Row]:
    return [row for row in items if orders.STATUS.get(fields.text(row, "status")) != orders.CANCELLED]


def _told(items: Sequence[Row]) -> dict[str, Any]:
    return {
        "statuses": list(dict.fromkeys(fields.text(row, "status") for row in items)),
        "packages": list(orders.package_ids(items)),
    }


_PERFORM: Mapping[str, Callable[[Line, Command], CommandOutcome]] = {
    SHIP: _ship,
    CANCEL: _cancel,
    ACCEPT: _answer("true"),
    REJECT: _answer("false"),
    aftersales.ACCEPT: aftersales.answer(accept=True),
    aftersales.REJECT: aftersales.answer(accept=False),
}
_DONE: Mapping[str, Callable[[Line, Command], CommandOutcome | None]] = {
    SHIP: _is_shipped,
    CANCEL: _is_cancelled,
    ACCEPT: _is_cancelled,
    REJECT: _is_declined,
    aftersales.ACCEPT: aftersales.is_answered(accept=True),
    aftersales.REJECT: aftersales.is_answered(accept=False),
}
COMMANDS = frozenset(_PERFORM)
