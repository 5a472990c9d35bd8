"""Returns: reading them, and the seller's answer to one. Answers are written by GET, and never repeated blind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from integrations.connectors.lazada.client import compact, get, get_once, payload, payload_rows, shop_client
from integrations.connectors.lazada.mapping import errors, fields, returns
from integrations.connectors.lazada.paging import BEGINNING, BORDER, numbered, total
from integrations.connectors.lazada.reads import found_or_none
from integrations.contract.access import Access
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.contract.writes import WriteOutcome, WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient
from integrations.wire.paging import OffsetPage, open_end
from integrations.wire.partial_answers import from_rows
from orders.snapshots import ReturnSnapshot

RETURNS_PAGE = 100
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
_REFUSED = frozenset({"refused"})


# --- reading ---


def read_returns(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Read some reverse orders, one call each."""
    client = shop_client(access)
    found: list[ReturnSnapshot] = []
    gone, unreadable, ignored = [], {}, {}
    for number in dict.fromkeys(ids):
        row = found_or_none(partial(_reverse_order, client, number), errors.UNKNOWN_RETURN)
        if row is None:
            gone.append(number)
        elif (kind := fields.text(row, "request_type")) and kind not in returns.KINDS:
            ignored[number] = errors.CANCELLATION
        else:
            try:
                found.append(returns.returned(row, asked_at))
            except ValueError as error:
                unreadable[number] = str(error)
    return Answer(snapshots=tuple(found), gone=tuple(gone), unreadable=unreadable, ignored=ignored)


def changed_returns(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of whole returns by the time their lines changed."""
    client = shop_client(access)
    span = {
        "ReverseOrderLineModifiedTimeRangeStart": _millis((since or BEGINNING) - BORDER),
        "ReverseOrderLineModifiedTimeRangeEnd": _millis(open_end(until) + BORDER),
        "request_type_list": compact(list(returns.KINDS)),
        "page_size": str(RETURNS_PAGE),
    }

    def fetch(offset: int) -> OffsetPage:
        params = span | {"page_no": str(offset // RETURNS_PAGE + 1)}
        result = answers.part(get(client, "/reverse/getreverseordersforseller", params), "result")
        return OffsetPage(tuple(answers.rows(result, "items")), total(result, "total"))

    yield from numbered(fetch, RETURNS_PAGE, partial(_page, asked_at=until))


def _page(rows: Sequence[Row], asked_at: datetime) -> Page:
    answer = from_rows(rows, lambda row: [returns.returned(row, asked_at)], _return_number)
    versions = {snapshot.number: snapshot.version for snapshot in answer.of(ReturnSnapshot)}
    numbers = filter(None, map(_return_number, rows))
    return Page(tuple(Change(number, versions.get(number)) for number in numbers), answer)


def _return_number(row: Row) -> str:
    return fields.text(row, "reverse_order_id")


def _reverse_order(client: ChannelClient, number: str) -> Row:
    """Return one reverse order. Raises Rejected when the shop has none such."""
    return payload(get(client, "/order/reverse/return/detail/list", {"reverse_order_id": number}))


def _millis(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))


RETURNS = Reader(read=read_returns, changed=changed_returns, batch=20)


# --- the seller's answer ---


def accept(access: Access, command: WriteRequest) -> WriteOutcome:
    """Agree to a return. Options: return_number, action."""
    return _decide(access, command, agree=True)


def reject(access: Access, command: WriteRequest) -> WriteOutcome:
    """Refuse a return. Options: return_number, action, reason, text, images (addresses)."""
    return _decide(access, command, agree=False)


def find_accepted(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Look up whether the return no longer waits for the seller and was not refused."""
    row = _return(shop_client(access), command)
    is_accepted = not _waiting(row) and not _statuses(row) & _REFUSED
    return WriteOutcome(fields.first_id(row, "reverse_order_id")) if is_accepted else None


def find_rejected(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Look up whether the return no longer waits for the seller and was refused or disputed."""
    row = _return(shop_client(access), command)
    is_disputed = any(fields.flag(line, "is_dispute") for line in returns.reverse_lines(row))
    is_rejected = not _waiting(row) and (is_disputed or bool(_statuses(row) & _REFUSED))
    return WriteOutcome(fields.first_id(row, "reverse_order_id")) if is_rejected else None


def refusal(access: Access, command: WriteRequest) -> tuple[list[tuple[str, str]], bool]:
    """Return the reasons to refuse with (none for a refund without goods), and whether pictures are required."""
    client = shop_client(access)
    row = _return(client, command)
    if _is_only_refund(row):
        return [], True
    waiting = _waiting(row)
    if not waiting:
        return [], False
    pictured = any(_ACTIONS[fields.text(line, "reverse_status")][1] == REFUSE_REFUND for line in waiting)
    return _reasons(client, fields.first_id(waiting[0], "reverse_order_line_id")), pictured


def _decide(access: Access, command: WriteRequest, *, agree: bool) -> WriteOutcome:
    client = shop_client(access)
    row = _return(client, command)
    number = fields.first_id(row, "reverse_order_id")
    if _is_only_refund(row):
        _decide_refund(client, command, row, number, agree)
    else:
        _update(client, command, row, number, agree)
    return WriteOutcome(number)


def _update(client: ChannelClient, command: WriteRequest, row: Row, number: str, agree: bool) -> None:
    for action, lines in _line_ids_by_action(command, row, agree).items():
        refusing = action in ("refuseReturn", REFUSE_REFUND)
        # refusals are taken line by line only
        for part in [[one] for one in lines] if refusing else [lines]:
            params = {
                "action": action,
                "reverse_order_id": number,
                "reverse_order_item_ids": compact([*map(int, part)]),
            }
            if refusing:
                params |= _justification(client, command, part[0], pictured=action == REFUSE_REFUND)
            get_once(client, "/order/reverse/return/update", params)


def _line_ids_by_action(command: WriteRequest, row: Row, agree: bool) -> dict[str, list[str]]:
    """Return the lines that each action applies to: the named action's, else those that wait for the seller."""
    named = str(command.options.get("action") or "")
    if named and named not in _NAMED:
        raise errors.refusal("107", named)
    found: dict[str, list[str]] = {}
    for line in returns.reverse_lines(row):
        pair = _ACTIONS.get(fields.text(line, "reverse_status"))
        action = named or (pair[0 if agree else 1] if pair else "")
        if action:
            found.setdefault(action, []).append(fields.first_id(line, "reverse_order_line_id"))
    if not found:
        raise errors.refusal("114")
    return found


def _decide_refund(client: ChannelClient, command: WriteRequest, row: Row, number: str, agree: bool) -> None:
    for line in _waiting(row):
        unit = fields.first_id(line, "reverse_order_line_id")
        params = {
            "action": _ONLY_REFUND[0 if agree else 1],
            "reverse_order_id": number,
            "reverse_order_item_ids": compact([int(unit)]),
        }
        if not agree:
            images = _images(command, "file_name", "file_url")
            params |= {"comment": _comment(command), "image_info_list": compact(images)}
        get_once(client, "/order/reverse/onlyrefund/seller/decide", params)


def _is_only_refund(row: Row) -> bool:
    return fields.text(row, "request_type") == returns.ONLY_REFUND


def _waiting(row: Row) -> list[Row]:
    """Return the lines that wait for the seller."""
    only_refund = _is_only_refund(row)
    return [line for line in returns.reverse_lines(row) if _waits(line, only_refund)]


def _waits(line: Row, only_refund: bool) -> bool:
    word = fields.text(line, "reverse_status")
    if only_refund:
        return word in ("REQUEST_INITIATE", "REFUND_INIT") and not fields.flag(line, "is_dispute")
    return word in _ACTIONS


def _statuses(row: Row) -> set[str]:
    return {returns.STATUS.get(fields.text(line, "reverse_status"), "") for line in returns.reverse_lines(row)}


def _justification(client: ChannelClient, command: WriteRequest, unit: str, *, pictured: bool) -> dict[str, str]:
    """Return a refusal's reason, comment and, for a refused refund, pictures. Without a reason: the first that Lazada offers."""
    reason = str(command.options.get("reason") or "")
    reason = reason or next((number for number, _words in _reasons(client, unit)), "")
    found = {"reason_id": reason, "comment": _comment(command)}
    images = _images(command, "name", "url", needed=pictured)
    return found | ({"image_info": compact(images)} if images else {})


def _reasons(client: ChannelClient, unit: str) -> list[tuple[str, str]]:
    offered = payload_rows(get(client, "/order/reverse/reason/list", {"reverse_order_line_id": unit}))
    # the key of the translated words is misspelt on the wire
    return [
        (fields.text(row, "reason_id"), fields.text(row, "muti_language_text") or fields.text(row, "text"))
        for row in offered
    ]


def _comment(command: WriteRequest) -> str:
    found = str(command.options.get("text") or "")
    if not found:
        raise errors.refusal("109")
    return found


def _images(command: WriteRequest, name: str, address: str, *, needed: bool = True) -> list[dict[str, str]]:
    images = command.options.get("images") or ()
    urls: Sequence[str] = images.split() if isinstance(images, str) else [str(one) for one in images]
    if needed and not urls:
        raise errors.refusal("110")
    return [{name: f"{place}.jpg", address: url} for place, url in enumerate(urls, start=1)]


def _return(client: ChannelClient, command: WriteRequest) -> Row:
    """Return the return that the options name, else the order's newest. Raises Rejected when there is none."""
    named = str(command.options.get("return_number") or command.external_id)
    if not named:
        params = {"trade_order_id": command.order_number, "page_no": "1", "page_size": "100"}
        result = answers.part(get(client, "/reverse/getreverseordersforseller", params), "result")
        mine = [
            row for row in answers.rows(result, "items") if fields.text(row, "trade_order_id") == command.order_number
        ]
        named = max((fields.text(row, "reverse_order_id") for row in mine), key=_age(mine), default="")
    if not named:
        raise errors.refusal("112", command.order_number)
    return _reverse_order(client, named)


def _age(rows: Sequence[Row]) -> Callable[[str], int]:
    made = {
        fields.text(row, "reverse_order_id"): max(
            (fields.count(line, "return_order_line_gmt_create") for line in returns.reverse_lines(row)), default=0
        )
        for row in rows
    }
    return lambda number: made[number]
