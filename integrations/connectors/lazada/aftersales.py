"""The seller's word on a return: agree to it, refuse it, pay. All of it is written by GET, and never repeated blind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from integrations.connectors.base import Command, CommandOutcome
from integrations.connectors.lazada import reading
from integrations.connectors.lazada.calls import act, get, listed, packed
from integrations.connectors.lazada.mapping import errors, fields, returns
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import Line

ACCEPT, REJECT = "accept_return", "reject_return"
REFUSE_REFUND = "refuseRefund"
# where a line waits for the seller -> what agreeing and refusing are called there. Goods that go to Lazada's warehouse
# (RTW) ask nothing of the seller.
_ACTIONS: Mapping[str, tuple[str, str]] = {
    "REQUEST_INITIATE": ("agreeReturn", "refuseReturn"),
    "RTM_RECEIVE_ITEM": ("agreeRefund", REFUSE_REFUND),
}
_ONLY_REFUND = ("agreeRefund", "startDispute")
# a person may name these outright
_NAMED = frozenset({"instantRefund", "agreeReturn", "refuseReturn", "confirmDelivery", "agreeRefund", REFUSE_REFUND})


def answer(*, accept: bool) -> Callable[[Line, Command], CommandOutcome]:
    """Agree or refuse. Options: return_number, action, reason, text, images (addresses)."""

    def decide(line: Line, command: Command) -> CommandOutcome:
        row = _return(line, command)
        number = fields.identity(row, "reverse_order_id")
        if fields.text(row, "request_type") == returns.ONLY_REFUND:
            _only_refund(line, command, row, number, accept)
        else:
            _update(line, command, row, number, accept)
        return CommandOutcome(number)

    return decide


def is_answered(*, accept: bool) -> Callable[[Line, Command], CommandOutcome | None]:
    """Has the return left the place where it waits for the seller, and the way that was wanted?"""
    refused = frozenset({"refused"})

    def look(line: Line, command: Command) -> CommandOutcome | None:
        row = _return(line, command)
        lines = returns.reverse_lines(row)
        if any(_waits(row, told) for told in lines):
            return None
        ended = {returns.STATUS.get(fields.text(told, "reverse_status"), "") for told in lines}
        fits = (
            not ended & refused if accept else bool(ended & refused) or any(fields.flag(t, "is_dispute") for t in lines)
        )
        return CommandOutcome(fields.identity(row, "reverse_order_id")) if fits else None

    return look


def _update(line: Line, command: Command, row: Row, number: str, accept: bool) -> None:
    named = str(command.options.get("action") or "")
    if named and named not in _NAMED:
        raise errors.refusal("107", named)
    chosen: dict[str, list[str]] = {}
    for told in returns.reverse_lines(row):
        pair = _ACTIONS.get(fields.text(told, "reverse_status"))
        action = named or (pair[0 if accept else 1] if pair else "")
        if action:
            chosen.setdefault(action, []).append(fields.identity(told, "reverse_order_line_id"))
    if not chosen:
        raise errors.refusal("114")
    for action, lines in chosen.items():
        refusing = action in ("refuseReturn", REFUSE_REFUND)
        # refusals are taken line by line only
        for part in [[one] for one in lines] if refusing else [lines]:
            wanted = {"action": action, "reverse_order_id": number, "reverse_order_item_ids": packed([*map(int, part)])}
            wanted |= _why(line, command, part[0], pictured=action == REFUSE_REFUND) if refusing else {}
            act(line, "/order/reverse/return/update", wanted)


def _only_refund(line: Line, command: Command, row: Row, number: str, accept: bool) -> None:
    for told in returns.reverse_lines(row):
        if not _waits(row, told):
            continue
        unit = fields.identity(told, "reverse_order_line_id")
        wanted = {
            "action": _ONLY_REFUND[0 if accept else 1],
            "reverse_order_id": number,
            "reverse_order_item_ids": packed([int(unit)]),
        }
        if not accept:
            images = _images(command, "file_name", "file_url")
            wanted |= {"comment": _comment(command), "image_info_list": packed(images)}
        act(line, "/order/reverse/onlyrefund/seller/decide", wanted)


def _waits(row: Row, told: Row) -> bool:
    word = fields.text(told, "reverse_status")
    if fields.text(row, "request_type") == returns.ONLY_REFUND:
        return word in ("REQUEST_INITIATE", "REFUND_INIT") and not fields.flag(told, "is_dispute")
    return word in _ACTIONS


def _why(line: Line, command: Command, unit: str, *, pictured: bool) -> dict[str, str]:
    """A refusal's reason, comment and, for a refused refund, pictures. Without a reason: the first that Lazada offers."""
    reason = str(command.options.get("reason") or "")
    reason = reason or next((number for number, _words in _reasons(line, unit)), "")
    found = {"reason_id": reason, "comment": _comment(command)}
    images = _images(command, "name", "url", needed=pictured)
    return found | ({"image_info": packed(images)} if images else {})


def refusal(line: Line, command: Command) -> tuple[list[tuple[str, str]], bool]:
    """What Lazada wants to know of a seller who refuses: reasons to choose from (none for a refund without goods), and pictures or not."""
    row = _return(line, command)
    if fields.text(row, "request_type") == returns.ONLY_REFUND:
        return [], True
    waiting = [told for told in returns.reverse_lines(row) if _waits(row, told)]
    if not waiting:
        return [], False
    pictured = any(_ACTIONS[fields.text(told, "reverse_status")][1] == REFUSE_REFUND for told in waiting)
    return _reasons(line, fields.identity(waiting[0], "reverse_order_line_id")), pictured


def _reasons(line: Line, unit: str) -> list[tuple[str, str]]:
    offered = listed(get(line, "/order/reverse/reason/list", {"reverse_order_line_id": unit}))
    # the key of the translated words is misspelt on the wire
    return [
        (fields.text(row, "reason_id"), fields.text(row, "muti_language_text") or fields.text(row, "text"))
        for row in offered
    ]


def _comment(command: Command) -> str:
    found = str(command.options.get("text") or "")
    if not found:
        raise errors.refusal("109")
    return found


def _images(command: Command, name: str, address: str, *, needed: bool = True) -> list[dict[str, str]]:
    told = command.options.get("images") or ()
    urls: Sequence[str] = told.split() if isinstance(told, str) else [str(one) for one in told]
    if needed and not urls:
        raise errors.refusal("110")
    return [{name: f"{place}.jpg", address: url} for place, url in enumerate(urls, start=1)]


def _return(line: Line, command: Command) -> Row:
    """The return that the options name, else the order's newest. Raises Rejected when there is none."""
    named = str(command.options.get("return_number") or command.external_id)
    if not named:
        params = {"trade_order_id": command.order_number, "page_no": "1", "page_size": "100"}
        told = answers.part(get(line, "/reverse/getreverseordersforseller", params), "result")
        mine = [
            row for row in answers.rows(told, "items") if fields.text(row, "trade_order_id") == command.order_number
        ]
        named = max((fields.text(row, "reverse_order_id") for row in mine), key=_age(mine), default="")
    if not named:
        raise errors.refusal("112", command.order_number)
    return reading.reverse_order(line, named)


def _age(rows: Sequence[Row]) -> Callable[[str], int]:
    made = {
        fields.text(row, "reverse_order_id"): max(
            (fields.count(told, "return_order_line_gmt_create") for told in returns.reverse_lines(row)), default=0
        )
        for row in rows
    }
    return lambda number: made[number]
